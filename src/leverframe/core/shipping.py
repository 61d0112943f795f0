"""What a deployment knows of its repository: a ref and its commit, what would ship, how the checks stand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """A ref, and the commit that it is now."""

    ref: str
    """The branch or tag; the default branch where none was asked for."""
    sha: str
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One commit or pull request that would ship."""

    title: str
    author: str
    url: str | None = None
    number: int | None = None
    """A pull request's."""
    sha: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipping:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """How continuous integration stands for one commit."""

    state: Literal["success", "failure", "pending", "none"]
    failing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
