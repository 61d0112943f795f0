"""A deployment's card, block by block; both languages build it here, with their own words."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo

import msgspec

from leverframe.core.deployments.values import ENDED, State
from leverframe.core.errors import PROBLEMS, Locale
from leverframe.core.kept_details import kept
from leverframe.core.messages import (
    Block,
    Bold,
    Bullets,
    Button,
    Buttons,
    Code,
    Fields,
    Footer,
    Inline,
    Link,
    Message,
    Paragraph,
    Person,
    Quote,
    Rich,
    Text,
    Tone,
)
from leverframe.core.wording.footers import shown_time
from leverframe.core.wording.levers.view import ChangeView, DeploymentView, LockView, TryView
from leverframe.core.wording.phrase import phrase

CHANGES_SHOWN = 8
_NAMES_SHOWN = 5
_SHA = re.compile("[0-9a-f]{40,64}")
_DOT = Text(" · ")
_TONES: Mapping[State, Tone] = {
    "asked": "progress", "waiting": "warning", "queued": "progress", "starting": "progress", "running": "progress",
    "succeeded": "good", "failed": "bad", "cancelled": "neutral", "expired": "neutral", "unknown": "warning",
}  # fmt: skip
_CHECKS = {"success": "✅ ", "failure": "❌ ", "pending": "⏳ ", "none": ""}


class Language(msgspec.Struct, frozen=True, kw_only=True):
    """What the blocks need of a language."""

    locale: Locale
    words: Mapping[str, str]
    headlines: Mapping[str, str]
    duration: Callable[[int], str]
    more: Callable[[int], str]
    """``and 3 more``."""
    nth: Callable[[int], str]
    """``2nd in the queue``, without brackets."""
    until: Callable[[str], str]
    """``until 2026-11-21 16:05 KST``."""

    def word(self, key: str) -> str:
        """Return the word for ``key``; the last part of the key as it is when the language has none."""
        return self.words.get(key) or key.rpartition(".")[2]


def where(service: str, environment: str) -> Rich:
    """Return ``web-app → staging``, both in bold."""
    return (Bold(service), Text(" → "), Bold(environment))


def named(view: DeploymentView) -> Rich:
    """Return what it is about: the question of a gate, else where it goes."""
    return (Bold(view.title),) if view.title else where(view.service, view.environment)


def run(view: DeploymentView) -> Rich:
    """Return the run as a link, with a blank before it: `` #42``; empty where it has no name."""
    return _run(view.run_number, view.run_url)


def _run(number: str, url: str | None) -> Rich:
    name = f"#{number}" if number.isdigit() else number
    if not name and url is None:
        return ()
    return (Text(" "), Link(name or "→", url) if url else Text(name))


def version(view: DeploymentView) -> Rich:
    """Return ``main abc1234``, the commit as a link; empty while nothing is known."""
    found: list[Inline] = [Code(view.ref)] if view.ref and view.ref != view.sha else []
    if view.sha:
        found += [Text(" ")] if found else []
        found.append(Link(view.sha[:7], view.sha_url) if view.sha_url else Code(view.sha[:7]))
    return tuple(found)


def headline(view: DeploymentView, language: Language) -> Rich:
    """Return the sentence that stands alone: what state the deployment is in."""
    key: str = view.state
    if view.state == "cancelled" and view.code == "approval_rejected":
        key = "rejected"
    if view.kind == "gate":
        key = _gate_key(view, key)
    place = f" ({language.nth(view.place)})" if view.place else ""
    return phrase(
        language.headlines[key], kind=language.word(f"kind.{view.kind}"), what=named(view), run=run(view), place=place
    )


def _gate_key(view: DeploymentView, key: str) -> str:
    """Return which sentence a gate's state has: nobody reads "approved" as done before whoever does it has taken it."""
    if key == "failed":
        return "gate.failed" if view.accepted else "gate.dead"
    if key == "cancelled" and view.approvals_given and view.approvals_given >= view.approvals_needed:
        return "gate.dropped"
    if key == "succeeded" and view.deed in ("repository_dispatch", "workflow_dispatch"):
        return "gate.succeeded"
    return f"gate.{key}"


