"""What each command does. One transaction each: what was said is done and answered, or refused and nothing is changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo

import msgspec
from msgspec.structs import replace
from sqlalchemy import Connection

from leverframe.core import approvals as voting
from leverframe.core import github_events
from leverframe.core.access import Denied, Role
from leverframe.core.commands.definitions import Command, Kind, Known, Mark, Registry, Subject
from leverframe.core.commands.helping import Refusal, help_for, help_message, who_can, why
from leverframe.core.commands.parsing import Parsed
from leverframe.core.commands.permission import could, grant_words, permitted
from leverframe.core.conversation import NOTHING, Answer, Asker, Clicked, Heard, Place, Said
from leverframe.core.deployments import ENDED, HOLDING, Deployment, rollback_target
from leverframe.core.deployments import inputs as came
from leverframe.core.errors import Locale
from leverframe.core.github_hooks import read_hook
from leverframe.core.lanes import (
    LockFreed,
    LockHeld,
    LockTaken,
    free_lock,
    lock_ended,
    steal_lock,
    take_lock,
    wait_for_lock,
)
from leverframe.core.messages import Button, Message
from leverframe.core.services import Environment
from leverframe.core.wording import VOICES
from leverframe.core.wording.github_hooks import hooks_message
from leverframe.core.wording.levers import LEVERS
from leverframe.core.wording.levers.tables import SHOWN, LaneRow
from leverframe.store import approvals, chat_routes, deployments, inbox, locks, recoveries
from leverframe.store.inbox import Outcome
from leverframe.work.board import board, shown, shown_lock
from leverframe.work.deploy import Deployer
from leverframe.work.interlocking import Turn
from leverframe.work.standing import OWN, Standing

EVENTS = sorted(VOICES["en"].sentences)
"""GitHub's events, by name: each has a sentence."""
HISTORY = 15
"""Deployments that ``history`` shows."""


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A command that somebody gave, in the transaction that does it."""

    turn: Turn
    parsed: Parsed
    heard: Heard
    standing: Standing

    @property
    def by(self) -> Asker:
        """Who gave it."""
        return self.heard.by

    @property
    def at(self) -> Place | None:
        """Where what comes of it is told; ``None``: nowhere, it was said at a door of the hub's own."""
        return self.heard.at if self.heard.at.chat else None

    @property
    def name(self) -> str:
        """Their name, as it is shown."""
        return self.by.name or self.by.actor

    @property
    def mark(self) -> Mark:
        """What stands before a line where it was said."""
        return mark_of(self.heard)


def mark_of(heard: Heard) -> Mark:
    """Return what stands before a line where it was said."""
    match heard:
        case Said(door="thread"):
            return "!"
        case Said(door="mention" | "cli" | "api"):
            return ""
        case _:
            return "/"


