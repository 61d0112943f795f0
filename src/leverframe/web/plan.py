"""What a command would do, without doing it: it is read, its permission is looked at, and what is in its way now is told."""

from __future__ import annotations

from datetime import datetime

import msgspec
from sqlalchemy import Connection

from leverframe.core.access import Denied, Identity
from leverframe.core.commands.definitions import Subject
from leverframe.core.commands.parsing import Mistake, Parsed, WantsForm, parse
from leverframe.core.commands.permission import grant_words, permitted
from leverframe.core.conversation import Answer
from leverframe.core.errors import Locale, Refused
from leverframe.core.lanes import lock_ended
from leverframe.core.services import Environment
from leverframe.core.wording.footers import shown_time
from leverframe.core.wording.levers import LEVERS
from leverframe.store import deployments, locks
from leverframe.store.inbox import Outcome
from leverframe.web.desk import Desk
from leverframe.web.levers import LeverDesk, asker_of, levers_of
from leverframe.web.words import word
from leverframe.work.board import board


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """The command as it was understood, and what would come of it now, a sentence each."""

    line: str
    would: tuple[str, ...]


def plan(connection: Connection, desk: Desk, identity: Identity, line: str, locale: Locale) -> Plan | Outcome:
    """Return what ``line`` would do, or the refusal that it would meet. Raises ``Refused("deployment_unknown")``."""
    levers, say = levers_of(desk), LEVERS[locale]
    match read := parse(line, levers.registry, levers.catalogue.known(), mark="", marked=False):
        case Mistake():
            return Outcome(answer=Answer(message=say.mistaken(read)), code=read.code, detail=read.met)
        case WantsForm():
            usage = read.command.usage("")
            return Outcome(answer=Answer(message=say.written(usage)), code="command_word_missing", detail=usage)
        case Parsed():
            subject = _subject(connection, read)
            found = permitted(identity, read.command, read.values, desk.roles, subject)
            if isinstance(found, Denied):
                words = grant_words(read.command, read.values, subject) or ()
                return Outcome(answer=Answer(message=say.denied(" ".join(words), found.who_could)), code="not_allowed", detail=found.reason.said(locale), words=words)
            return Plan(line=read.line(), would=tuple(_would(connection, desk, levers, identity, read, locale)))


def _subject(connection: Connection, parsed: Parsed) -> Subject | None:
    if parsed.command.permission != "deployment":
        return None
    named = parsed.text("deployment")
    found = deployments.load(connection, named)
    if found is None:
        raise Refused("deployment_unknown", named)
    return Subject(service=found.service, environment=found.environment)


def _would(connection: Connection, desk: Desk, levers: LeverDesk, identity: Identity, parsed: Parsed, locale: Locale) -> list[str]:
    environment = levers.catalogue.find(parsed.text("service"), parsed.text("environment"))
    if environment is None or parsed.command.name not in ("deploy", "rollback"):
        return [word("plan_done" if parsed.command.acts else "plan_answered", locale)]
    return _of_deployment(connection, desk, identity, environment, parsed, locale, desk.clock.now())


def _of_deployment(
    connection: Connection, desk: Desk, identity: Identity, environment: Environment, parsed: Parsed, locale: Locale, now: datetime
) -> list[str]:
    """Return what a new deployment there would wait for, in the order in which it would."""
    rules, found = environment.rules, []
    [row] = board(
        connection, catalogue=levers_of(desk).catalogue, zone=desk.timezone, now=now, service=environment.service, environment=environment.name
    )
    lock = locks.load(connection, environment.lane)
    if lock is not None and not lock_ended(lock, now) and not levers_of(desk).people.same(lock.owner, asker_of(identity).actor):
        key = "plan_refused_lock" if parsed.command.name == "deploy" else "plan_lock"
        found.append(word(key, locale, by=lock.owner_name or lock.owner, reason=lock.reason or "–"))
    if rules.after is not None and parsed.command.name == "deploy":
        found.append(word("plan_after", locale, environment=rules.after))
    if rules.checks is not None:
        found.append(word("plan_checks", locale))
    if rules.policy is not None:
        roles = ", ".join(rules.policy.from_roles) or word("plan_anybody", locale)
        found.append(word("plan_approvals", locale, count=rules.policy.required, roles=roles))
    if row.freeze is not None:
        until = shown_time(row.freeze.until, desk.timezone) if row.freeze.until is not None else "–"
        found.append(word("plan_freeze", locale, until=until, reason=row.freeze.reason or "–"))
    ahead = len(row.waiting) + (row.active is not None)
    if ahead:
        found.append(word("plan_behind", locale, count=ahead))
    return found or [word("plan_at_once", locale, runner=environment.runner)]
