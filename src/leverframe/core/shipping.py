"""What a deployment knows of its repository: a ref and its commit, what would ship, how the checks stand."""

from __future__ import annotations

from typing import Literal

import msgspec


class Resolved(msgspec.Struct, frozen=True, kw_only=True):
    """A ref, and the commit that it is now."""

    ref: str
    """The branch or tag; the default branch where none was asked for."""
    sha: str
    url: str | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One commit or pull request that would ship."""

    title: str
    author: str
    url: str | None = None
    number: int | None = None
    """A pull request's."""
    sha: str = ""


class Shipping(msgspec.Struct, frozen=True, kw_only=True):
    """What lies between two commits."""

    changes: tuple[Change, ...]
    """Pull requests, and commits that came by none; newest first, at most fifty."""
    total: int
    """Commits in all."""
    authors: tuple[str, ...]
    """Logins of those who wrote them."""
    url: str | None = None
    behind: bool = False
    """Whether the second lies before the first: a step back."""


class Checks(msgspec.Struct, frozen=True, kw_only=True):
    """How continuous integration stands for one commit."""

    state: Literal["success", "failure", "pending", "none"]
    failing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
