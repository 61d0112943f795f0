"""A deployment as the sentences see it, read from the snapshot that an event of the hub's own carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, get_args

import msgspec

from leverframe.core import payload as reading
from leverframe.core.deployments.values import Kind, State
from leverframe.core.wording.quoting import excerpt, first_line, one_line

STATES: tuple[State, ...] = get_args(State)
KINDS: tuple[Kind, ...] = get_args(Kind)
_NAME, _LOG, _LISTED = 80, 800, 50


class VoteView(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said to the question."""

    name: str
    approves: bool
    reason: str = ""


class ChangeView(msgspec.Struct, frozen=True, kw_only=True):
    """One commit or pull request that ships."""

    title: str
    author: str = ""
    url: str | None = None
    number: int | None = None
    sha: str = ""


class ChecksView(msgspec.Struct, frozen=True, kw_only=True):
    """How continuous integration stands: ``success``, ``failure``, ``pending`` or ``none``."""

    state: str
    failing: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()


class LockView(msgspec.Struct, frozen=True, kw_only=True):
    """A closed lane."""

    service: str = ""
    environment: str = ""
    by: str = ""
    reason: str = ""
    until: datetime | None = None
    """``None``: until somebody unlocks it."""
    waiting: tuple[str, ...] = ()
    """Who wants it next, in order."""


class FreezeView(msgspec.Struct, frozen=True, kw_only=True):
    """A time window in which nothing goes there."""

    reason: str = ""
    until: datetime | None = None


class TryView(msgspec.Struct, frozen=True, kw_only=True):
    """A run that came to nothing, before the last one."""

    run_number: str = ""
    run_url: str | None = None
    detail: str = ""


class DeploymentView(msgspec.Struct, frozen=True, kw_only=True):
    """One deployment. Everything is clean: one line, no controls, addresses that a browser may open; nothing is missing."""

    id: str
    service: str
    environment: str
    state: State
    kind: Kind = "deploy"
    lane: str = ""
    ref: str = ""
    sha: str = ""
    sha_url: str | None = None
    from_sha: str = ""
    """The commit that runs there now."""
    requested_by: str = ""
    cause: str = ""
    """What started it when nobody did: ``push main``, ``after staging``."""
    reason: str = ""
    """Why it goes ahead without approval, or why it is rolled back."""
    break_glass: bool = False
    parameters: Mapping[str, str] | None = None
    place: int | None = None
    """Its place in the queue of its lane, from 1."""
    runner: str = ""
    run_number: str = ""
    run_url: str | None = None
    step: str = ""
    waits_there: bool = False
    """Whether the run waits for an approval that is given where it runs."""
    trouble: str = ""
    """What is in the way just now, as a code of the table of refusals."""
    former_tries: tuple[TryView, ...] = ()
    try_number: int = 1
    tries: int = 1
    approvals_needed: int = 0
    votes: tuple[VoteView, ...] = ()
    approvers: tuple[str, ...] = ()
    """Roles whose members may vote."""
    expires_at: datetime | None = None
    changes: tuple[ChangeView, ...] = ()
    changes_total: int = 0
    changes_url: str | None = None
    behind: bool = False
    """Whether it is a step back."""
    checks: ChecksView | None = None
    lock: LockView | None = None
    freeze: FreezeView | None = None
    code: str = ""
    """Why it ended badly, as a code of the table of refusals."""
    detail: str = ""
    log_tail: str = ""
    rollback_ref: str = ""
    """What a rollback would go back to; empty when there is nothing."""
    can_retry: bool = False
    title: str = ""
    """Of a gate: what is asked."""
    text: str = ""
    """What will happen."""
    links: tuple[tuple[str, str], ...] = ()
    """Labels and addresses below the question."""
    deed: str = ""
    """What is done on a yes: ``repository_dispatch`` …"""
    accepted: bool = False
    """Whether whoever does it has taken it."""
    reasons: tuple[str, ...] = ()
    """Of a dispatch: why each of those who asked did so."""
    joined: int = 0
    """How many asked for it."""
    begins_at: datetime | None = None
    """Until when others may join it."""
    requested_at: datetime | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    cancelling_by: str = ""
    """Who wants it cancelled, while the runner has not said that it is."""
    ended_by: str = ""
    """Who cancelled, rejected or settled it."""

    @property
    def approvals_given(self) -> int:
        """How many have approved."""
        return sum(1 for vote in self.votes if vote.approves)

    @property
    def rejected_by(self) -> VoteView | None:
        """The vote that ended it."""
        return next((vote for vote in self.votes if not vote.approves), None)

    @property
    def took_s(self) -> int | None:
        """Seconds from start to end."""
        if self.started_at is None or self.ended_at is None:
            return None
        return max(0, int((self.ended_at - self.started_at).total_seconds()))


