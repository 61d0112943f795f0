"""Projects and pushers, as ``leverframe.toml`` tells of them: what bare git does not know and a payload should say."""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from urllib.parse import quote

import msgspec

RESERVED_OWNERS = frozenset({
    "api", "console", "healthz", "hook", "hubot", "in", "metrics", "playground", "readyz", "slack", "static", "teams",
    "login", "logout",
})  # fmt: skip
"""First words of the hub's own addresses: no project's owner is called so."""
_WORD = re.compile(r"[\w.\-]{1,100}")
_GROUPS = 20


def is_project(name: str) -> bool:
    """Return whether ``name`` can be a project's: ``owner/name`` of letters, digits and ``. - _``, a group's with more words before the last."""
    words = name.split("/")
    if not 2 <= len(words) <= _GROUPS or words[0].lower() in RESERVED_OWNERS:
        return False
    return all(_WORD.fullmatch(word) and word not in (".", "..") for word in words)


class Project(msgspec.Struct, frozen=True, kw_only=True):
    """``[projects."owner/name"]``: what a payload says of a project where its source does not. ``None`` is what nobody told."""

    name: str
    """``owner/name``."""
    id: int | None = None
    overview: str | None = None
    private: bool | None = None
    web: str | None = None
    """The project's page."""
    commit_url: str | None = None
    """A commit's page, with ``{id}`` where its id goes (and ``{project}``)."""

    @property
    def owner(self) -> str:
        """``acme`` of ``acme/web``."""
        return self.name.rpartition("/")[0]

    @property
    def short_name(self) -> str:
        """``web`` of ``acme/web``."""
        return self.name.rpartition("/")[2]

    @property
    def number(self) -> int:
        """The project's id, or where it has none a number made of its name, the same every time."""
        return zlib.crc32(self.name.casefold().encode()) & 0x7FFF_FFFF if self.id is None else self.id

    def commit(self, id: str) -> str | None:
        """Return the page of a commit, ``None`` where nothing tells it."""
        if self.commit_url:
            return self.commit_url.replace("{project}", quote(self.name)).replace("{id}", quote(id, safe=""))
        return f"{self.web.rstrip('/')}/commit/{quote(id, safe='')}" if self.web else None


class Pusher(msgspec.Struct, frozen=True, kw_only=True):
    """``[pushers."ann@example.com"]``: who somebody is who pushes. ``None`` is what nobody told."""

    login: str | None = None
    name: str | None = None
    email: str | None = None
    id: int | None = None
    avatar: str | None = None


NOBODY = Pusher()


def pusher_of(pushers: Mapping[str, Pusher], *names: str) -> Pusher:
    """Return the first that is known under one of ``names`` (logins, e-mail addresses; letters' case does not matter), else :data:`NOBODY`.

    ``pushers`` are by name, folded (``str.casefold``).
    """
    return next((found for name in names if name and (found := pushers.get(name.casefold())) is not None), NOBODY)
