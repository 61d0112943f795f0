"""What a workflow of GitHub Actions may do with the token that GitHub signs for it: no secret is kept in the repository.

https://docs.github.com/en/actions/reference/security/oidc
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from leverframe.core.access import Identity
from leverframe.core.globs import Globs

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,100}/[A-Za-z0-9_.-]{1,100}")


class Allowance(msgspec.Struct, frozen=True, kw_only=True):
    """``[[oidc.NAME.allow]]``: all that is given must hold."""

    repositories: tuple[str, ...]
    environments: tuple[str, ...] | None = None
    """Of the job; ``None``: any, or none."""
    refs: tuple[str, ...] | None = None
    events: tuple[str, ...] | None = None
    grants: tuple[str, ...]
    """``{repository}`` in them is the token's own."""


def identity_of(claims: Mapping[str, Any], allow: Sequence[Allowance]) -> Identity | str:
    """Return who a proven token speaks as, with the grants of every allowance that it meets; else why it holds none."""
    repository, environment, ref, event, actor = (_text(claims, name) for name in ("repository", "environment", "ref", "event_name", "actor"))
    if not _NAME.fullmatch(repository):
        return "it names no repository"
    met = [
        one for one in allow
        if Globs(one.repositories).holds((repository,))
        and _holds(one.environments, environment) and _holds(one.refs, ref) and _holds(one.events, event)
    ]  # fmt: skip
    if not met:
        return f"no allowance is for {repository}" + (f", environment {environment}" if environment else ", without an environment") + (f", {ref}" if ref else "")
    grants = tuple(dict.fromkeys(grant.replace("{repository}", repository) for one in met for grant in one.grants))
    return Identity(kind="token", name=f"github:{repository}", grants=grants, speaks_for=f"github:{actor}" if actor else "")


def _holds(globs: tuple[str, ...] | None, value: str) -> bool:
    return globs is None or (bool(value) and Globs(globs).holds((value,)))


def _text(claims: Mapping[str, Any], name: str) -> str:
    found = claims.get(name)
    return found[:300] if isinstance(found, str) else ""
