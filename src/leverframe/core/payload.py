"""Reading a webhook's JSON without trusting it: every field may be missing, null or of another type.

Payloads stay plain dictionaries, because strict models reject a third of GitHub's own examples; these accessors give
each reader the type that it asks for, or the empty value of that type. None of them raises.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

_AFTER_HOST = re.compile(r"[/?#\\]")
_NOTHING: Mapping[str, Any] = {}
_NO_COMMIT = frozenset({"0" * 40, "0" * 64})
_EARLIEST_S, _LATEST_S = 0, 7_258_118_400
"""1970 to 2200: any other time is a mistake, and the calendar's own ends overflow when a zone is applied."""


def at(payload: object, *path: str) -> object:
    """Return what stands at ``path`` (``at(payload, "issue", "user")``), of whatever type, or ``None``."""
    value = payload
    for key in path:
        if not isinstance(value, dict) and not isinstance(value, Mapping):
            return None
        value = value.get(key)
    return value


def text(payload: object, *path: str) -> str:
    """Return the string at ``path``, or ``""``.

    Lone surrogates, which JSON can spell and UTF-8 cannot, become question marks: no chat would take them.
    """
    value = payload
    for key in path:  # as at() does, written out: a message asks for thirty texts
        if not isinstance(value, dict) and not isinstance(value, Mapping):
            return ""
        value = value.get(key)
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else _encodable(value)


def _encodable(words: str) -> str:
    """Return ``words`` as UTF-8 can carry them, with a question mark for each lone surrogate."""
    return words.encode("utf-8", "replace").decode("utf-8")


def number(payload: object, *path: str) -> int | None:
    """Return the integer at ``path``, or ``None``; a boolean is not a number."""
    value = at(payload, *path)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def flag(payload: object, *path: str) -> bool:
    """Return whether ``true`` stands at ``path``."""
    return at(payload, *path) is True


def mapping(payload: object, *path: str) -> Mapping[str, Any]:
    """Return the object at ``path``, or an empty one."""
    value = at(payload, *path)
    return value if isinstance(value, dict) or isinstance(value, Mapping) else _NOTHING  # noqa: SIM101 - dict first: the abstract class is slow


def items(payload: object, *path: str) -> list[Mapping[str, Any]]:
    """Return the objects of the list at ``path``; whatever else the list holds is left out."""
    value = at(payload, *path)
    return [item for item in value if isinstance(item, dict) or isinstance(item, Mapping)] if isinstance(value, list) else []  # noqa: SIM101


def refs(payload: object) -> list[Mapping[str, Any]]:
    """Return what a push did, ref by ref, each as GitHub tells a push: git pushes several refs at once, and ``refs`` tells of all of them."""
    several = [one for one in items(payload, "refs") if text(one, "ref")]
    return several or [mapping(payload)]


def is_merged(pull: object) -> bool:
    """Return whether a pull request was merged. GitHub says ``merged`` in its own events, with reviews and comments only when: ``merged_at``."""
    return flag(pull, "merged") or (at(pull, "merged") is None and bool(text(pull, "merged_at") or text(pull, "pull_request", "merged_at")))


def is_no_commit(sha: str) -> bool:
    """Return whether ``sha`` is what git writes where there is no commit: before a branch was made, after it is gone."""
    return sha in _NO_COMMIT


def moment(payload: object, *path: str) -> datetime | None:
    """Return the instant at ``path`` in UTC: ISO 8601 text (without an offset it is UTC) or Unix seconds, else ``None``."""
    value = at(payload, *path)
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
        elif isinstance(value, int) and not isinstance(value, bool):
            found = datetime.fromtimestamp(value, UTC)
        else:
            return None
    except (ValueError, OverflowError, OSError):
        return None
    return found if _EARLIEST_S <= found.timestamp() < _LATEST_S else None


def web(payload: object, *path: str) -> str | None:
    """Return the address at ``path`` if a browser can open it (``http`` or ``https``, no blanks), else ``None``."""
    value = at(payload, *path)
    return value if isinstance(value, str) and is_web(value) else None


def is_web(address: str) -> bool:
    """Return whether ``address`` may stand behind a link: never ``javascript:``, never one with blanks or controls in it."""
    return address.startswith(("https://", "http://")) and address.isprintable() and " " not in address and len(address) <= 2_000


def is_picture(address: str) -> bool:
    """Return whether ``address`` may be shown as a picture: of the web, over TLS, with no name or password before the host."""
    return is_web(address) and address.startswith("https://") and not has_userinfo(address)


def has_userinfo(address: str) -> bool:
    """Return whether an address of the web has a name or a password before its host, as browsers read it: a backslash is a slash, and more of them than two are two."""
    return "@" in _AFTER_HOST.split(address.partition(":")[2].lstrip("/\\"), maxsplit=1)[0]
