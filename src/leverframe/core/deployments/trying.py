"""With the runner: a lever is pulled at most once, and what came of it is found out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, assert_never

from msgspec.structs import replace

from leverframe.core.deployments.asking import next_try
from leverframe.core.deployments.effects import Alert, Call, CancelRun, Effect, Find, Follow, Happened, Note, Poll, Say
from leverframe.core.deployments.inputs import Beginning, CancelAnswered, FindAnswered, PollAnswered, Settled, StartAnswered
from leverframe.core.deployments.stepped import Stepped, asked_anew, end, ignored, moved, with_try
from leverframe.core.deployments.values import HOLDING, Deployment, Patience, Try, Wish
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable

_SLOWEST_LOOK_S = 900.0


def beginning(deployment: Deployment, begins: Beginning, *, now: datetime, patience: Patience) -> Stepped:
    """Let the runner be called, once. Whoever comes a second time did not live to tell what came of the first."""
    last = deployment.last_try
    if deployment.state != "starting" or last is None or begins.ticket != deployment.ticket:
        return ignored(deployment, "late")
    if last.phase == "called":
        return _lose(deployment, last, patience, code="runner_answer_lost")
    if last.phase != "due":
        return ignored(deployment, "late")
    called = replace(
        last, phase="called", calls=last.calls + 1, call=begins.ticket, ordered_at=last.ordered_at or now, called_at=now
    )  # fmt: skip
    return moved(with_try(deployment, called), go=True)


def start_answered(deployment: Deployment, said: StartAnswered, *, now: datetime, patience: Patience) -> Stepped:
    """Take in what the call brought. That it happened counts from any call, that it did not only from the last one."""
    last = _try_of(deployment, said.correlation_id)
    if last is None or last.run is not None:
        return ignored(deployment, "late")
    match said.answer:
        case Started(run=None, ends=True):
            known = replace(last, accepted=True, phase="ended", started_at=last.started_at or now, ended_at=now, result="succeeded", trouble="", detail="")
            return end(with_try(deployment, known), "succeeded", now=now)
        case Started(run=run):
            return _accepted(deployment, last, now, patience) if run is None else _going(deployment, last, run, now)
        case NotStarted() as answer:
            if said.ticket != last.call or last.accepted or last.phase not in ("called", "looking"):
                return ignored(deployment, "late")
            return _not_started(deployment, last, answer, now, patience)
        case Lost(code=code, detail=detail):
            if said.ticket != last.call or last.phase != "called":
                return ignored(deployment, "late")
            return _lose(deployment, last, patience, code=code, detail=detail)
        case _:  # pragma: no cover
            assert_never(said.answer)


def find_answered(deployment: Deployment, said: FindAnswered, *, now: datetime, patience: Patience) -> Stepped:
    """Take in whether the run is there. That it is counts whenever it is said; that it is not, only from the question that is open."""
    last = _try_of(deployment, said.correlation_id)
    if last is None:
        return ignored(deployment, "late")
    match said.answer:
        case Found(run=run):
            return ignored(deployment, "repeated") if last.phase == "going" else _going(deployment, last, run, now)
        case Absent(sure=sure):
            if said.ticket != deployment.ticket or last.phase != "looking":
                return ignored(deployment, "late")
            on_its_way = last.called_at is not None and now < last.called_at + timedelta(seconds=patience.call_s)
            wished = deployment.cancel
            if sure and wished is not None and wished.taken:
                return end(deployment, "cancelled", now=now, by=wished.by, by_name=wished.by_name)
            if sure and not (on_its_way or last.accepted or last.run is not None):
                return _not_started(deployment, last, NotStarted(code="run_absent", again=True), now, patience)
            return _look_on(deployment, last, patience, now)
        case Unreachable(code=code, detail=detail, after_s=after_s):
            if said.ticket != deployment.ticket or last.phase != "looking":
                return ignored(deployment, "late")
            return _look_on(deployment, replace(last, trouble=code, detail=detail), patience, now, after_s=after_s)
        case _:  # pragma: no cover
            assert_never(said.answer)


def poll_answered(deployment: Deployment, said: PollAnswered, *, now: datetime, patience: Patience) -> Stepped:
    """Take in how the run stands. An end counts whenever it is said."""
    last = _try_of(deployment, said.correlation_id)
    if last is None:
        return ignored(deployment, "late")
    late = said.ticket != deployment.ticket or last.run is None
    match said.answer:
        case Finished():
            return _finished(deployment, last, said.answer, now)
        case Going(run=run, step=step, waiting=waiting, review=review):
            if deployment.state == "unknown":
                return _going(deployment, replace(last, step=step, waiting=waiting, review=review), run, now)
            if late or last.phase != "going":
                return ignored(deployment, "late")
            seen = replace(last, run=run, step=step, waiting=waiting, review=review, trouble="", detail="", looks=0, unreachable_since=None)
            shown: tuple[Effect, ...] = () if replace(seen, looks=last.looks) == last else (Say(),)
            asked = with_try(asked_anew(deployment), seen)
            return moved(asked, Poll(ticket=asked.ticket, correlation_id=seen.correlation_id), *shown)
        case Absent():
            if late:
                return ignored(deployment, "late")
            if deployment.state == "unknown":
                return _look_on(deployment, last, patience, now)
            return _lose(deployment, last, patience, code="run_vanished")
        case Unreachable(code=code, detail=detail, after_s=after_s):
            if late:
                return ignored(deployment, "late")
            troubled = replace(last, trouble=code, detail=detail, unreachable_since=last.unreachable_since or now)
            if deployment.state == "unknown":
                return _look_on(deployment, troubled, patience, now, after_s=after_s)
            if now - (troubled.unreachable_since or now) >= timedelta(seconds=patience.unreachable_s):
                return _unknown(deployment, troubled, now)
            looks = last.looks + 1
            asked = with_try(asked_anew(deployment), replace(troubled, looks=looks))
            in_s = max(patience.backoff_s(looks), after_s or 0.0)
            shown = () if code == last.trouble else (Say(),)
            return moved(asked, Poll(ticket=asked.ticket, correlation_id=last.correlation_id, in_s=in_s), *shown)
        case _:  # pragma: no cover
            assert_never(said.answer)


def hint(deployment: Deployment) -> Stepped:
    """Ask for the truth at once."""
    last = deployment.last_try
    if deployment.state not in HOLDING or last is None or last.phase not in ("looking", "going"):
        return ignored(deployment, "not_now")
    asked = asked_anew(deployment)
    return moved(asked, _look(asked, last, 0.0))


def wish(deployment: Deployment, by: str, by_name: str, now: datetime) -> Stepped:
    """Cancel at once what was not begun; of what was, remember the wish and tell the runner once there is a run."""
    last = deployment.last_try
    if deployment.cancel is not None:
        return ignored(deployment, "cancel_repeated")
    wished = replace(deployment, cancel=Wish(by=by, by_name=by_name, at=now))
    if last is None or last.phase == "due":
        return end(wished, "cancelled", now=now, by=by, by_name=by_name)
    tell = (CancelRun(correlation_id=last.correlation_id),) if last.run is not None else ()
    return moved(wished, *tell, Say(), Note(what="cancel_asked", by=by, by_name=by_name))


def cancel_answered(deployment: Deployment, said: CancelAnswered, *, patience: Patience) -> Stepped:
    """Take in whether the runner will end it."""
    last, wished = _try_of(deployment, said.correlation_id), deployment.cancel
    if last is None or wished is None or wished.taken or last.run is None:
        return ignored(deployment, "late")
    match said.answer:
        case CancelTaken():
            taken = asked_anew(replace(deployment, cancel=replace(wished, taken=True)))
            return moved(taken, _look(taken, last, 1.0), Say())
        case CancelRefused(code=code, detail=detail):
            return _cannot_cancel(deployment, last, code, detail)
        case Unreachable(code=code, detail=detail, after_s=after_s):
            asks = wished.asks + 1
            if asks >= patience.cancels:
                return _cannot_cancel(deployment, last, code, detail)
            in_s = max(patience.backoff_s(asks), after_s or 0.0)
            waits = replace(deployment, cancel=replace(wished, asks=asks))
            return moved(waits, CancelRun(correlation_id=last.correlation_id, in_s=in_s))
        case _:  # pragma: no cover
            assert_never(said.answer)


def _cannot_cancel(deployment: Deployment, last: Try, code: str, detail: str) -> Stepped:
    """Drop the wish, so that it may be uttered again, and see how the run stands: it may have ended."""
    goes_on = asked_anew(replace(deployment, cancel=None))
    return moved(goes_on, _look(goes_on, last, 0.0), Say(), Note(what="cancel_refused", code=code, detail=detail))


def settled(deployment: Deployment, said: Settled, *, now: datetime) -> Stepped:
    """Take a person's word for what the runner cannot tell. Nothing follows by itself from what was only said."""
    last = deployment.last_try
    if deployment.state != "unknown" or last is None:
        return ignored(deployment, "deployment_not_unknown")
    note = Note(what="settled", by=said.by, by_name=said.by_name, detail=said.how)
    if said.how == "ran":
        ran = with_try(deployment, replace(last, phase="ended", ended_at=now, result="succeeded", trouble=""))
        return end(ran, "succeeded", now=now, by=said.by, by_name=said.by_name, note=note)
    not_run = with_try(deployment, replace(last, phase="ended", ended_at=now, result="not_started", trouble=""))
    state: Literal["failed", "cancelled"] = "failed" if deployment.cancel is None else "cancelled"
    return end(not_run, state, now=now, code="run_absent", by=said.by, by_name=said.by_name, note=note)


