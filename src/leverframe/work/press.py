"""Press: buttons of cards that scripts posted. What a button sends is a lever: it is sent at most once, and the card shows what came of it.

That it is about to be sent is committed with the click, under the grant ``relay TOKEN``; then it is sent, outside any transaction. What came
of it is committed with the card's change and the answer. A hub that stops in between leaves a press of which nobody knows: it is shown so.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, tzinfo

import msgspec
import structlog
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.access import Denied, Role, allowed
from leverframe.core.cards import CARD_EVENT, CHANGED, POSTED, TEAMS, Ask, Card, Post, Press
from leverframe.core.cards.pressing import Reply, Request, asks, fill, form_for, host_of, posts_of, read_form, read_reply
from leverframe.core.commands.parsing import Parsed
from leverframe.core.conversation import Answer, Asker, Clicked, Heard, Submitted
from leverframe.core.errors import Locale, Refused
from leverframe.core.kept_details import kept
from leverframe.core.messages import Message, Text
from leverframe.core.wording.cards import CARDS, PRESS, card_of, read_value
from leverframe.core.wording.levers import LEVERS
from leverframe.decoding import decoder
from leverframe.net import Answer as Answered
from leverframe.net import NotSent
from leverframe.ports import Clock
from leverframe.store import audit, events, inbox, posted_cards
from leverframe.store.database import Database
from leverframe.store.deliveries import Role as Part
from leverframe.store.inbox import UNFINISHED, Outcome
from leverframe.store.posted_cards import PostedCard
from leverframe.work.bell import Bell
from leverframe.work.fanout import Carried
from leverframe.work.library import Library
from leverframe.work.standing import Standing
from leverframe.work.tell import Telling, tell

VERB = "relay"
"""The grant for what a button sends: ``relay TOKEN``, by the name of the hook token that the card was posted with."""
SHOWN = 5
"""Presses that a card shows, the last ones."""
SCAN_S = 5.0
log = structlog.get_logger("leverframe.cards")
Send = Callable[[Request, Asker], Awaitable[Answered]]
"""Sends a request once; raises ``net.NotSent``. ``Asker`` is who pressed."""


class _Begun(msgspec.Struct, frozen=True, kw_only=True):
    """A press that is committed and not sent yet."""

    button: str
    """Its name, as the card shows it."""
    request: Request
    line: str


class Pressed(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a press, as the card will show it."""

    press: Press
    replacement: Card | None = None


