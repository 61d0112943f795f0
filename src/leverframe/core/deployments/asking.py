"""Before the runner: the commit, what would ship, the approval, and the turn in the lane."""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from leverframe.core.approvals import digest
from leverframe.core.deployments.effects import (
    Alert,
    AskApproval,
    Call,
    CloseApproval,
    Effect,
    Happened,
    Join,
    Leave,
    LockLane,
    Look,
    Note,
    Resolve,
    Say,
    SeeTurn,
    Wake,
)
from leverframe.core.deployments.inputs import (
    ApprovalLost,
    ApprovalWon,
    Changed,
    GlassBroken,
    LaneFree,
    RefRefused,
    RefResolved,
    RetryAsked,
    ShippingKnown,
    Voted,
)
from leverframe.core.deployments.stepped import Stepped, asked_anew, end, ignored, moved
from leverframe.core.deployments.values import Asking, Deployment, Glass, Held, Patience, Rules, Try
from leverframe.core.lanes import Early, Frozen, LaneHeld, Locked, lane_of


def ask_again(deployment: Deployment, *effects: Effect) -> Stepped:
    """Return the deployment with its commit asked for, or what would ship where the commit is known."""
    asked = asked_anew(deployment)
    return moved(asked, _question(asked), *effects)


def at_once(deployment: Deployment, now: datetime, *effects: Effect) -> Stepped:
    """Return what deploys no commit and has nothing to be looked for: it is decided on, or waits for its turn."""
    found = _approve(deployment, "", now)
    return moved(found.deployment, *effects, *found.effects)


def _question(deployment: Deployment, in_s: float = 0.0) -> Resolve | Look:
    if deployment.commit is None:
        return Resolve(ticket=deployment.ticket, ref=deployment.ref, in_s=in_s)
    return Look(ticket=deployment.ticket, sha=deployment.commit.sha, in_s=in_s)


def resolved(deployment: Deployment, answer: RefResolved) -> Stepped:
    """Take in the commit."""
    if deployment.state != "asked" or answer.ticket != deployment.ticket or deployment.commit is not None:
        return ignored(deployment, "late")
    return ask_again(replace(deployment, commit=answer.commit, asks=0), Say())


def refused(deployment: Deployment, answer: RefRefused, *, now: datetime, patience: Patience) -> Stepped:
    """Ask again where that may help; a rollback goes on without knowing what it takes back."""
    if deployment.state != "asked" or answer.ticket != deployment.ticket:
        return ignored(deployment, "late")
    asks = deployment.asks + 1
    if answer.again and asks < patience.asks:
        asked = asked_anew(replace(deployment, asks=asks))
        return moved(asked, _question(asked, max(patience.backoff_s(asks), answer.after_s or 0.0)))
    if deployment.kind == "rollback" and deployment.commit is not None:
        return _approve(replace(deployment, asks=0), deployment.commit.sha, now)
    return end(deployment, "failed", now=now, code=answer.code, detail=answer.detail)


def shipping_known(deployment: Deployment, known: ShippingKnown, *, now: datetime, patience: Patience) -> Stepped:
    """Take in what would ship: refuse, wait for the checks, ask for approval, or queue."""
    if deployment.state != "asked" or known.ticket != deployment.ticket or deployment.commit is None:
        return ignored(deployment, "late")
    looked = replace(deployment, base=known.base, shipping=known.shipping, checks=known.checks, asks=0)
    if _out_of_order(looked, looked.rules, known.earlier):
        return end(looked, "failed", now=now, code="deployment_out_of_order", detail=looked.rules.after or "")
    if looked.rules.checks is not None and looked.kind != "rollback":
        state = known.checks.state if known.checks is not None else "none"
        if state == "failure":
            return end(looked, "failed", now=now, code="checks_failing", detail=", ".join(known.checks.failing) if known.checks else "")
        if state != "success":
            since = looked.checks_since or now
            if now - since >= timedelta(seconds=patience.checks_wait_s):
                code = "checks_missing" if state == "none" else "checks_pending"
                return end(looked, "failed", now=now, code=code, detail=", ".join(known.checks.waiting) if known.checks else "")
            waits = asked_anew(replace(looked, checks_since=since))
            said = () if (waits.checks, waits.shipping) == (deployment.checks, deployment.shipping) else (Say(),)
            return moved(waits, _question(waits, patience.checks_every_s), *said)
    return _approve(looked, deployment.commit.sha, now)


def hint(deployment: Deployment) -> Stepped:
    """Look at once, if what would ship, or how its checks stand, is what it waits for."""
    return ignored(deployment, "not_now") if deployment.commit is None else ask_again(deployment)


