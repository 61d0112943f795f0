"""Approvals: a question to people, bound to exactly what was shown, and answered once.

Votes are counted by person, not by account. Every function returns a new approval; whoever stores it writes it only if its
``version`` is still the one that was read, so that of two clicks at once the second is decided again on what the first left.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from leverframe.core.people import People, platform
from leverframe.decoding import decoder

Result: TypeAlias = Literal["open", "won", "lost", "expired", "cancelled", "void", "glass_broken"]
"""``void``: what it was about has changed. ``glass_broken``: somebody went ahead without it, with a reason."""
HOUR_S = 3_600.0


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Who has to agree, and for how long they are asked."""

    required: int = 1
    from_roles: tuple[str, ...] = ()
    """Roles whose members count; empty: everybody who holds the grant to approve."""
    allow_self: bool = False
    allow_authors: bool = True
    """Whether who wrote one of the commits counts."""
    expires_s: float = 4 * HOUR_S
    break_glass: tuple[str, ...] = ()
    """Roles whose members may go ahead without it, with a reason."""


class Vote(msgspec.Struct, frozen=True, kw_only=True):
    """What one person said; a later vote of the same person replaces it."""

    actor: str
    person: str
    """What they are counted by: one person's accounts have the same."""
    approves: bool
    at: datetime
    name: str = ""
    """For showing only."""
    reason: str = ""


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """One question. Kept in the store as JSON; ``version`` grows by one with every change."""

    id: str
    deployment: str
    digest: str
    """Of what was shown: :func:`digest`."""
    policy: Policy
    requester: str | None
    """Actor who asked; ``None`` when the hub did by itself."""
    again_by: str | None = None
    """Actor who asked for it again after it had failed: no more their own judge than who asked first."""
    authors: tuple[str, ...] = ()
    """Actors who wrote what would ship: ``github:octocat``."""
    opened_at: datetime
    expires_at: datetime
    votes: tuple[Vote, ...] = ()
    result: Result = "open"
    decided_at: datetime | None = None
    decided_by: str = ""
    reason: str = ""
    version: int = 1


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """The vote counts; ``approval.result`` tells whether it decided."""

    approval: Approval


class AlreadyVoted(msgspec.Struct, frozen=True, kw_only=True):
    """This person has said the same before, perhaps from another account: nothing changes."""

    vote: Vote
    code: Literal["approval_repeated"] = "approval_repeated"


class AlreadyDecided(msgspec.Struct, frozen=True, kw_only=True):
    """The question is closed; ``approval`` tells how, when and by whom."""

    approval: Approval
    code: Literal["approval_decided"] = "approval_decided"


class NotCounted(msgspec.Struct, frozen=True, kw_only=True):
    """The vote does not count; ``code`` is one of the table of refusals, ``detail`` names what it is about."""

    code: str
    detail: str = ""


Voting: TypeAlias = Counted | AlreadyVoted | AlreadyDecided | NotCounted


