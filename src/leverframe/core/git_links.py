"""Projects of git: what their addresses name, and the secret of one that is linked."""

from __future__ import annotations

import hmac
import re

_ADDRESS = re.compile(r"(?:[a-z+]+://(?:[^/@\s]*@)?[^/\s]+/|(?:[^/@\s]+@)?[^/:\s]+:(?!//))/*([^\s?#/][^\s?#]*/[^\s?#/]+?)/?")


def link_key(secret: bytes, project: str) -> bytes:
    """Return the key (32 bytes) with which the repository linked as ``project`` signs, of one of the source's secrets.

    Whoever reads it can speak for that project and for nothing else.
    """
    return hmac.digest(secret, b"leverframe git link\0" + project.encode("utf-8", "replace"), "sha256")


def project_of(url: str) -> str:
    """Return ``owner/name`` of a repository's address: ``git@host:acme/web.git``, ``https://host/acme/web``; nothing for anything else."""
    found = _ADDRESS.fullmatch(url.strip())
    return found[1].removesuffix(".git") if found else ""
