"""English: what is said about commands, deployments, approvals and locks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from leverframe.core.commands.builtin import LOCK
from leverframe.core.commands.definitions import Command, Mark
from leverframe.core.commands.parsing import Mistake
from leverframe.core.errors import PROBLEMS
from leverframe.core.messages import Block, Bold, Bullets, Buttons, Code, Message, Paragraph, Person, Rich, Text
from leverframe.core.wording.en.grammar import duration
from leverframe.core.wording.levers import cards, tables
from leverframe.core.wording.levers.cards import Language, where
from leverframe.core.wording.levers.tables import LaneRow
from leverframe.core.wording.levers.view import DeploymentView, FreezeView, LockView
from leverframe.core.wording.phrase import phrase

HEADLINES = {
    "asked": "🚀 {kind} requested: {what} …",
    "waiting": "{kind} needs approval: {what}",
    "queued": "⏳ {kind} queued: {what}{place}",
    "starting": "🚀 {kind} requested: {what} …",
    "running": "🚀 {kind} requested: {what} …",
    "succeeded": "✅ {kind} succeeded: {what}{run}",
    "failed": "❌ {kind} failed: {what}{run}",
    "cancelled": "🚫 {kind} cancelled: {what}{run}",
    "rejected": "🚫 {kind} rejected: {what}",
    "expired": "⌛ {kind} expired: {what}",
    "unknown": "❓ {kind}, outcome unknown: {what}{run}",
    "gate.asked": "✋ Approval needed: {what}",
    "gate.cancelled": "🚫 Taken back: {what}",
    "gate.dead": "❌ People said yes, but it could not be passed on: {what}",
    "gate.dropped": "🚫 Cancelled after people had said yes: {what}{run}",
    "gate.expired": "⌛ Nobody decided in time: {what}",
    "gate.failed": "❌ Approved, but the run failed: {what}{run}",
    "gate.queued": "👍 People said yes; it is being passed on: {what}",
    "gate.rejected": "👎 Rejected: {what}",
    "gate.running": "🚀 Approved, and GitHub has taken it: {what}{run}",
    "gate.starting": "👍 People said yes; it is being passed on: {what}",
    "gate.succeeded": "✅ Approved: {what}{run}",
    "gate.unknown": "❓ People said yes; whether GitHub heard is not known: {what}",
    "gate.waiting": "✋ Approval needed: {what}",
}
WORDS = {
    "about": "For",
    "approvals": "Approvals",
    "approvers": "May approve",
    "begins_at": "Starts at",
    "behind": "Goes back over",
    "break_glass": "Without approval",
    "button.approve": "Approve",
    "button.cancel": "Cancel",
    "button.reject": "Reject",
    "button.retry": "Try again",
    "button.rollback": "Roll back",
    "button.settle_not": "It did not run",
    "button.review_there": "Review on GitHub",
    "button.settle_ran": "It ran",
    "cancelling_by": "Being cancelled by",
    "changes": "Changes",
    "checks": "Checks",
    "checks.failure": "failing",
    "checks.none": "none",
    "checks.pending": "running",
    "checks.success": "passed",
    "ended_by": "By",
    "expires": "Expires",
    "freeze": "Freeze",
    "history.none": "Nothing was deployed there yet.",
    "history.title": "📜 Past deployments",
    "kind.deploy": "Deployment",
    "kind.dispatch": "Workflow run",
    "kind.gate": "Approval",
    "kind.rollback": "Rollback",
    "lead.unknown": "The runner's answer was lost. Look at the run, then say what happened: nothing is started again until somebody does.",
    "lead.waiting": "Approve it now?",
    "lead.waits_there": "It waits for a review that only GitHub can take.",
    "lock": "Lock",
    "nothing_live": "nothing deployed yet",
    "parameters": "Parameters",
    "queue.none": "Nothing runs and nothing waits.",
    "queue.title": "⏳ Queue",
    "reason": "Reason",
    "requested_by": "Asked by",
    "rollback_to": "Last good one",
    "run": "Run",
    "shipped": "What shipped",
    "ships": "What will ship",
    "state.asked": "asked",
    "state.cancelled": "cancelled",
    "state.expired": "expired",
    "state.failed": "failed",
    "state.queued": "queued",
    "state.running": "running",
    "state.starting": "starting",
    "state.succeeded": "succeeded",
    "state.unknown": "outcome unknown",
    "state.waiting": "waiting for approval",
    "status.none": "There is no service yet: add [services.NAME] to leverframe.toml.",
    "status.title": "🚦 What runs where",
    "step": "Step",
    "step.Building": "Building",
    "step.Checking health": "Checking health",
    "step.Rolling out": "Rolling out",
    "step.Waiting for Argo CD's controller": "Waiting for Argo CD's controller",
    "step.Waiting for a machine": "Waiting for a machine",
    "took": "Took",
    "try": "Try",
    "until_unlocked": "until it is unlocked",
    "version": "Version",
    "waiting": "waiting:",
}
NOTES = {
    "approval_needed": "✋ Approval is needed: {what}",
    "approval_void": "✋ What was approved has changed ({detail}): {what} has to be approved anew.",
    "approved": "👍 Approved: {what}{by}",
    "cancel_asked": "🚫 Cancelling: {what}{by}",
    "cancel_refused": "⚠️ The runner cannot cancel it: {what}",
    "cancelled": "🚫 Cancelled: {what}{by}",
    "expired": "⌛ Expired: {what}",
    "failed": "❌ Failed: {what}{run}",
    "found": "🔎 The run was found: {what}{run}",
    "glass_broken": "🚨 Goes ahead without approval: {what}{by}",
    "lost": "⚠️ The runner's answer was lost; the hub looks for the run before anything else: {what}",
    "rejected": "👎 Rejected: {what}{by}",
    "retry_asked": "🔁 Once more: {what}{by}",
    "retrying": "🔁 It failed and runs again: {what} (try {try_number} of {tries})",
    "settled": "✍️ Settled by hand: {what}{by}",
    "start_delayed": "⏳ The runner does not take it yet; it is tried again: {what}",
    "started": "🚀 Started: {what}{run}",
    "succeeded": "✅ Succeeded: {what}{run}",
    "unknown": "❓ Nobody knows how it ended: {what}{run}",
    "gate.approved": "👍 People said yes; it is being passed on: {what}{by}",
    "gate.started": "🚀 GitHub has taken it: {what}{run}",
    "gate.succeeded": "✅ Done: {what}{run}",
}
ALERTS = {
    "failed": "🚨 {kind} failed for good: {what}{run}",
    "glass_broken": "🚨 {by} goes ahead without approval: {what}",
    "unknown": "🚨 Somebody has to look: how {what} ended is unknown.{run}",
}
OUTCOMES = {"done": "✅ {who} in {room}: {line}", "failed": "❌ {who} in {room}: {line}", "refused": "⛔ {who} in {room}, refused: {line}"}


def _more(number: int) -> str:
    """Return how many are not listed."""
    return f"and {number:,} more"


def _nth(place: int) -> str:
    ending = "th" if 10 <= place % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(place % 10, "th")
    return f"{place}{ending} in the queue"


def _until(moment: str) -> str:
    return f"until {moment}"


LANGUAGE = Language(locale="en", words=WORDS, headlines=HEADLINES, duration=duration, more=_more, nth=_nth, until=_until)


def deployment(view: DeploymentView, zone: tzinfo) -> Message:
    """Return the card of a deployment, in whatever state it is."""
    return cards.card(view, LANGUAGE, zone)


def asked(service: str, environment: str, kind: str = "deploy") -> Message:
    """Return the answer to the command itself, at once and before anything is known."""
    return Message(headline=phrase(HEADLINES["asked"], kind=WORDS[f"kind.{kind}"], what=where(service, environment)), tone="progress")


def note(what: str, view: DeploymentView, *, by: str = "", code: str = "", detail: str = "") -> Message:
    """Return a line below the card; ``what`` is a key of ``NOTES``, ``by`` the name of who did it."""
    told = phrase(
        NOTES.get(f"gate.{what}", NOTES[what]) if view.kind == "gate" else NOTES[what], what=cards.named(view), run=cards.run(view), by=_by(by), detail=detail or "?",
        try_number=str(view.try_number), tries=str(view.tries),
    )  # fmt: skip
    return Message(headline=told, blocks=tuple(cards.problem(code, "" if what == "approval_void" else detail, LANGUAGE)))


def alert(what: str, view: DeploymentView, *, by: str = "", detail: str = "") -> Message:
    """Return what the room is to look at; ``what`` is a key of ``ALERTS``. A rollback is offered where there is one."""
    told = phrase(
        ALERTS[what], kind=WORDS[f"kind.{view.kind}"], what=cards.named(view), run=cards.run(view),
        by=Person(by) if by else "Somebody",
    )  # fmt: skip
    blocks = cards.problem(view.code if what == "failed" else "", detail or (view.reason if what == "glass_broken" else ""), LANGUAGE)
    keys = {"failed": ("rollback",) if view.rollback_ref else (), "unknown": ("settle_ran", "settle_not")}.get(what, ())
    if keys:
        blocks.append(Buttons(tuple(cards.action(key, view, LANGUAGE) for key in keys)))
    return Message(headline=told, blocks=tuple(blocks), tone="bad" if what == "failed" else "warning")


def vote_counted(view: DeploymentView) -> Message:
    """Return the answer to a vote that counts. Of a gate nothing is called approved before whoever passes it on has done so."""
    counted = f" ({view.approvals_given}/{view.approvals_needed})" if view.approvals_needed > 1 else ""
    if view.kind == "gate" and view.deed != "none":
        decided = view.approvals_given >= view.approvals_needed
        return Message(headline=phrase(NOTES["gate.approved"] if decided else "👍 Your yes counts: {what}{counted}", what=cards.named(view), counted=counted, by=()), tone="good")
    return Message(headline=phrase("👍 Approved: {what}{counted}", what=cards.named(view), counted=counted), tone="good")


def vote_repeated(view: DeploymentView, *, approves: bool) -> Message:
    """Return the answer to somebody who has said the same before."""
    said = "approved" if approves else "rejected"
    return Message(headline=phrase(f"You have {said} this before: {{what}}", what=cards.named(view)))


def decided_already(view: DeploymentView) -> Message:
    """Return the answer to a click that comes too late."""
    told = phrase("It is too late for that: {what} is {state}.", what=cards.named(view), state=WORDS[f"state.{view.state}"])
    return Message(headline=told, blocks=tuple(cards.problem(view.code, "", LANGUAGE)))


def taken(key: str, view: DeploymentView) -> Message:
    """Return the answer to a button that was taken: ``cancel``, ``reject``, ``retry``, ``rollback``, ``settle_ran``, ``settle_not``."""
    return Message(headline=phrase("👌 {button}: {what}", button=WORDS[f"button.{key}"], what=cards.named(view)))


def refused(code: str, detail: str = "", *, wait_s: int | None = None) -> Message:
    """Return why something is not done, and what to do, or how many seconds to wait."""
    row = PROBLEMS.get(code, PROBLEMS["internal"])
    blocks: list[Block] = [] if wait_s else [Paragraph((Text(row.en[1]),))]
    blocks += [Paragraph((Text(detail),))] if detail else []
    blocks += [Paragraph((Text(f"Wait {duration(wait_s)}, then try again."),))] if wait_s else []
    return Message(headline=phrase("⛔ {what} ({code})", what=row.en[0], code=Code(code)), blocks=tuple(blocks), tone="warning")


def denied(words: str, who_could: Sequence[str] = ()) -> Message:
    """Return that somebody has no grant for ``words``, and which roles have one."""
    who = f"Who could: {cards.names(who_could, LANGUAGE)}. Ask one of them, or an administrator for a role." if who_could else "Nobody could: an administrator can give a role the grant."
    return Message(headline=phrase("⛔ You may not do this: {words}", words=Code(words)), blocks=(Paragraph((Text(who),)),), tone="warning")


def mistaken(mistake: Mistake) -> Message:
    """Return what is wrong with a line, what may have been meant, and how it is written."""
    row = PROBLEMS.get(mistake.code, PROBLEMS["internal"])
    label = mistake.argument.label.en if mistake.argument is not None else ""
    met = f": {mistake.met}" if mistake.met else f": {label}" if label else ""
    blocks: list[Block] = []
    if mistake.suggestions:
        blocks += [Paragraph((Text("Did you mean:"),)), Bullets(tuple((Code(line),) for line in mistake.suggestions))]
    else:
        blocks.append(Paragraph((Text(row.en[1]),)))
    if mistake.usage:
        blocks.append(Paragraph((Text("Usage: "), Code(mistake.usage))))
    return Message(headline=phrase("{what}{met}", what=row.en[0].removesuffix("."), met=met or "."), blocks=tuple(blocks), tone="warning")


def locked(lock: LockView, zone: tzinfo) -> Message:
    """Return that a lane is locked."""
    return Message(headline=phrase("🔒 Locked: {what} · {it}", what=where(lock.service, lock.environment), it=cards.lock_words(lock, LANGUAGE, zone)), tone="warning")


def unlocked(lock: LockView, by: str) -> Message:
    """Return that a lane is open again."""
    return Message(headline=phrase("🔓 {what} unlocked{by}", what=where(lock.service, lock.environment), by=_by(by)), tone="good")


def lock_held(lock: LockView, zone: tzinfo, mark: Mark = "/") -> Message:
    """Return that somebody else has the lock, and what can be done."""
    line = LOCK.written(f"{lock.service} {lock.environment}", mark)
    told = phrase("🔒 Locked already: {what} · {it}", what=where(lock.service, lock.environment), it=cards.lock_words(lock, LANGUAGE, zone))
    ways = Bullets(((Code(f"{line} --wait"), Text(" tells you when it frees.")), (Code(f"{line} --steal"), Text(" takes it over; its owner is told."))))
    return Message(headline=told, blocks=(ways,), tone="warning")


def lock_awaited(lock: LockView, place: int) -> Message:
    """Return that somebody will be told when the lock frees; ``place`` is theirs among those who wait."""
    return Message(headline=phrase("⏳ You will be told when {what} frees ({place}).", what=where(lock.service, lock.environment), place=_nth(place)))


def lock_freed(lock: LockView, *, tell: Sequence[str] = ()) -> Message:
    """Return that a lock is over, to those who waited for it."""
    people: Rich = tuple(part for name in tell[:5] for part in (Person(name), Text(" ")))
    return Message(headline=phrase("🔓 {people}{what} is free.", people=people, what=where(lock.service, lock.environment)), tone="good")


def lock_stolen(lock: LockView, former: str) -> Message:
    """Return that somebody took over a lock, to who had it."""
    told = phrase("🔒 {by} took over {former}'s lock: {what}", by=Bold(lock.by), former=Person(former), what=where(lock.service, lock.environment))
    return Message(headline=told, blocks=(Paragraph((Text(lock.reason),)),) if lock.reason else (), tone="warning")


def frozen(service: str, environment: str, freeze: FreezeView, zone: tzinfo) -> Message:
    """Return that nothing goes there for now."""
    end = f" {cards.until(freeze.until, LANGUAGE, zone)}" if freeze.until else ""
    why = f" ({freeze.reason})" if freeze.reason else ""
    return Message(headline=phrase("❄️ {what} is frozen{end}{why}.", what=where(service, environment), end=end, why=why), tone="warning")


def status(rows: Sequence[LaneRow], zone: tzinfo) -> Message:
    """Return what runs where."""
    return tables.status(rows, LANGUAGE, zone)


def queue(rows: Sequence[LaneRow], zone: tzinfo) -> Message:
    """Return what runs and what waits."""
    return tables.queue(rows, LANGUAGE, zone)


def history(past: Sequence[DeploymentView], zone: tzinfo) -> Message:
    """Return past deployments."""
    return tables.history(past, LANGUAGE, zone)


def subscribed(repository: str, events: Sequence[str], room: str) -> Message:
    """Return that a room is told about a repository."""
    which = ", ".join(events) or "what is posted by default"
    return Message(headline=phrase("🔔 {room} is told about {repo}: {which}", room=room, repo=Bold(repository), which=which), tone="good")


def unsubscribed(repository: str, room: str) -> Message:
    """Return that a room is told no more about a repository."""
    return Message(headline=phrase("🔕 {room} is told no more about {repo}.", room=room, repo=Bold(repository)))


def help_list(commands: Sequence[Command], mark: Mark) -> Message:
    """Return the commands that somebody may use, and how."""
    if not commands:
        return Message(headline=(Text("There is no command that you may use here. Ask an administrator for a role."),))
    rows = tuple((Code(command.usage(mark)), Text(f" {command.summary.en}")) for command in commands)
    return Message(headline=(Text(f"Commands: {', '.join(_listed(commands, mark))}"),), blocks=(Bullets(rows),))


def help_for(command: Command, mark: Mark, *, may: bool, targets: Sequence[str] = (), who_could: Sequence[str] = ()) -> Message:
    """Return how one command is written, and where somebody may use it (``web-app → staging``) or who could."""
    arguments = tuple((Code(found.placeholder), Text(f" {found.label.en}. {found.hint.en}".rstrip())) for found in command.arguments)
    options = tuple((Code(found.option_placeholder), Text(f" {found.label.en}. {found.hint.en}".rstrip())) for found in command.options)
    blocks: list[Block] = [Paragraph((Text("Usage: "), Code(command.usage(mark))))]
    blocks += [Bullets((*arguments, *options))] if arguments or options else []
    blocks += [Paragraph((Text("Example: "), Code(command.written(command.example, mark))))] if command.example else []
    if not may:
        blocks.append(Paragraph((Text("You may not use it. " + (f"Who could: {cards.names(who_could, LANGUAGE)}" if who_could else "Nobody could.")),)))
    elif targets:
        blocks.append(Paragraph((Text(f"You may use it for {cards.names(targets, LANGUAGE)}."),)))
    return Message(headline=(Bold(command.written(mark=mark)), Text(f" {command.summary.en}")), blocks=tuple(blocks))


def who_can(words: str, roles: Sequence[tuple[str, Sequence[str]]]) -> Message:
    """Return which roles may do ``words``, and who holds each (roles that people hold of their own have no members here)."""
    if not roles:
        return Message(headline=phrase("Nobody may do {words}.", words=Code(words)), tone="warning")
    rows = tuple((Bold(name), Text(f": {cards.names(members, LANGUAGE)}" if members else "")) for name, members in roles)
    return Message(headline=phrase("Who may do {words}:", words=Code(words)), blocks=(Bullets(rows),))


def why(line: str, when: str, because: Message) -> Message:
    """Return that ``line`` (empty: what could not be read as one) was refused at ``when``, and ``because`` of what."""
    told = phrase("{line} was refused ({when}).", line=Code(line) if line else "What you said", when=when)
    return Message(headline=told, blocks=(Paragraph(because.headline), *because.blocks))


def why_nothing() -> Message:
    """Return that nothing was refused."""
    return Message(headline=(Text("Nothing that you asked for was refused."),))


def mirrored(outcome: str, *, who: str, room: str, line: str, code: str = "") -> Message:
    """Return an act for the audit room; ``outcome`` is a key of ``OUTCOMES``."""
    told = phrase(OUTCOMES[outcome], who=Bold(who), room=room, line=Code(line))
    return Message(headline=(*told, *((Text(f" ({code})"),) if code else ())))


def written(usage: str) -> Message:
    """Return how a command is written, where no form can be opened for it."""
    return Message(headline=phrase("Write it in one line: {usage}", usage=Code(usage)))


def _by(name: str) -> Rich:
    return (Text(" by "), Person(name)) if name else ()


def _listed(commands: Sequence[Command], mark: Mark) -> list[str]:
    first = [command for command in commands if command.top_level] or list(commands)
    return [command.written(mark=mark) for command in first]