def card(view: DeploymentView, language: Language, zone: tzinfo) -> Message:
    """Return the whole card of a deployment in its state, with times in ``zone``."""
    blocks: list[Block] = []
    lead = language.words.get(f"lead.{view.state}") if view.kind != "gate" or view.state == "unknown" else None
    if lead:
        blocks.append(Paragraph((Text(lead),)))
    if view.state == "running" and view.waits_there:
        blocks.append(Paragraph((Text(language.word("lead.waits_there")),)))
    if view.text:
        blocks.append(Quote((Text(view.text),)))
    if view.links:
        blocks.append(Paragraph(tuple(part for label, url in view.links for part in (Link(label, url), _DOT))[:-1]))
    pairs = _pairs(view, language, zone)
    if pairs:
        blocks.append(Fields(tuple(pairs[:10])))
    if view.reasons:
        blocks.append(Bullets(_reasons(view, language)))
    if view.former_tries:
        blocks.append(Bullets(tuple(_former(number, one, language) for number, one in enumerate(view.former_tries, 1))[-_NAMES_SHOWN:]))
    if view.trouble and view.state not in ENDED:
        blocks += problem(view.trouble, "", language)
    if view.state in ("failed", "cancelled", "expired", "unknown"):
        blocks += problem(view.code, view.detail, language)
    if view.log_tail and view.state in ("failed", "unknown"):
        blocks.append(Quote((Text(view.log_tail),)))
    if view.state not in ("cancelled", "expired"):
        blocks += _changes(view, language)
    blocks += _buttons(view, language)
    blocks.append(_footer(view, zone))
    return Message(headline=headline(view, language), blocks=tuple(blocks), tone=_TONES[view.state])


def problem(code: str, detail: str, language: Language) -> list[Block]:
    """Return what is wrong and what to do, from the table of refusals, and what was met; nothing where nothing is known."""
    blocks: list[Block] = []
    row = PROBLEMS.get(code)
    if row is not None:
        title, remedy = row.ko if language.locale == "ko" else row.en
        blocks.append(Paragraph((Text(f"{title} {remedy}"),)))
    if detail:
        blocks.append(Quote((Text(kept(detail, language.locale)),)))
    return blocks


def until(moment: datetime | None, language: Language, zone: tzinfo) -> str:
    """Return until when something lasts: a minute, or the words for "until it is unlocked"."""
    return language.word("until_unlocked") if moment is None else language.until(shown_time(moment, zone))


def lock_words(lock: LockView, language: Language, zone: tzinfo) -> Rich:
    """Return who locked it, why and until when; nobody is mentioned."""
    found: list[Inline] = []
    if lock.by:
        found.append(Bold(lock.by))
    if lock.reason:
        found.append(Text(f": {lock.reason}" if lock.by else lock.reason))
    end = until(lock.until, language, zone)
    found.append(Text(f" ({end})" if found else end))
    return tuple(found)


def names(people: Sequence[str], language: Language) -> str:
    """Return the first few names, and how many more there are."""
    more = f" {language.more(len(people) - _NAMES_SHOWN)}" if len(people) > _NAMES_SHOWN else ""
    return ", ".join(people[:_NAMES_SHOWN]) + more


def action(key: str, view: DeploymentView, language: Language) -> Button:
    """Return the button for one of the hub's actions on the deployment."""
    primary, danger = key in ("approve", "settle_ran"), key in ("reject", "rollback")
    return Button(language.word(f"button.{key}"), action=key, value=view.id, style="primary" if primary else "danger" if danger else "default")


def _pairs(view: DeploymentView, language: Language, zone: tzinfo) -> list[tuple[str, Rich]]:
    """Return label and value of all that is known and worth saying in this state."""
    under_way = view.state not in ENDED
    found: list[tuple[str, Rich]] = []

    def add(key: str, value: Rich) -> None:
        if value:
            found.append((language.word(key), value))

    add("version", version(view))
    if view.title:
        add("about", where(view.service, view.environment))
    if view.kind == "dispatch" and view.begins_at is not None and view.state == "queued":
        add("begins_at", (Text(shown_time(view.begins_at, zone)),))
    add("requested_by", (Person(view.requested_by),) if view.requested_by else (Text(view.cause),) if view.cause else ())
    if view.approvals_needed or view.votes:
        approved = tuple(vote.name for vote in view.votes if vote.approves)
        counted = f"{len(approved)}/{view.approvals_needed}" if view.approvals_needed else ""
        add("approvals", (Text(" · ".join(filter(None, [counted, names(approved, language)]))),))
    if view.state == "waiting" and view.approvers:
        add("approvers", (Text(names(view.approvers, language)),))
    if view.state in ("waiting", "queued") and view.expires_at is not None:
        add("expires", (Text(shown_time(view.expires_at, zone)),))
    if view.break_glass:
        add("break_glass", (Text(f"🚨 {view.reason}"),))
    elif view.reason:
        add("reason", (Text(view.reason),))
    if under_way and view.lock is not None:
        add("lock", lock_words(view.lock, language, zone))
    if under_way and view.freeze is not None:
        add("freeze", (Text(" · ".join(filter(None, [view.freeze.reason, until(view.freeze.until, language, zone) if view.freeze.until else ""]))),))
    if view.state == "running" and (view.run_number or view.run_url):
        add("run", run(view)[1:])
    if view.state in ("starting", "running") and view.step:
        add("step", (Text(language.words.get(f"step.{view.step}", view.step)),))  # a runner of another's says it in its own words
    if view.tries > 1 or view.try_number > 1:
        add("try", (Text(f"{view.try_number}/{max(view.tries, view.try_number)}"),))
    if under_way and view.checks is not None:
        add("checks", _checks(view, language))
    if view.took_s is not None and view.state in ("succeeded", "failed"):
        add("took", (Text(language.duration(view.took_s)),))
    if view.cancelling_by and under_way:
        add("cancelling_by", (Person(view.cancelling_by),))
    if view.ended_by:
        add("ended_by", (Person(view.ended_by),))
    if view.rollback_ref and view.state == "failed":
        add("rollback_to", (Code(view.rollback_ref[:7] if _SHA.fullmatch(view.rollback_ref) else view.rollback_ref),))
    if view.parameters:
        add("parameters", (Code(", ".join(f"{key}={value}" for key, value in list(view.parameters.items())[:_NAMES_SHOWN])[:200]),))
    return found