def _out_of_order(deployment: Deployment, rules: Rules, earlier: str | None) -> bool:
    """Return whether the environment before has another commit. A rollback goes back to what was in order once."""
    return rules.after is not None and deployment.kind != "rollback" and (deployment.commit is None or earlier != deployment.commit.sha)


def _digest(deployment: Deployment, sha: str, rules: Rules) -> str:
    return digest(
        service=deployment.service, environment=deployment.environment, sha=sha, parameters=deployment.parameters, policy=rules.policy
    )  # fmt: skip


def _approve(deployment: Deployment, sha: str, now: datetime) -> Stepped:
    bound = replace(asked_anew(deployment), digest=_digest(deployment, sha, deployment.rules), checks_since=None)
    policy, known = bound.rules.policy, bound.approval
    carried = known is not None and known.won and known.digest == bound.digest and (now < known.expires_at or bound.gate is not None)
    if policy is None or bound.glass is not None or carried:
        return _queue(bound, now)
    expires_at = now + timedelta(seconds=policy.expires_s)
    return moved(
        replace(bound, state="waiting", approval=Asking(digest=bound.digest, opened_at=now, expires_at=expires_at)),
        AskApproval(policy=policy, digest=bound.digest, expires_at=expires_at, authors=bound.shipping.authors if bound.shipping else ()),
        Wake(at=expires_at), Say(), Note(what="approval_needed"), Happened(name="approval_needed"),
    )  # fmt: skip


def _queue(deployment: Deployment, now: datetime, *effects: Effect) -> Stepped:
    queued = replace(deployment, state="queued", queued_at=now, frozen_until=None, held=None)
    return moved(queued, *effects, Join(lane=queued.lane), _wake(queued, now), Say())


def _wake(deployment: Deployment, now: datetime) -> Wake:
    """Return when there is something to see without anybody doing anything: an end of its waiting, or of what holds it."""
    times = [deployment.deadline] if deployment.deadline is not None else []
    ends = deployment.held.until if deployment.held is not None else None
    if ends is not None and ends > now:
        times.append(ends)
    return Wake(at=min(times))


def voted(deployment: Deployment, said: Voted) -> Stepped:
    """Show who has voted."""
    known = deployment.approval
    if deployment.state != "waiting" or known is None or said.digest != known.digest:
        return ignored(deployment, "late")
    if said.votes == known.votes:
        return ignored(deployment, "repeated")
    return moved(replace(deployment, approval=replace(known, votes=said.votes)), Say())


def approval_won(deployment: Deployment, said: ApprovalWon, *, now: datetime) -> Stepped:
    """Go into the lane."""
    known = deployment.approval
    if deployment.state != "waiting" or known is None or said.digest != known.digest:
        return ignored(deployment, "late")
    won = replace(deployment, approval=replace(known, votes=said.votes, won=True))
    last = said.votes[-1] if said.votes else None
    note = Note(what="approved", by=last.actor if last else "", by_name=last.name if last else "", detail=last.reason if last else "")
    return _queue(won, now, note, Happened(name="approved"))


def approval_lost(deployment: Deployment, said: ApprovalLost, *, now: datetime) -> Stepped:
    """End: one no is a no."""
    known = deployment.approval
    if deployment.state != "waiting" or known is None or said.digest != known.digest:
        return ignored(deployment, "late")
    lost = replace(deployment, approval=replace(known, votes=said.votes or known.votes))
    return end(
        lost, "cancelled", now=now, code="approval_rejected", detail=said.reason, by=said.by, by_name=said.by_name,
        note=Note(what="rejected", by=said.by, by_name=said.by_name, detail=said.reason), more=(Happened(name="rejected"),),
    )  # fmt: skip


def changed(deployment: Deployment, change: Changed) -> Stepped:
    """Begin anew with what is so now; what was approved is not what would be done, so that nobody has approved it."""
    if deployment.state not in ("asked", "waiting", "queued"):
        return ignored(deployment, "not_now")
    fresh = replace(
        deployment, state="asked", rules=change.rules, digest="", approval=None, shipping=None, checks=None, checks_since=None,
        queued_at=None, held=None, asks=0, commit=None if "commit" in change.what else deployment.commit,
    )  # fmt: skip
    if fresh == deployment:
        return ignored(deployment, "repeated")
    effects: list[Effect] = [Say()]
    known = deployment.approval
    if known is not None and (deployment.state == "waiting" or known.won):
        what = ", ".join(change.what)
        effects += [CloseApproval(digest=known.digest, result="void", reason=what), Note(what="approval_void", detail=what)]
    if deployment.state == "queued":
        effects.append(Leave(lane=deployment.lane))
    return ask_again(fresh, *effects)


