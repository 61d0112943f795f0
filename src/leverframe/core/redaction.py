"""The last line before the audit is written: what looks like a secret is ``***``, whoever let it come so far."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

MASK = "***"
LONGEST = 20_000
"""Characters of one text that are looked at, and kept."""
_DEPTH = 8
_WORDS = (
    r"pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?|api[_.\-]?key|access[_.\-]?key|private[_.\-]?key|auth(?:orization)?|signature"
    r"|비밀번호|암호|토큰|비밀값"
)
_NAME = rf"(?:(?<![A-Za-z0-9])|(?-i:(?<=[a-z])(?=[A-Z])))(?:{_WORDS})s?"
_NAMED = re.compile(rf"{_NAME}$", re.IGNORECASE)
"""A name whose value is a secret: ``password``, ``DB_PASSWORD``, ``client-secret``, ``apiKey``."""
_KNOWN = (
    r"-----BEGIN [A-Z0-9 ]{0,40}-----.*?(?:-----END [A-Z0-9 ]{0,40}-----|\Z)",
    r"\bKEY-----\S+", r"(?<![\w+/])(?=[a-z0-9+/]*[A-Z])(?=[A-Z0-9+/]*[a-z])(?=[A-Za-z+/]*\d)[A-Za-z0-9+/]{60,}={0,2}",  # a word of a key
    r"\bxox[a-z](?:\.xox[a-z])?-[\w-]{8,}", r"\bxapp-[\w-]{8,}", r"\bxwfp-[\w-]{8,}",  # Slack
    r"\bgh[opusr]_\w{16,}", r"\bgithub_pat_\w{16,}", r"\bglpat-[\w-]{16,}", r"\bgta_\w{16,}",  # GitHub, GitLab
    r"\bwhsec_[\w+/=-]{8,}", r"\bwhs[kp]k?_[\w+/=-]{8,}",  # Standard Webhooks
    r"\blfh?_[\w-]{16,}",  # the hub's own
    r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b", r"\bAIza[\w-]{30,}", r"\bya29\.[\w.-]{16,}",  # clouds
    r"\b[sr]k_(?:live|test)_\w{8,}", r"\bsk-[\w-]{20,}", r"\bnpm_\w{20,}", r"\bpypi-[\w-]{20,}", r"\bhv[sb]\.[\w-]{16,}",
    r"\beyJ[\w-]{8,2000}+\.[\w-]{4,}(?:\.[\w-]*)?",  # JSON Web Tokens
    r"(?<=://hooks\.slack\.com/)(?:services|workflows|triggers)/[\w/-]+",
)  # fmt: skip
_SHAPES = re.compile("|".join(_KNOWN), re.DOTALL)
_USERINFO = re.compile(r"(?<=://)[^\s/?#@:]*:[^\s/?#]+(?=@)")
_SCHEME = re.compile(
    r"\b((?:[Bb]earer|BEARER)\s+|(?:[Bb]asic|BASIC)\s+(?=[\w+/]*(?:[a-z][A-Z]|[\d=])))[\w.~+/=-]{8,}"  # not “basic understanding”
)
_VALUE = r"(?:\"[^\"]*\"?|'[^']*'?|“[^”]*”?|(?:(?:bearer|basic|token|digest)\s+)?[^\s&;,\"'“”]+)"
_PAIR = re.compile(rf"(?P<before>{_NAME}[\"'“”]?(?:\s?[=＝]\s?|:\s+|(?<=[\"']):))(?P<value>{_VALUE})", re.IGNORECASE)
_OPTION = re.compile(r"(?P<before>(?<![\w.\-])--?(?P<name>[\w.\-]+)\s+)(?P<value>\"[^\"]*\"?|'[^']*'?|[^\s\-\"'][^\s]*)")
_CLOSING = {'"': '"', "'": "'", "“": "”"}


def redacted(text: str) -> str:
    """Return ``text``, its first :data:`LONGEST` characters, with what looks like a secret masked.

    Known are tokens by their shape, private keys, JSON Web Tokens, the password of an address, what follows ``Bearer`` and ``Basic``, and
    what is given to a name such as ``password=``, ``"token":`` or ``--api-key``.
    """
    text = text[:LONGEST]
    text = _SHAPES.sub(MASK, text)
    text = _USERINFO.sub(MASK, text)
    text = _SCHEME.sub(rf"\1{MASK}", text)
    text = _PAIR.sub(_masked, text)
    return _OPTION.sub(lambda found: _masked(found) if _NAMED.search(found["name"]) else found[0], text)


def redacted_detail(detail: Mapping[str, Any]) -> dict[str, Any]:
    """Return ``detail`` (what JSON can say) with every text in it redacted, and masked whole where its name says that it is a secret."""
    return {redacted(name): _value(name, value, _DEPTH) for name, value in detail.items()}


def _value(name: str, value: Any, depth: int) -> Any:
    if isinstance(value, bool | int | float) or value is None:
        return value
    if _NAMED.search(name) or depth == 0:
        return MASK
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {redacted(str(inner)): _value(str(inner), one, depth - 1) for inner, one in value.items()}
    return [_value("", one, depth - 1) for one in value]


def _masked(found: re.Match[str]) -> str:
    """Return a name with its value masked; quotes stay."""
    mark: str = found["value"][0]
    closing = _CLOSING.get(mark, "")
    return f"{found['before']}{mark if closing else ''}{MASK}{closing}"