class Levers:
    """Does commands, by name. ``locale`` is the language of answers."""

    def __init__(
        self, deployer: Deployer, *, registry: Registry, roles: Mapping[str, Role], locale: Locale, zone: tzinfo,
        configured: Mapping[str, Environment] | None = None,
    ) -> None:  # fmt: skip
        """``configured`` are the commands of the configuration, each with the environment that its runner works in."""
        self._deployer, self.registry, self.roles = deployer, registry, roles
        self.begin, self.finish, self.committed = deployer.begin, deployer.finish, deployer.committed
        self._locale, self._zone, self._say = locale, zone, LEVERS[locale]
        self._configured = configured or {}
        self._does: Mapping[str, Callable[[Asked], Outcome]] = {
            "deploy": self._deploy, "rollback": self._rollback, "status": self._status, "queue": self._queue, "history": self._history,
            "lock": self._lock, "unlock": self._unlock, "approve": self._vote, "reject": self._vote, "cancel": self._cancel, "retry": self._retry,
            "settle": self._settle, "hooks": self._hooks, "subscribe": self._subscribe, "unsubscribe": self._unsubscribe, "help": self._help, "who-can": self._who_can, "why": self._why,
        }  # fmt: skip

    def known(self) -> Known:
        """Return what exists, for reading lines."""
        return self._deployer.catalogue.known()

    def about(self, turn: Turn | None, id: str) -> Deployment | None:
        """Return the deployment of a button."""
        return None if turn is None else deployments.load(turn.connection, id)

    def waiting(self, turn: Turn | None, value: str) -> str:
        """Return the deployment that a button to approve means: its id, or, as an old button says, the service of the one that waits."""
        if turn is None or value not in self._deployer.catalogue.services:
            return value
        found = [one.id for one in deployments.open_ones(turn.connection, service=value) if one.state == "waiting"]
        return found[0] if len(found) == 1 else value

    def may_press(self, connection: Connection, by: Asker, standing: Standing, button: Button, now: datetime) -> bool:
        """Return whether a button of a card would do anything for somebody: they hold the grant, and a vote of theirs would count."""
        action = button.action or ""
        command = self.registry.find("settle" if action in ("settle_ran", "settle_not") else action)
        found = deployments.load(connection, button.value)
        if command is None or found is None or not could(standing.identity, command, found.service, found.environment):
            return False
        if command.name not in ("approve", "reject"):
            return True
        question = approvals.latest(connection, found.id)
        return question is not None and isinstance(voting.vote(
            question, actor=by.actor, roles=standing.roles, approves=command.name == "approve", people=self._deployer.people, now=now,
        ), voting.Counted)  # fmt: skip

    def does(self, command: Command) -> bool:
        """Return whether the hub knows how to do it."""
        return command.name in self._does or command.name in self._configured

    def do(self, asked: Asked) -> Outcome:
        """Do it, or refuse it; what is refused here changes nothing."""
        forbidden = self.forbidden(asked.parsed, asked.standing)
        if forbidden is not None:
            return forbidden
        does = self._does.get(asked.parsed.command.name)
        return self._run(asked) if does is None else does(asked)

    def forbidden(self, parsed: Parsed, standing: Standing) -> Outcome | None:
        """Return the refusal of somebody who may not; ``None`` when they may, or that depends on what is found."""
        found = permitted(standing.identity, parsed.command, parsed.values, self.roles)
        return self.denied(parsed, found, grant_words(parsed.command, parsed.values) or ()) if isinstance(found, Denied) else None

    def denied(self, parsed: Parsed, found: Denied, words: tuple[str, ...]) -> Outcome:
        """Return the refusal of somebody who holds no grant for it."""
        return Outcome(
            answer=Answer(message=self._say.denied(" ".join(words), found.who_could)), line=parsed.line(), code="not_allowed", detail=found.reason.en, words=words
        )

    def refused(self, parsed: Parsed, code: str, detail: str = "", *, wait_s: int | None = None, message: Message | None = None) -> Outcome:
        """Return a refusal that only who asked sees."""
        return Outcome(answer=Answer(message=message or self._say.refused(code, detail, wait_s=wait_s)), line=parsed.line(), code=code, detail=detail)

    def _done(self, asked: Asked, message: Message | None, *, public: bool | None = None, about: str = "") -> Outcome:
        shown = asked.parsed.command.acts if public is None else public
        return Outcome(answer=NOTHING if message is None else Answer(message=message, public=shown, about=about), line=asked.parsed.line())

    # Deployments.

    def _target(self, asked: Asked) -> Environment | None:
        return self._deployer.catalogue.find(asked.parsed.text("service"), asked.parsed.text("environment"))

    def _deploy(self, asked: Asked) -> Outcome:
        environment, reason = self._target(asked), asked.parsed.text("reason")
        if environment is None:
            return self.refused(asked.parsed, "environment_unknown", asked.parsed.text("environment"))
        if reason:
            refusal = voting.break_glass(environment.rules.policy, roles=asked.standing.roles, reason=reason)
            if refusal is not None:
                return self.refused(asked.parsed, refusal.code, refusal.detail)
        if (closed := self._locked_to(asked, environment)) is not None:
            return closed
        made = self._deployer.ask(
            asked.turn, environment, ref=asked.parsed.text("ref") or None, parameters=asked.parsed.parameters, by=asked.by.actor, by_name=asked.name,
            place=asked.at, followers=self._followers(asked),
        )  # fmt: skip
        if reason:
            self._deployer.apply(asked.turn, made, came.GlassBroken(by=asked.by.actor, by_name=asked.name, reason=reason))
        return self._done(asked, self._say.asked(environment.service, environment.name), about=made.id)

    def _rollback(self, asked: Asked) -> Outcome:
        environment = self._target(asked)
        if environment is None:
            return self.refused(asked.parsed, "environment_unknown", asked.parsed.text("environment"))
        here = deployments.open_ones(asked.turn.connection, service=environment.service, environment=environment.name)
        if (other := next((one for one in here if one.kind == "rollback"), None)) is not None:
            return self.refused(asked.parsed, "rollback_under_way", other.id)
        if self._moved_on(asked):
            return self.refused(asked.parsed, "rollback_late", f"{environment.service} → {environment.name}")
        past = deployments.ended(asked.turn.connection, service=environment.service, environment=environment.name)
        commit = rollback_target(past, under_way=any(one.state in HOLDING for one in here))
        if commit is None:
            return self.refused(asked.parsed, "rollback_nowhere", f"{environment.service} → {environment.name}")
        made = self._deployer.ask(
            asked.turn, environment, kind="rollback", commit=commit, ref=commit.ref, by=asked.by.actor, by_name=asked.name, place=asked.at,
            reason=asked.parsed.text("reason"), followers=self._followers(asked),
        )  # fmt: skip
        return self._done(asked, self._say.asked(environment.service, environment.name, "rollback"), about=made.id)

    def _moved_on(self, asked: Asked) -> bool:
        """Return whether the button of a card was pressed, and something has succeeded there since that ended: a click more must not go back further."""
        about = self.about(asked.turn, asked.heard.value) if isinstance(asked.heard, Clicked) else None
        if about is None or about.end is None:
            return False
        good = deployments.last_good(asked.turn.connection, service=about.service, environment=about.environment)
        return good is not None and good.end is not None and good.end.at >= about.end.at

    def _run(self, asked: Asked) -> Outcome:
        """Do a command of the configuration: a runner's work in a lane of its own."""
        environment = self._configured.get(asked.parsed.command.name)
        if environment is None:
            return self.refused(asked.parsed, "command_unknown", asked.parsed.command.name)
        secret = {argument.name for argument in (*asked.parsed.command.arguments, *asked.parsed.command.options) if argument.secret}
        values = {name: self._deployer.seal(str(value)) if name in secret else str(value) for name, value in asked.parsed.values.items()}
        made = self._deployer.ask(
            asked.turn, replace(environment, repository=self._repository(asked)), ref=self._of_kind(asked, "ref"),
            parameters={**values, **asked.parsed.parameters}, by=asked.by.actor, by_name=asked.name, place=asked.at,
        )  # fmt: skip
        return self._done(asked, self._say.asked(environment.service, environment.name), about=made.id)

    def _repository(self, asked: Asked) -> str | None:
        """Return the repository that a command of the configuration is about, by its arguments."""
        environments = self._deployer.catalogue.services.get(self._of_kind(asked, "service") or "", {})
        return self._of_kind(asked, "repository") or next((one.repository for one in environments.values()), None)

    def _of_kind(self, asked: Asked, kind: Kind) -> str | None:
        return next((value for each in asked.parsed.command.arguments if each.kind == kind and (value := asked.parsed.text(each.name))), None)

    def _followers(self, asked: Asked) -> tuple[str, ...]:
        return (f"{asked.by.chat}:{asked.by.id}",) if asked.parsed.flag("dm") and asked.by.chat not in OWN else ()

    def _locked_to(self, asked: Asked, environment: Environment) -> Outcome | None:
        """Refuse at once where somebody else's lock closes the lane: who wants to wait for it says so."""
        lock = locks.load(asked.turn.connection, environment.lane)
        if lock is None or lock_ended(lock, asked.turn.now) or self._deployer.people.same(lock.owner, asked.by.actor):
            return None
        return self.refused(asked.parsed, "lock_held", message=self._say.lock_held(shown_lock(lock, environment), self._zone, asked.mark))

    def _one(self, asked: Asked) -> tuple[Deployment, Outcome | None]:
        """Return the deployment that is named, and why not."""
        named = asked.parsed.text("deployment")
        found = deployments.load(asked.turn.connection, named)
        if found is None:
            return _NONE, self.refused(asked.parsed, "deployment_unknown", named)
        command, subject = asked.parsed.command, Subject(service=found.service, environment=found.environment)
        may = permitted(asked.standing.identity, command, asked.parsed.values, self.roles, subject)
        if isinstance(may, Denied):
            return found, self.denied(asked.parsed, may, grant_words(command, asked.parsed.values, subject) or ())
        return found, None

    def _vote(self, asked: Asked) -> Outcome:
        found, refusal = self._one(asked)
        if refusal is not None:
            return refusal
        if asked.by.chat == "token":
            return self.refused(asked.parsed, "approval_by_token", asked.by.actor)  # it is nobody: whoever made it would have two votes
        approves, connection = asked.parsed.command.name == "approve", asked.turn.connection
        question = approvals.latest(connection, found.id)
        if question is None or found.state != "waiting" or question.digest != found.digest:
            return self.refused(asked.parsed, "approval_decided", message=self._say.decided_already(shown(found)))
        said = voting.vote(
            question, actor=asked.by.actor, roles=asked.standing.roles, approves=approves, people=self._deployer.people, now=asked.turn.now,
            name=asked.name, reason=asked.parsed.text("reason"),
        )  # fmt: skip
        match said:
            case voting.NotCounted(code=code, detail=detail):
                return self.refused(asked.parsed, code, detail)
            case voting.AlreadyDecided():
                return self.refused(asked.parsed, "approval_decided", message=self._say.decided_already(shown(found)))
            case voting.AlreadyVoted():
                return self._done(asked, self._say.vote_repeated(shown(found), approves=approves), public=False, about=found.id)
            case voting.Counted(approval=counted):
                approvals.save(connection, counted)
                input: came.Input
                match counted.result:
                    case "won":
                        input = came.ApprovalWon(digest=counted.digest, votes=counted.votes)
                    case "lost":
                        input = came.ApprovalLost(digest=counted.digest, by=asked.by.actor, by_name=asked.name, reason=asked.parsed.text("reason"), votes=counted.votes)
                    case _:
                        input = came.Voted(digest=counted.digest, votes=counted.votes)
                after = shown(self._deployer.apply(asked.turn, found, input).deployment)
                return self._done(asked, self._say.vote_counted(after) if approves else self._say.taken("reject", after), about=found.id)

    def _cancel(self, asked: Asked) -> Outcome:
        return self._step(asked, "cancel", came.CancelAsked(by=asked.by.actor, by_name=asked.name))

    def _retry(self, asked: Asked) -> Outcome:
        return self._step(asked, "retry", came.RetryAsked(by=asked.by.actor, by_name=asked.name))

    def _settle(self, asked: Asked) -> Outcome:
        ran = asked.parsed.text("outcome") == "ran"
        return self._step(asked, "settle_ran" if ran else "settle_not", came.Settled(how="ran" if ran else "did_not_run", by=asked.by.actor, by_name=asked.name))

    def _step(self, asked: Asked, key: str, input: came.Input) -> Outcome:
        found, refusal = self._one(asked)
        if refusal is not None:
            return refusal
        stepped = self._deployer.apply(asked.turn, found, input)
        if stepped.ignored is not None:
            late = found.state in ENDED
            return self.refused(asked.parsed, stepped.ignored, message=self._say.decided_already(shown(found)) if late else None)
        return self._done(asked, self._say.taken(key, shown(stepped.deployment)), about=found.id)

    # Locks.

    def _lock(self, asked: Asked) -> Outcome:
        environment, turn = self._target(asked), asked.turn
        if environment is None:
            return self.refused(asked.parsed, "environment_unknown", asked.parsed.text("environment"))
        lane, actor, reason, for_s = environment.lane, asked.by.actor, asked.parsed.text("reason"), asked.parsed.number("for")
        until = None if for_s is None else turn.now + timedelta(seconds=for_s)
        self._deployer.free_ended(turn)  # who waited for it is told, though somebody else was quicker
        kept = locks.load(turn.connection, lane)
        taken = take_lock(kept, lane=lane, owner=actor, owner_name=asked.name, reason=reason, until=until, people=self._deployer.people, now=turn.now)
        if isinstance(taken, LockHeld):
            if asked.parsed.flag("wait"):
                waits = wait_for_lock(taken.lock, actor, self._deployer.people)
                locks.save(turn.connection, waits)
                place = next((place for place, one in enumerate(waits.waiters, 1) if self._deployer.people.same(one, actor)), 1)
                return self._done(asked, self._say.lock_awaited(shown_lock(waits, environment), place), public=False)
            if not asked.parsed.flag("steal"):
                return self.refused(asked.parsed, "lock_held", message=self._say.lock_held(shown_lock(taken.lock, environment), self._zone, asked.mark))
            stolen = steal_lock(taken.lock, owner=actor, owner_name=asked.name, reason=reason, until=until, now=turn.now)
            locks.save(turn.connection, stolen.lock)
            self._deployer.lane_changed(turn, lane)
            chat, _, who = stolen.former.partition(":")
            places = [] if chat in OWN else [Place(chat=chat, room=who.rpartition("/")[2])]
            self._deployer.tell_lock(turn, "stolen", stolen.lock, environment.service, environment.name, places, {"former": stolen.former})
            return self._done(asked, self._say.locked(shown_lock(stolen.lock, environment), self._zone))
        assert isinstance(taken, LockTaken)
        locks.save(turn.connection, taken.lock)
        self._deployer.lane_changed(turn, lane)
        return self._done(asked, self._say.locked(shown_lock(taken.lock, environment), self._zone))

    def _unlock(self, asked: Asked) -> Outcome:
        environment, turn = self._target(asked), asked.turn
        if environment is None:
            return self.refused(asked.parsed, "environment_unknown", asked.parsed.text("environment"))
        kept = locks.load(turn.connection, environment.lane)
        if kept is None or lock_ended(kept, turn.now):
            return self.refused(asked.parsed, "lock_none", f"{environment.service} → {environment.name}")
        freed = free_lock(kept, by=asked.by.actor, people=self._deployer.people, now=turn.now)
        if not isinstance(freed, LockFreed):
            return self.refused(asked.parsed, "lock_held", message=self._say.lock_held(shown_lock(kept, environment), self._zone, asked.mark))
        locks.remove(turn.connection, environment.lane)
        self._deployer.freed(turn, kept, tell_to=freed.tell)
        return self._done(asked, self._say.unlocked(shown_lock(kept, environment), asked.name))

    # What a room is told.

    def _subscribe(self, asked: Asked) -> Outcome:
        repo, names = asked.parsed.text("repository"), tuple(asked.parsed.text("events").replace(",", " ").split())
        for name in names:
            event, _, action = name.partition(".")
            if event != "*" and event not in EVENTS:
                meant = github_events.near(event, EVENTS)
                return self.refused(asked.parsed, "event_name_unknown", f"{name} → {meant}" if meant else name)
            actions = github_events.EVENTS.get(event, ())
            if action and action not in actions and (meant := github_events.near(action, actions, cutoff=github_events.NEARLY)):  # others may be new
                return self.refused(asked.parsed, "event_name_unknown", f"{name} → {event}.{meant}")
        if asked.at is None:
            return self.refused(asked.parsed, "room_unknown")
        chat_routes.add(asked.turn.connection, repo=repo, destination=asked.at.destination, events=names, by=asked.by.actor, now=asked.turn.now)
        return self._done(asked, self._say.subscribed(repo, names, asked.at.room_name or asked.at.room))

    def _unsubscribe(self, asked: Asked) -> Outcome:
        repo = asked.parsed.text("repository")
        if asked.at is None:
            return self.refused(asked.parsed, "room_unknown")
        if not chat_routes.remove(asked.turn.connection, repo=repo, destination=asked.at.destination):
            return self.refused(asked.parsed, "subscription_none", repo)
        return self._done(asked, self._say.unsubscribed(repo, asked.at.room_name or asked.at.room))

    # Questions.

    def _rows(self, asked: Asked, *, with_live: int = 0) -> list[LaneRow]:
        return board(
            asked.turn.connection, catalogue=self._deployer.catalogue, zone=self._zone, now=asked.turn.now,
            service=asked.parsed.text("service"), environment=asked.parsed.text("environment"), with_live=with_live,
        )  # fmt: skip

    def _status(self, asked: Asked) -> Outcome:
        return self._done(asked, self._say.status(self._rows(asked, with_live=SHOWN), self._zone))

    def _queue(self, asked: Asked) -> Outcome:
        return self._done(asked, self._say.queue(self._rows(asked), self._zone))

    def _history(self, asked: Asked) -> Outcome:
        past = deployments.past(
            asked.turn.connection, service=asked.parsed.text("service") or None, environment=asked.parsed.text("environment") or None, limit=HISTORY
        )
        return self._done(asked, self._say.history([shown(one) for one in past], self._zone))

    def _hooks(self, asked: Asked) -> Outcome:
        """Tell what GitHub last said: nobody's question waits for GitHub."""
        repo = asked.parsed.text("repository")
        wanted = {repo.casefold(), repo.casefold().partition("/")[0]}  # an organisation's hook hears its repositories
        seen = [one for one in recoveries.watches(asked.turn.connection) if one.holder.casefold() in wanted]
        return self._done(asked, hooks_message(repo, [(one.holder, one.looked_at, [read_hook(whole) for whole in one.watched.hooks]) for one in seen], self._locale, self._zone))

    def _help(self, asked: Asked) -> Outcome:
        identity, known, name = asked.standing.identity, self._deployer.catalogue.known(), asked.parsed.text("command")
        command = self.registry.find(name) if name else None
        if command is None:
            return self._done(asked, help_message(self.registry, identity, known, self._locale, asked.mark))
        return self._done(asked, help_for(command, identity, known, self.roles, self._locale, asked.mark))

    def _who_can(self, asked: Asked) -> Outcome:
        words = [asked.parsed.text("command"), *asked.parsed.text("arguments").split()]
        return self._done(asked, who_can(words, self.roles, self._locale))

    def _why(self, asked: Asked) -> Outcome:
        if named := asked.parsed.text("id"):
            found = deployments.load(asked.turn.connection, named)
            if found is None:
                return self.refused(asked.parsed, "deployment_unknown", named[:50])
            return self._done(asked, self._say.deployment(shown(found), self._zone), public=False, about=found.id)
        row = inbox.last_refusal(asked.turn.connection, actors=asked.standing.accounts)
        refusal = None if row is None else Refusal(line=row.line or "", code=row.code, at=row.ended_at, words=tuple((row.words or "").split()), detail=row.detail or "")
        return self._done(asked, why(refusal, self.roles, self._locale, self._zone))


_NONE = Deployment(id="", service="", environment="", lane="", asked_at=datetime.min, changed_at=datetime.min)
