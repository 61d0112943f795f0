"""What a push did. A deleted branch is not an empty push, and a tag is not a branch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from leverframe.core import payload as reading
from leverframe.core.messages import Code, Link, Rich
from leverframe.core.wording.quoting import one_line
from leverframe.core.wording.told import Told, linked

PushKind: TypeAlias = Literal["branch", "new_branch", "forced", "deleted_branch", "tag", "moved_tag", "deleted_tag"]


IN_HEADLINE = 4
"""Refs of one push that its headline names."""


class Push(msgspec.Struct, frozen=True, kw_only=True):
    """One push, read: ``ref`` is the branch or tag without ``refs/…/``."""

    kind: PushKind
    ref: str
    commits: int
    compare: str | None

    @property
    def ref_shown(self) -> Rich:
        """The branch or tag; it leads to the comparison when it is new and the number of commits does not."""
        leads = self.compare is not None and (self.kind in ("tag", "moved_tag") or (self.kind == "new_branch" and not self.commits))
        return linked(self.ref, self.compare) if leads else (Code(self.ref),)

    def count(self, words: str) -> Rich:
        """Return the number of commits, leading to the comparison."""
        return linked(words, self.compare)


def read_push(told: Told) -> Push:
    """Return what the push did (https://docs.github.com/en/webhooks/webhook-events-and-payloads#push)."""
    return _read(told.payload, told.branch)


def read_refs(told: Told) -> list[Push]:
    """Return what a push did to each of several refs; empty for a push of one, which is all that GitHub has."""
    several = reading.refs(told.payload)
    return [_read(one, "") for one in several] if len(several) > 1 else []


def is_warning(refs: list[Push]) -> bool:
    """Return whether something was overwritten that others may have built on."""
    return any(one.kind in ("forced", "moved_tag") for one in refs)


def _read(payload: Mapping[str, Any], branch: str) -> Push:
    full = reading.text(payload, "ref")
    is_tag = full.startswith("refs/tags/")
    ref = one_line(full.removeprefix("refs/heads/").removeprefix("refs/tags/")) or branch or "?"
    created, deleted, forced = (reading.flag(payload, key) for key in ("created", "deleted", "forced"))
    # What the flags do not tell the commits do: none before is new, none after is gone.
    created, deleted = created or reading.is_no_commit(reading.text(payload, "before")), deleted or reading.is_no_commit(reading.text(payload, "after"))
    kind: PushKind
    if is_tag:
        kind = "deleted_tag" if deleted else "tag" if created else "moved_tag"
    else:
        kind = "deleted_branch" if deleted else "new_branch" if created else "forced" if forced else "branch"
    commits = payload.get("commits")
    listed = len(commits) if isinstance(commits, list) else 0
    return Push(kind=kind, ref=ref, commits=max(listed, reading.number(payload, "size") or 0), compare=reading.web(payload, "compare"))


def ref_link(told: Told, ref: str) -> Rich:
    """Return a branch or tag, leading to the event's page when that is more than the repository's."""
    page = told.page
    return (Link(ref, page),) if page and ref else (Code(ref or "?"),)