def view(payload: object) -> DeploymentView:
    """Return the deployment that ``payload`` tells of; never raises: what is missing or of another type is left empty.

    The keys are the names of :class:`DeploymentView`'s fields, objects within it likewise; instants are ISO 8601:
    ``core.deployments.snapshot`` writes them.
    """
    state, kind = reading.text(payload, "state"), reading.text(payload, "kind")
    parameters = reading.mapping(payload, "parameters")
    return DeploymentView(
        id=_line(payload, "id"),
        service=_line(payload, "service") or "?",
        environment=_line(payload, "environment") or "?",
        state=next((known for known in STATES if known == state), "unknown"),
        kind=next((known for known in KINDS if known == kind), "deploy"),
        lane=_line(payload, "lane"),
        ref=_line(payload, "ref"),
        sha=_line(payload, "sha"),
        sha_url=reading.web(payload, "sha_url"),
        from_sha=_line(payload, "from_sha"),
        requested_by=_line(payload, "requested_by"),
        cause=_line(payload, "cause"),
        reason=_words(payload, "reason"),
        break_glass=reading.flag(payload, "break_glass"),
        parameters={
            one_line(str(key), _NAME): one_line(reading.text(parameters, key), _NAME) for key in list(parameters)[:_LISTED] if isinstance(key, str)
        },
        place=reading.number(payload, "place"),
        runner=_line(payload, "runner"),
        run_number=_line(payload, "run_number"),
        run_url=reading.web(payload, "run_url"),
        step=_line(payload, "step"),
        waits_there=reading.flag(payload, "waits_there"),
        trouble=_line(payload, "trouble"),
        former_tries=tuple(
            TryView(run_number=_line(one, "run_number"), run_url=reading.web(one, "run_url"), detail=_words(one, "detail"))
            for one in _objects(payload, "former_tries")
        ),
        cancelling_by=_line(payload, "cancelling_by"),
        try_number=max(1, reading.number(payload, "try_number") or 1),
        tries=max(1, reading.number(payload, "tries") or 1),
        approvals_needed=max(0, reading.number(payload, "approvals_needed") or 0),
        votes=tuple(
            VoteView(name=_line(vote, "name") or "?", approves=reading.flag(vote, "approves"), reason=_words(vote, "reason"))
            for vote in _objects(payload, "votes")
        ),
        approvers=_names(payload, "approvers"),
        expires_at=reading.moment(payload, "expires_at"),
        changes=tuple(_change(change) for change in _objects(payload, "changes")),
        changes_total=max(0, reading.number(payload, "changes_total") or 0),
        changes_url=reading.web(payload, "changes_url"),
        behind=reading.flag(payload, "behind"),
        checks=_checks(payload),
        lock=lock_view(reading.at(payload, "lock")),
        freeze=_freeze(payload),
        code=_line(payload, "code"),
        detail=_words(payload, "detail"),
        log_tail=_log(reading.text(payload, "log_tail")),
        rollback_ref=_line(payload, "rollback_ref"),
        can_retry=reading.flag(payload, "can_retry"),
        title=one_line(reading.text(payload, "title"), 200),
        text=excerpt(reading.text(payload, "text"), 3_000),
        links=tuple(
            (_line(one, "label") or "→", url) for one in _objects(payload, "links") if (url := reading.web(one, "url")) is not None
        ),
        deed=_line(payload, "deed"),
        accepted=reading.flag(payload, "accepted"),
        reasons=_sentences(payload, "reasons"),
        joined=max(0, reading.number(payload, "joined") or 0),
        begins_at=reading.moment(payload, "begins_at"),
        requested_at=reading.moment(payload, "requested_at"),
        started_at=reading.moment(payload, "started_at"),
        ended_at=reading.moment(payload, "ended_at"),
        ended_by=_line(payload, "ended_by"),
    )


def lock_view(value: object) -> LockView | None:
    """Return the lock that ``value`` (an object with the names of :class:`LockView`'s fields) tells of; ``None`` when it is no object."""
    if not isinstance(value, Mapping):
        return None
    return LockView(
        service=_line(value, "service"),
        environment=_line(value, "environment"),
        by=_line(value, "by"),
        reason=_words(value, "reason"),
        until=reading.moment(value, "until"),
        waiting=_names(value, "waiting"),
    )


def _freeze(payload: object) -> FreezeView | None:
    if not isinstance(reading.at(payload, "freeze"), Mapping):
        return None
    return FreezeView(reason=_words(payload, "freeze", "reason"), until=reading.moment(payload, "freeze", "until"))


def _checks(payload: object) -> ChecksView | None:
    state = _line(payload, "checks", "state")
    return ChecksView(state=state, failing=_names(payload, "checks", "failing"), waiting=_names(payload, "checks", "waiting")) if state else None


def _change(change: Mapping[str, Any]) -> ChangeView:
    return ChangeView(
        title=first_line(reading.text(change, "title")) or "?",
        author=_line(change, "author"),
        url=reading.web(change, "url"),
        number=reading.number(change, "number"),
        sha=_line(change, "sha"),
    )


def _line(payload: object, *path: str) -> str:
    """Return the name at ``path``; a number as its digits, as some runners give theirs."""
    number = reading.number(payload, *path)
    if number is None:
        return one_line(reading.text(payload, *path), _NAME)
    return str(number) if abs(number) < 10**18 else ""


def _words(payload: object, *path: str) -> str:
    return one_line(reading.text(payload, *path), 300)


def _objects(payload: object, key: str) -> list[Mapping[str, Any]]:
    value = reading.at(payload, key)
    return [one for one in value[:_LISTED] if isinstance(one, Mapping)] if isinstance(value, list | tuple) else []


def _names(payload: object, *path: str) -> tuple[str, ...]:
    value = reading.at(payload, *path)
    found = value if isinstance(value, list | tuple) else ()
    return tuple(one_line(name, _NAME) for name in found[:_LISTED] if isinstance(name, str) and name)


def _sentences(payload: object, *path: str) -> tuple[str, ...]:
    value = reading.at(payload, *path)
    found = value if isinstance(value, list | tuple) else ()
    return tuple(one_line(words, 300) for words in found[:_LISTED] if isinstance(words, str) and words)


def _log(words: str) -> str:
    """Return the end of a log, which is what tells why: whole lines, the last of them kept."""
    lines = [line for line in excerpt(words[-20_000:], 20_000).splitlines() if line.strip()]
    kept: list[str] = []
    for line in reversed(lines):
        line = one_line(line, 160)
        if sum(map(len, kept)) + len(line) > _LOG or len(kept) == 12:
            break
        kept.insert(0, line)
    return "\n".join(kept)