def _try_of(deployment: Deployment, correlation_id: str) -> Try | None:
    """Return the try under way, if it is the one that is spoken of."""
    last = deployment.last_try
    if deployment.state not in HOLDING or last is None or last.correlation_id != correlation_id or last.phase == "ended":
        return None
    return last


def _look(deployment: Deployment, last: Try, in_s: float) -> Find | Poll:
    # Of a run that was known and is lost from sight, both its name and our id are asked for in turn.
    if last.run is None or (last.phase == "looking" and (deployment.state != "unknown" or last.looks % 2)):
        return Find(ticket=deployment.ticket, correlation_id=last.correlation_id, in_s=in_s)
    return Poll(ticket=deployment.ticket, correlation_id=last.correlation_id, in_s=in_s)


def _lose(deployment: Deployment, last: Try, patience: Patience, *, code: str, detail: str = "") -> Stepped:
    """Look for the run before anything else is done."""
    asked = asked_anew(deployment)
    lost = with_try(asked, replace(last, phase="looking", looks=0, trouble=code, detail=detail))
    find = Find(ticket=lost.ticket, correlation_id=last.correlation_id, in_s=patience.looks_s[0])
    return moved(lost, find, Say(), Note(what="lost", code=code, detail=detail))


def _accepted(deployment: Deployment, last: Try, now: datetime, patience: Patience) -> Stepped:
    """It surely happened; what it is called has still to be found."""
    if last.accepted:
        return ignored(deployment, "repeated")
    known = replace(last, accepted=True, started_at=last.started_at or now, trouble="", detail="")
    if deployment.state == "unknown":
        return moved(with_try(deployment, known), Say())
    running = asked_anew(replace(deployment, state="running"))
    find = Find(ticket=running.ticket, correlation_id=last.correlation_id, in_s=patience.looks_s[0])
    return moved(with_try(running, replace(known, phase="looking", looks=0)), find, Say(), Note(what="started"), Happened(name="started"))