def _reasons(view: DeploymentView, language: Language) -> tuple[Rich, ...]:
    """Return why a dispatch was asked for: each reason once, and how many are not listed."""
    each = list(dict.fromkeys(view.reasons))
    more = len(each) - CHANGES_SHOWN
    return (*((Text(reason),) for reason in each[:CHANGES_SHOWN]), *([(Text(language.more(more)),)] if more > 0 else []))


def _former(number: int, one: TryView, language: Language) -> Rich:
    why = f": {kept(one.detail, language.locale)}" if one.detail else ""
    return (Text(f"{language.word('try')} {number}"), *_run(one.run_number, one.run_url), Text(f" ❌{why}"))


def _checks(view: DeploymentView, language: Language) -> Rich:
    checks = view.checks
    if checks is None:
        return ()
    named = (checks.failing or checks.waiting)[:_NAMES_SHOWN]
    return (Text(_CHECKS.get(checks.state, "") + language.word(f"checks.{checks.state}") + (f": {', '.join(named)}" if named else "")),)


def _changes(view: DeploymentView, language: Language) -> list[Block]:
    """Return what ships, or shipped: the first few changes, and a link to all of them."""
    if not view.changes:
        return []
    ships = view.state in ("asked", "waiting", "queued", "starting", "running")
    label = language.word("behind" if view.behind else "ships" if ships else "shipped" if view.state == "succeeded" else "changes")
    total = max(view.changes_total, len(view.changes))
    heading: Rich = (Bold(label), Text(" "), Link(f"({total:,})", view.changes_url) if view.changes_url else Text(f"({total:,})"))
    items = [_change(change) for change in view.changes[:CHANGES_SHOWN]]
    if len(view.changes) > CHANGES_SHOWN:
        items.append((Text(language.more(len(view.changes) - CHANGES_SHOWN)),))
    return [Paragraph(heading), Bullets(tuple(items))]


def _change(change: ChangeView) -> Rich:
    name = f"#{change.number}" if change.number is not None else change.sha[:7]
    found: list[Inline] = []
    if name:
        found += [Link(name, change.url) if change.url else Text(name), Text(" ")]
    found.append(Text(change.title))
    if change.author:
        found.append(Text(f" — {change.author}"))
    return tuple(found)


def _buttons(view: DeploymentView, language: Language) -> list[Block]:
    """Return the buttons that may be pressed in this state."""
    keys: tuple[str, ...]
    match view.state:
        case "waiting":
            keys = ("approve", "reject", "cancel")
        case "asked" | "queued" | "starting" | "running":
            keys = ("cancel",)
        case "unknown":
            keys = ("settle_ran", "settle_not")
        case "failed":
            keys = (*(["retry"] if view.can_retry else []), *(["rollback"] if view.rollback_ref else []))
        case "succeeded":
            keys = ("rollback",) if view.rollback_ref else ()
        case "cancelled" | "expired":
            keys = ()
    there = (Button(language.word("button.review_there"), url=view.run_url),) if view.state == "running" and view.waits_there and view.run_url else ()
    return [Buttons((*there, *(action(key, view, language) for key in keys)))] if keys and view.id else []


def _footer(view: DeploymentView, zone: tzinfo) -> Footer:
    moment = view.ended_at or view.started_at or view.requested_at
    found: list[Inline] = [Code(view.id)] if view.id else []
    for part in (Text(view.runner) if view.runner else None, Text(shown_time(moment, zone)) if moment is not None else None):
        if part is not None:
            found += [_DOT, part] if found else [part]
    return Footer(tuple(found))