class Presser:
    """Does what buttons of cards say. ``told`` is rung when a card is to be shown anew."""

    acts = True

    def __init__(
        self, database: Database, clock: Clock, library: Library, *, boot: Callable[[], int], roles: Mapping[str, Role], locale: Locale, zone: tzinfo,
        send: Send, read_card: Callable[[bytes], Card], told: Bell,
    ) -> None:  # fmt: skip
        """``read_card`` reads the card that a target answers with; it raises ``Refused``."""
        self._database, self._clock, self._library, self._boot = database, clock, library, boot
        self._roles, self._zone, self._send, self._read_card, self.told = roles, zone, send, read_card, told
        self._locale, self._say, self._levers = locale, CARDS[locale], LEVERS[locale]
        self._begun: dict[int, _Begun] = {}

    def takes(self, heard: Heard) -> bool:
        """Return whether it is about a button of a card."""
        return isinstance(heard, Clicked) and heard.action == PRESS or isinstance(heard, Submitted) and heard.form == PRESS

    # In the transaction of the click.

    def begin(self, connection: Connection, id: int, heard: Heard, standing: Standing, now: datetime) -> Outcome:
        """Return the answer: a refusal, a form, or that it is about to be sent; ``id`` is the click's in the inbox."""
        value = heard.value if isinstance(heard, Clicked) else heard.context if isinstance(heard, Submitted) else ""
        read = read_value(value)
        card = None if read is None else self._card(connection, read[0])
        if read is None or card is None:
            return self._refused("card_unknown", VERB)
        _, name, revision = read
        button = card.card.pressable(name) if revision == card.revision else None
        if button is None:
            return self._refused("card_replaced", f"{VERB} {card.token}")
        line, words = f"{VERB} {card.token} {button.name}", (VERB, card.token)
        found = allowed(standing.identity, words, self._roles)
        if isinstance(found, Denied):
            denied = self._levers.denied(" ".join(words), found.who_could)
            return Outcome(answer=Answer(message=denied), line=line, code="not_allowed", detail=found.reason.en, words=words)
        return self._chosen(connection, id, card, button, heard, value, line, now)

    def _chosen(
        self, connection: Connection, id: int, card: PostedCard, button: Post | Ask, heard: Heard, value: str, line: str, now: datetime
    ) -> Outcome:
        say = self._say
        if isinstance(heard, Submitted):
            filled = read_form(button, heard.fields)
            if isinstance(filled, dict):
                return Outcome(answer=Answer(errors={field: say.wrong(what) for field, what in filled.items()}), line=line, code="press_form_invalid")
            post, values = filled
        elif asks(button):
            form = form_for(button, id=PRESS, context=value, cancel=say.CANCEL, which=say.WHICH, date_hint=say.DATE_HINT)
            return Outcome(answer=Answer(form=form), line=line)
        else:
            post, values = posts_of(button)[0], {}
        if posted_cards.under_way(connection, card_id=card.id, button=button.id):
            return self._refused("press_under_way", line)
        if card.version == 0:
            card = posted_cards.save(connection, card)
        posted_cards.begin(
            connection, id=id, card_id=card.id, button=button.id, name=button.name, by=heard.by.actor, by_name=_shown(heard.by), boot=self._boot(), now=now
        )
        request = fill(post, values)
        self._begun[id] = _Begun(button=button.name, request=request, line=line)
        return Outcome(answer=Answer(message=Message(headline=(Text(say.beginning(host_of(request.url))),), tone="progress")), line=line, code=UNFINISHED)

    def _card(self, connection: Connection, key: str, *, changing: bool = True) -> PostedCard | None:
        """Return a card as it stands; ``None`` for one that is not kept any more."""
        try:
            id = ids.read("evt", key)
        except ValueError:
            return None
        kept = posted_cards.load(connection, id, changing=changing)
        if kept is not None:
            return kept
        stored = events.load(connection, [id]).get(id)
        if stored is None or stored.source != TEAMS or stored.accepted.name != CARD_EVENT or stored.accepted.action != POSTED or stored.carried is None:
            return None
        carried = decoder(Carried)(stored.carried)
        return PostedCard(id=id, card=card_of(self._library.parse(stored)), token=carried.name.partition(" ")[2], to=carried.to)

    def _refused(self, code: str, line: str, detail: str = "") -> Outcome:
        return Outcome(answer=Answer(message=self._levers.refused(code, detail)), line=line, code=code, detail=detail)

    def may_press(self, connection: Connection, standing: Standing, value: str) -> bool:
        """Return whether somebody may press a button with this value, as the card stands; it is only looked at."""
        read = read_value(value)
        card = None if read is None else self._card(connection, read[0], changing=False)
        return card is not None and not isinstance(allowed(standing.identity, (VERB, card.token), self._roles), Denied)

    # Outside of any transaction.

    async def run(self, id: int, parsed: Parsed | None, heard: Heard) -> tuple[Outcome, Pressed | None]:
        """Send it; return what is answered and what the card shows. Never raises."""
        begun = self._begun.pop(id, None)
        if begun is None:
            return self._refused("press_unknown", VERB), None
        try:
            answered = await self._send(begun.request, heard.by)
            reply = read_reply(answered.status, answered.headers, answered.body)
        except NotSent as error:
            reply = Reply(state="refused" if error.surely else "unknown")
            detail, code = error.reason, "press_not_sent" if error.surely else "press_unknown"
        except Exception as error:
            log.exception("press_failed")
            reply, code, detail = Reply(state="unknown"), "press_unknown", type(error).__name__
        else:
            code = {"done": "ok", "refused": "press_refused", "unknown": "press_unknown"}[reply.state]
            detail = "" if reply.state == "done" else reply.said or f"HTTP {reply.status}"
        return self._told(begun, reply, heard, code, detail)

    def _told(self, begun: _Begun, reply: Reply, heard: Heard, code: str, detail: str) -> tuple[Outcome, Pressed]:
        host = host_of(begun.request.url)
        replacement, said = self._replacement(reply)
        where = f"{host}: {kept(detail, self._locale)}" if detail else host
        words = " ".join(part for part in (reply.said or (self._say.sent(host) if reply.state == "done" else ""), said) if part)
        shown = words if reply.said or reply.state == "done" else where if reply.state == "refused" else ""
        press = Press(action=begun.button, by=_shown(heard.by), at=self._clock.now().isoformat(), state=reply.state, said=shown)
        if words:  # the target's own
            message = Message(headline=(Text(words),), tone="neutral" if reply.state == "done" else "warning")
        else:
            message = self._levers.refused(code, where)
        return Outcome(answer=Answer(message=message), line=begun.line, code=code, detail=detail), Pressed(press=press, replacement=replacement)

    def _replacement(self, reply: Reply) -> tuple[Card | None, str]:
        """Return the card that the target answered with, or why it cannot be shown."""
        if reply.replacement is None:
            return None, ""
        try:
            return self._read_card(reply.replacement), ""
        except Refused as refused:
            return None, self._say.not_replaced(refused.detail_in(self._locale) or refused.code)

    # In the transaction that ends it.

    def finish(self, connection: Connection, *, id: int, outcome: Outcome, what: Pressed | None, now: datetime) -> None:
        """Write what came of it: the press, the card, and the answer in the place of *unfinished*."""
        ended = posted_cards.end(connection, id, "unknown" if what is None else what.press.state)
        if ended is not None:
            press = what.press if what is not None else Press(action=ended.name, by=ended.by_name, at=ended.at.isoformat(), state="unknown")
            self._change(connection, ended.card_id, press, what.replacement if what is not None else None, now)
        inbox.settle(connection, id, outcome, now=now)

    def _change(self, connection: Connection, card_id: int, press: Press, replacement: Card | None, now: datetime) -> None:
        card = posted_cards.load(connection, card_id)
        if card is None:  # swept meanwhile
            return
        after = posted_cards.save(connection, msgspec.structs.replace(
            card, presses=(*card.presses, press)[-SHOWN:], card=replacement or card.card, revision=card.revision + (replacement is not None)
        ))  # fmt: skip
        key = ids.show("evt", card_id)
        payload = {"of": key, "card": msgspec.to_builtins(after.card), "presses": msgspec.to_builtins(after.presses), "revision": after.revision}
        tell(connection, self._database.new_id, Telling(name=CARD_EVENT, action=CHANGED, subject=key, payload=payload, to=after.to, role=Part.CARD, source=TEAMS), now=now)

    # What processes that died leave behind.

    async def run_for_ever(self) -> None:
        """Look for presses of processes that are gone, for ever."""
        while True:
            try:
                await self.recover()
            except Refused as refused:
                log.warning("recovering_put_off", code=refused.code)
            except Exception:
                log.exception("recovering_failed")
            await self._clock.sleep(SCAN_S)

    async def recover(self) -> int:
        """Show of every press whose process is gone that nobody knows what came of it; return how many there were. It is not sent again."""
        now = self._clock.now()
        lost = await self._database.read(posted_cards.orphaned, boot=self._boot(), now=now)
        for one in lost:
            await self._database.write(self._lost, id=one.id, by=one.by, name=one.name, now=self._clock.now())
        if lost:
            self.told.ring()
        return len(lost)

    def _lost(self, connection: Connection, *, id: int, by: str, name: str, now: datetime) -> None:
        self.finish(connection, id=id, outcome=self._refused("press_unknown", VERB), what=None, now=now)
        audit.append(connection, id=self._database.new_id(), at=now, actor=by, act=VERB, target=name, code="press_unknown", detail={})


def _shown(by: Asker) -> str:
    return by.name or by.actor