def _going(deployment: Deployment, last: Try, run: Run, now: datetime) -> Stepped:
    """The run is known: follow it, and end it if somebody wished so."""
    going = replace(
        last, phase="going", run=run, accepted=True, looks=0, trouble="", detail="", unreachable_since=None,
        started_at=last.started_at or now,
    )  # fmt: skip
    running = with_try(asked_anew(replace(deployment, state="running", unknown_since=None)), going)
    effects: list[Effect] = [Poll(ticket=running.ticket, correlation_id=last.correlation_id)]
    if deployment.cancel is not None and not deployment.cancel.taken:
        effects.append(CancelRun(correlation_id=last.correlation_id))
    effects.append(Say())
    if last.started_at is None:
        effects += [Note(what="started"), Happened(name="started")]
    if last.phase == "looking" and last.trouble:
        effects.append(Note(what="found"))
    return moved(running, *effects)


def _not_started(deployment: Deployment, last: Try, answer: NotStarted, now: datetime, patience: Patience) -> Stepped:
    """It surely did not happen: the same correlation id may be used again."""
    told = replace(last, trouble=answer.code, code=answer.code, detail=answer.detail, looks=0)
    by = deployment.cancel
    if by is not None:
        return end(with_try(deployment, told), "cancelled", now=now, by=by.by, by_name=by.by_name)
    # What was unknown is not started by itself, nor is it tried again when it failed.
    patient = last.ordered_at is not None and now < last.ordered_at + timedelta(seconds=deployment.rules.starts_for_s)
    if deployment.state == "starting" and answer.again and (patient or last.calls < patience.calls):
        again = with_try(asked_anew(deployment), replace(told, phase="due"))
        in_s = max(patience.backoff_s(last.calls), answer.after_s or 0.0)
        call = Call(ticket=again.ticket, correlation_id=last.correlation_id, in_s=in_s)
        told_before = last.code == answer.code  # the card shows it: a line below it for each try of a day would bury the room
        return moved(again, call, Say(), *(() if told_before else (Note(what="start_delayed", code=answer.code, detail=answer.detail),)))
    return end(with_try(deployment, told), "failed", now=now, code=answer.code, detail=answer.detail, alert=True)