def digest(*, service: str, environment: str, sha: str, parameters: Mapping[str, str], policy: Policy | None) -> str:
    """Return 64 hexadecimal digits that change when anything of it does, and are the same on every machine and in every version."""
    bound = {
        "service": service, "environment": environment, "sha": sha, "parameters": dict(parameters),
        "policy": None if policy is None else msgspec.to_builtins(policy) | {"expires_s": float(policy.expires_s)},  # as it is read back
    }  # fmt: skip
    return hashlib.sha256(json.dumps(bound, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def ask(
    *, id: str, deployment: str, digest: str, policy: Policy, requester: str | None, again_by: str | None = None, authors: Collection[str] = (),
    now: datetime,
) -> Approval:  # fmt: skip
    """Return the open question; it expires ``policy.expires_s`` after ``now``."""
    return Approval(
        id=id, deployment=deployment, digest=digest, policy=policy, requester=requester, again_by=again_by, authors=tuple(authors),
        opened_at=now, expires_at=now + timedelta(seconds=policy.expires_s),
    )  # fmt: skip


def vote(
    approval: Approval,
    *,
    actor: str,
    roles: Collection[str],
    approves: bool,
    people: People,
    now: datetime,
    name: str = "",
    reason: str = "",
) -> Voting:
    """Return what comes of a click. ``roles`` are those that ``actor`` holds now.

    One rejection decides no, and so many approvals as the policy requires decide yes. Who may not approve their own request
    may still reject it. A person who approved may reject while the question is open.
    """
    if approval.result != "open":
        return AlreadyDecided(approval=approval)
    if now >= approval.expires_at:
        return NotCounted(code="approval_expired")
    if approval.policy.from_roles and not set(approval.policy.from_roles) & set(roles):
        return NotCounted(code="approval_role_missing", detail=", ".join(approval.policy.from_roles))
    if approves and (refused := _conflict(approval, actor, people)) is not None:
        return refused
    said = Vote(actor=actor, person=people.person(actor), approves=approves, at=now, name=name, reason=reason)
    before = next((one for one in approval.votes if one.person == said.person), None)
    if before is not None and before.approves == approves:
        return AlreadyVoted(vote=before)
    votes = (*(one for one in approval.votes if one.person != said.person), said)
    result: Result = "open" if approves else "lost"
    if sum(1 for one in votes if one.approves) >= approval.policy.required:
        result = "won"
    decided = replace(approval, votes=votes, version=approval.version + 1)
    if result != "open":
        decided = replace(decided, result=result, decided_at=now, decided_by=actor, reason=reason)
    return Counted(approval=decided)


def _conflict(approval: Approval, actor: str, people: People) -> NotCounted | None:
    """Return why the approval of ``actor`` cannot count: it is, or might be, that of somebody who counts already or may not."""
    policy, requesters = approval.policy, [one for one in (approval.requester, approval.again_by) if one is not None]
    if not policy.allow_self and any(people.same(actor, requester) for requester in requesters):
        return NotCounted(code="approval_own")
    if not policy.allow_authors and any(people.same(actor, author) for author in approval.authors):
        return NotCounted(code="approval_author")
    others: list[str] = []
    for requester in requesters if not policy.allow_self or policy.required > 1 else ():
        if people.same(actor, requester):
            continue
        others.append(requester)
        if platform(actor) != platform(requester) and people.of(actor) is None:
            return NotCounted(code="approval_unlinked", detail=actor)
    if not policy.allow_authors:
        others.extend(approval.authors)
    if policy.required > 1:
        others.extend(one.actor for one in approval.votes if one.approves and not people.same(actor, one.actor))
    for other in others:
        if not people.surely_different(actor, other):
            return NotCounted(code="approval_unlinked", detail=actor if people.of(actor) is None else other)
    return None


def close(approval: Approval, result: Literal["expired", "cancelled", "void", "glass_broken"], *, by: str, reason: str = "", now: datetime) -> Approval:
    """Return the question closed without a vote; a closed one is returned as it is, except that what was won may become void."""
    if approval.result != "open" and not (approval.result == "won" and result == "void"):
        return approval
    return replace(approval, result=result, decided_at=now, decided_by=by, reason=reason, version=approval.version + 1)


def break_glass(policy: Policy | None, *, roles: Collection[str], reason: str) -> NotCounted | None:
    """Return why somebody with ``roles`` may not go ahead without approval or in a freeze; ``None`` when they may."""
    if policy is None or not policy.break_glass:
        return NotCounted(code="break_glass_off")
    if not set(policy.break_glass) & set(roles):
        return NotCounted(code="break_glass_role_missing", detail=", ".join(policy.break_glass))
    if not reason.strip():
        return NotCounted(code="break_glass_reason_missing")
    return None


def to_json(approval: Approval) -> bytes:
    """Return the approval as the store keeps it."""
    return msgspec.json.encode(approval)


def from_json(kept: bytes | str) -> Approval:
    """Return the approval that :func:`to_json` wrote. Raises ``msgspec.ValidationError`` when it is none."""
    return decoder(Approval)(kept)