def glass_broken(deployment: Deployment, broken: GlassBroken, *, now: datetime) -> Stepped:
    """Go ahead without approval, in spite of a freeze, and let everybody know."""
    if deployment.glass is not None:
        return ignored(deployment, "break_glass_repeated")
    if deployment.state not in ("asked", "waiting", "queued"):
        return ignored(deployment, "deployment_under_way")
    glass = replace(deployment, glass=Glass(by=broken.by, by_name=broken.by_name, reason=broken.reason, at=now))
    told: tuple[Effect, ...] = (
        Note(what="glass_broken", by=broken.by, by_name=broken.by_name, detail=broken.reason),
        Alert(what="glass_broken", detail=broken.reason),
    )
    if deployment.state == "waiting":
        closed = CloseApproval(digest=deployment.digest, result="glass_broken", by=broken.by, reason=broken.reason)
        return _queue(glass, now, closed, *told)
    if deployment.state == "queued":
        return moved(glass, *told, SeeTurn(lane=deployment.lane), Say())
    return moved(glass, *told, Say())


def held(deployment: Deployment, by: LaneHeld | Locked | Frozen | Early, *, now: datetime) -> Stepped:
    """Show what it waits for."""
    if deployment.state != "queued":
        return ignored(deployment, "not_now")
    match by:
        case LaneHeld():
            holds = Held(lane=by)
        case Locked():
            holds = Held(lock=by)
        case Frozen():
            holds = Held(freeze=by)
        case Early():
            holds = Held(early=by)
    if holds == deployment.held:
        return ignored(deployment, "repeated")
    waits = replace(deployment, held=holds, frozen_until=by.until if isinstance(by, Frozen) else deployment.frozen_until)
    return moved(waits, Say(), _wake(waits, now))


def lane_free(deployment: Deployment, turn: LaneFree, *, now: datetime) -> Stepped:
    """Start, if all is still as it was decided on."""
    if deployment.state != "queued" or deployment.commit is None:
        return ignored(deployment, "not_now")
    if deployment.deadline is not None and now >= deployment.deadline:
        return end(deployment, "expired", now=now, code="queue_expired")
    if turn.sha != deployment.commit.sha:
        return changed(deployment, Changed(what=("commit",), rules=turn.rules))
    if deployment.glass is None and _digest(deployment, turn.sha, turn.rules) != deployment.digest:
        return changed(deployment, Changed(what=("policy",), rules=turn.rules))
    if _out_of_order(deployment, turn.rules, turn.earlier):
        return end(deployment, "failed", now=now, code="deployment_out_of_order", detail=turn.rules.after or "")
    effects: list[Effect] = []
    if deployment.kind == "rollback":
        effects.append(LockLane(lane=deployment.lane, owner=deployment.by, owner_name=deployment.by_name, reason=deployment.reason))
    started = replace(deployment, state="starting", rules=turn.rules, held=None, lane=turn.slot or deployment.lane)
    return next_try(started, 0.0, *effects)


def next_try(deployment: Deployment, in_s: float, *effects: Effect) -> Stepped:
    """Return the deployment with one more try, under a correlation id of its own."""
    number = len(deployment.tries) + 1
    correlation_id = deployment.id if number == 1 else f"{deployment.id}-{number}"
    tried = asked_anew(replace(deployment, state="starting", tries=(*deployment.tries, Try(correlation_id=correlation_id))))
    return moved(tried, *effects, Call(ticket=tried.ticket, correlation_id=correlation_id, in_s=in_s), Say())


def retry_asked(deployment: Deployment, asked: RetryAsked, *, now: datetime) -> Stepped:
    """Begin anew; an approval of exactly this that has not expired still holds."""
    again = replace(
        deployment, state="asked", again_by=asked.by, end=None, cancel=None, glass=None, asks=0, checks_since=None, queued_at=None, held=None, unknown_since=None,
        former_tries=len(deployment.tries),
    )  # fmt: skip
    told = (Say(), Note(what="retry_asked", by=asked.by, by_name=asked.by_name))
    if again.kind in ("dispatch", "gate"):
        return at_once(replace(again, lane=lane_of(again.lane), not_before=None), now, *told)
    return ask_again(again, *told)


def tick(deployment: Deployment, *, now: datetime) -> Stepped:
    """Expire, or see whether what holds it is over."""
    deadline = deployment.deadline
    if deadline is None:
        return ignored(deployment, "not_now")
    if now >= deadline:
        return end(deployment, "expired", now=now, code="approval_expired" if deployment.state == "waiting" else "queue_expired")
    ends = None if deployment.held is None else deployment.held.until
    see = (SeeTurn(lane=deployment.lane),) if ends is not None and ends <= now else ()
    return moved(deployment, *see, _wake(deployment, now))