def _look_on(deployment: Deployment, last: Try, patience: Patience, now: datetime, *, after_s: float | None = None) -> Stepped:
    """Look again a little later, or give up knowing; what is unknown is still looked for, ever more slowly."""
    looks = last.looks + 1
    looked = asked_anew(with_try(deployment, replace(last, looks=looks)))
    if deployment.state == "unknown":
        if deployment.unknown_since is not None and now - deployment.unknown_since >= timedelta(seconds=patience.unknown_for_s):
            return moved(looked)
        in_s = min(60.0 * 2.0 ** min(looks - 1, 10), _SLOWEST_LOOK_S)
    elif looks >= len(patience.looks_s):
        return _unknown(deployment, last, now)
    else:
        in_s = patience.looks_s[looks]
    return moved(looked, _look(looked, replace(last, looks=looks), max(in_s, after_s or 0.0)))


def _unknown(deployment: Deployment, last: Try, now: datetime) -> Stepped:
    """Tell people that it has to be found out by them; the lane stays closed until then."""
    unknown = asked_anew(replace(deployment, state="unknown", unknown_since=now))
    unknown = with_try(unknown, replace(last, phase="looking", looks=0))
    return moved(
        unknown, _look(unknown, last, 60.0), Say(), Note(what="unknown", code=last.trouble, detail=last.detail),
        Alert(what="unknown", detail=last.detail), Happened(name="unknown"),
    )  # fmt: skip


def _finished(deployment: Deployment, last: Try, answer: Finished, now: datetime) -> Stepped:
    """End as the runner says, or try once more: what was unknown is not, for people were told, and may have done it by hand."""
    done = replace(
        last, phase="ended", run=answer.run, accepted=True, step="", waiting=False, trouble="", looks=0, unreachable_since=None,
        started_at=last.started_at or now, ended_at=now, result=answer.result, detail=answer.detail, log_tail=answer.log_tail,
    )  # fmt: skip
    over = with_try(deployment, done)
    by = deployment.cancel
    match answer.result:
        case "succeeded":
            follow: tuple[Effect, ...] = ()
            if deployment.commit is not None and deployment.kind != "rollback":
                follow = tuple(Follow(environment=one, commit=deployment.commit) for one in deployment.rules.follows)
            return end(over, "succeeded", now=now, detail=answer.detail, more=follow)
        case "cancelled":
            return end(
                over, "cancelled", now=now, detail=answer.detail, by=by.by if by else "", by_name=by.by_name if by else ""
            )  # fmt: skip
        case "failed":
            retry = deployment.rules.retry
            if by is None and deployment.state != "unknown" and len(deployment.tries) - deployment.former_tries <= retry.times:
                return next_try(over, retry.wait_s, Note(what="retrying", code="run_failed", detail=answer.detail))
            commit = deployment.commit
            back = deployment.kind != "rollback" and deployment.base is not None and (commit is None or commit.sha != deployment.base)
            return end(over, "failed", now=now, code="run_failed", detail=answer.detail, alert=True, rollback=back)
        case _:  # pragma: no cover
            assert_never(answer.result)
