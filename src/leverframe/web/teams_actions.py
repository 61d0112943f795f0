"""``POST /teams/actions``: buttons of MessageCards that point at the hub.

Two kinds of body come here. ``{"press": TOKEN}`` is a button of the hub's own card: the token says what it does, of which card and until
when; who pressed is who the caller's Bearer token proves, else nobody but "the card". ``{"event_type": …, "client_payload": …}`` is a card
that somebody made by hand: an API token in the address (``?token=``) or as Bearer says what may be dispatched. Every answer has the header
``CARD-ACTION-STATUS``, a sentence for people: that is all that such a client shows.

https://learn.microsoft.com/outlook/actionable-messages/message-card-reference#reporting-an-actions-execution-success-or-failure
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import Response

from leverframe.core import button_tokens, ids
from leverframe.core.access import ANONYMOUS, Identity
from leverframe.core.conversation import Answer, Asker, Clicked, Place
from leverframe.core.deployments import ENDED, Deployment, snapshot
from leverframe.core.details import about
from leverframe.core.errors import PROBLEMS, Refused, document
from leverframe.core.events import Event
from leverframe.core.json_objects import read_object
from leverframe.core.messages import Message, plain, plain_inline
from leverframe.core.payload import mapping, text
from leverframe.core.wording.cards import CARDS
from leverframe.core.wording.levers import LEVERS
from leverframe.core.wording.levers.view import view
from leverframe.core.wording.quoting import one_line
from leverframe.store.deliveries import Role
from leverframe.store.tables import deliveries
from leverframe.web.credentials import identify
from leverframe.web.desk import Desk
from leverframe.web.dispatches import dispatch
from leverframe.web.doors import KB, OPEN, Door
from leverframe.web.levers import levers_of, watched
from leverframe.web.rates import address_of
from leverframe.web.refusals import RefusalLog
from leverframe.work.dispatch import Wanted

PATH = "/teams/actions"
BODY_CAP = 128 * KB
WAIT_S = 6.0
"""So long a press is answered later, if what comes of it at GitHub can be told then."""
TWICE_S = 10
"""Seconds within which the same press of a hand-made card is one."""
SENTENCE = 300
NOBODY = "card"
"""Who presses where the caller proves nobody: ``teams:card``, as roles and the audit write it."""
ALREADY = frozenset({"approval_decided", "approval_repeated", "deployment_ended"})
"""Outcomes that are no failure of a button: it shows how it was decided."""
GUESSES = frozenset({"card_token_invalid", "teams_token_invalid", "teams_token_missing", "token_invalid"})
_RATE = "60/minute"


class CardRoom(Protocol):
    """A chat whose cards' buttons come here."""

    async def prove(self, headers: Sequence[tuple[bytes, bytes]]) -> Asker | None:
        """Return who the caller's token proves; ``None`` when it brought none. Raises ``Refused`` for one that is not right."""
        ...

    def card(self, message: Message, delivery: str) -> bytes:
        """Return the message as the card that is shown, with buttons that are new."""
        ...


class TeamsActions:
    """The door. ``words`` makes the message of an event, as the route of this name wants it."""

    def __init__(
        self, desk: Desk, refusals: RefusalLog, *, keys: Sequence[bytes], rooms: Mapping[str, CardRoom], event: Callable[[int], Awaitable[Event | None]],
        words: Callable[[Event, str], Message],
    ) -> None:  # fmt: skip
        self._desk, self._refusals, self._keys, self._rooms = desk, refusals, tuple(keys), rooms
        self._event, self._words, self._say = event, words, CARDS[desk.locale]

    def doors(self) -> list[Door]:
        """Return the row of the table."""
        return [Door(method="POST", path=PATH, permission="open", limit=OPEN, body_cap=BODY_CAP, handler=self.handle)]

    async def handle(self, request: Request) -> Response:
        """Answer a press."""
        identity = ANONYMOUS
        try:
            body = _object(await request.body())
            if "press" in body:
                return await self._pressed(body, request.headers.raw)
            identity = await self._caller(request)
            return await self._dispatched(identity, body, request.query_params.get("project", ""))
        except Refused as refused:
            return self._refused(refused, identity, address_of(request.client))

    async def relayed(self, query: Mapping[str, str], headers: Mapping[str, str], raw: bytes, by: Asker) -> Response:
        """Answer a button of a posted card that points here, pressed by ``by`` in a chat of the hub: nothing leaves the house for it."""
        identity = ANONYMOUS
        try:
            body = _object(raw)
            if "press" in body:
                raise Refused("card_token_invalid")  # the hub's own cards are pressed where they are shown
            named = {name.lower(): value for name, value in headers.items()}
            identity = await self._identified(query.get("token", ""), named.get("authorization"))
            return await self._dispatched(identity, body, query.get("project", ""), by)
        except Refused as refused:
            return self._refused(refused, identity, "")

    # The hub's own buttons.

    async def _pressed(self, body: Mapping[str, Any], headers: Sequence[tuple[bytes, bytes]]) -> Response:
        signed = button_tokens.read(text(body, "press"), self._keys, self._desk.clock.now())
        room = self._rooms.get(signed.chat)
        if room is None:
            raise Refused("chat_unknown", signed.chat[:100])
        by = await room.prove(headers) or Asker(chat=signed.chat, id=NOBODY, name=NOBODY)
        destination = await self._desk.database.read(_destination, signed.card)
        if destination is None:
            raise Refused("card_unknown")
        outcome = await levers_of(self._desk).outcome(Clicked(
            key=f"{signed.nonce}\n{by.actor}", action=signed.action, value=signed.value, by=by, at=Place(chat=signed.chat, room=destination.partition(":")[2]),
            said_at=self._desk.clock.now(),
        ))  # fmt: skip
        if outcome.answer.form is not None:
            raise Refused("press_form_elsewhere")
        words = _sentence(outcome.answer)
        status = 200 if outcome.code == "ok" or outcome.code in ALREADY else PROBLEMS[outcome.code].status if outcome.code in PROBLEMS else 409
        if outcome.code == "ok" and outcome.answer.about:
            words, status = await self._came_of(outcome.answer.about) or (words, status)
        card = await self._card(room, signed.card)
        return _answer(status, words, card)

    async def _came_of(self, id: str) -> tuple[str, int] | None:
        """Return what came of what a press set going, as soon as that is known, with the status; ``None`` where there is nothing to add."""
        until = self._desk.clock.now() + timedelta(seconds=WAIT_S)
        told = await watched(self._desk, id, seen=None, wait_s=0)
        while told.deployment.state in ("asked", "queued", "starting") and not _was_taken(told.deployment) and (left_s := (until - self._desk.clock.now()).total_seconds()) > 0:
            told = await watched(self._desk, id, seen=told.deployment.version, wait_s=max(1, int(left_s)))
        now = told.deployment
        if now.state in ("failed", "expired", "unknown"):
            return self._trouble(now), 502
        if now.gate is None or now.gate.approve.deed == "none" or now.state in ("waiting", "cancelled"):
            return None
        if _was_taken(now):
            return self._headline(now), 200
        return " ".join(part for part in (self._headline(now), self._why(now)) if part), 202

    def _headline(self, deployment: Deployment) -> str:
        return plain_inline(LEVERS[self._desk.locale].deployment(view(snapshot(deployment)), self._desk.timezone).headline)

    def _trouble(self, deployment: Deployment) -> str:
        return " – ".join(part for part in (self._headline(deployment), self._why(deployment)) if part)

    def _why(self, deployment: Deployment) -> str:
        last = deployment.last_try
        code = deployment.end.code if deployment.end is not None and deployment.end.code else last.trouble if last is not None else ""
        row = PROBLEMS.get(code)
        return "" if row is None else " ".join(row.ko if self._desk.locale == "ko" else row.en)

    async def _card(self, room: CardRoom, delivery: str) -> bytes | None:
        """Return how the card stands now: its newest state is what its room was owed last."""
        newest = await self._desk.database.read(_newest, delivery)
        event = None if newest is None else await self._event(newest[0])
        return None if newest is None or event is None else room.card(self._words(event, newest[1]), newest[2])

    # Cards made by hand.

    async def _caller(self, request: Request) -> Identity:
        return await self._identified(request.query_params.get("token", ""), request.headers.get("authorization"))

    async def _identified(self, token: str, authorization: str | None) -> Identity:
        """Return whose API token it is: the address's own, for a client's Bearer token is not the hub's."""
        given = f"Bearer {token}" if token else authorization
        if not given:
            raise Refused("sign_in_required")
        identity, _ = await identify(self._desk, {"authorization": given})
        return identity

    async def _dispatched(self, identity: Identity, body: Mapping[str, Any], project: str, by: Asker | None = None) -> Response:
        wanted = _wanted(identity, body, project, by)
        taken = await dispatch(self._desk, identity, wanted)
        until = self._desk.clock.now() + timedelta(seconds=WAIT_S)
        told = await watched(self._desk, taken.deployment.id, seen=None, wait_s=0)
        while not _is_sent(told.deployment) and (left_s := (until - self._desk.clock.now()).total_seconds()) > 0:
            told = await watched(self._desk, taken.deployment.id, seen=told.deployment.version, wait_s=max(1, int(left_s)))
        now, event_type = told.deployment, wanted.event_type
        if now.state == "unknown":
            return _answer(504, self._say.dispatch_lost(event_type, wanted.project))
        if now.state in ("failed", "expired", "cancelled") and not _was_taken(now):
            return _answer(502, f"{self._say.dispatch_dead(event_type, wanted.project)} {self._why(now)}".rstrip())
        if _was_taken(now):
            return _answer(200, self._say.dispatched(event_type, wanted.project))
        return _answer(202, f"{self._say.dispatch_waits(event_type, wanted.project)} {self._why(now)}".rstrip())

    def _refused(self, refused: Refused, identity: Identity, address: str) -> Response:
        told = refused
        if identity.kind != "anonymous":
            self._refusals.of_somebody(identity, f"POST {PATH}", PATH, refused)
        elif refused.status in (401, 403, 410, 429):
            told = self._refusals.of_stranger(PATH, address, f"POST {PATH}", PATH, refused, _RATE if refused.code in GUESSES else None)
        row = PROBLEMS[told.code]
        title, remedy = row.ko if self._desk.locale == "ko" else row.en
        headers = {"Retry-After": str(told.retry_after_s)} if told.retry_after_s is not None else {}
        body = json.dumps(document(told, self._desk.locale), ensure_ascii=False).encode()
        return _answer(told.status, f"{title} {remedy}", body, kind="application/problem+json", replaces=False, more=headers)


def _object(raw: bytes) -> dict[str, Any]:
    try:
        return read_object(raw)
    except ValueError:
        raise Refused("json_invalid") from None


def _wanted(identity: Identity, body: Mapping[str, Any], project: str, by: Asker | None) -> Wanted:
    """Return what is to be dispatched, in GitHub's own words; anything else is refused with what is wrong.

    It waits for no other, as somebody has decided it; the same within :data:`TWICE_S` is a button that was pressed twice.
    """
    if more := set(body) - {"event_type", "client_payload"}:
        raise Refused("request_invalid", about(min(more)[:50], "only", known="event_type, client_payload"))
    if not isinstance(body.get("event_type"), str):
        raise Refused("request_invalid", about("event_type", "write_text"))
    if "client_payload" in body and not isinstance(body["client_payload"], dict):
        raise Refused("request_invalid", about("client_payload", "write_object"))
    reason = f"{by.name or by.actor} ({by.chat})" if by is not None else ""
    project = project or _only_project(identity)
    said = json.dumps([project, body, reason], sort_keys=True)
    return Wanted(
        project=project, event_type=text(body, "event_type"), payload=mapping(body, "client_payload"), reason=reason, alone=True,
        key=f"card {hashlib.sha256(said.encode('utf-8', 'replace')).hexdigest()}", key_s=TWICE_S,
    )  # fmt: skip


def _only_project(identity: Identity) -> str:
    """Return the project that a token may dispatch to, where it is one."""
    scopes = [grant.split() for grant in identity.grants]
    projects = {words[1] for words in scopes if words[0] == "dispatch" and len(words) > 1}
    if len(projects) != 1 or any(letter in (project := next(iter(projects))) for letter in "*?["):
        raise Refused("press_project_missing")
    return project


def _is_sent(deployment: Deployment) -> bool:
    return _was_taken(deployment) or deployment.state in ENDED or deployment.state == "unknown"


def _was_taken(deployment: Deployment) -> bool:
    return deployment.state == "succeeded" or (deployment.last_try is not None and deployment.last_try.accepted)


def _destination(connection: Connection, delivery: str) -> str | None:
    try:
        id = ids.read("dlv", delivery)
    except ValueError:
        return None
    found: str | None = connection.execute(sa.select(deliveries.c.destination).where(deliveries.c.id == id)).scalar()
    return found


def _newest(connection: Connection, delivery: str) -> tuple[int, str, str] | None:
    """Return event, route and id of the newest delivery that shows the same card in the same room."""
    row = connection.execute(sa.select(deliveries).where(deliveries.c.id == ids.read("dlv", delivery))).first()
    if row is None:
        return None
    if row.order_key and row.role == int(Role.CARD):
        same = sa.and_(deliveries.c.destination == row.destination, deliveries.c.order_key == row.order_key, deliveries.c.role == int(Role.CARD))
        row = connection.execute(sa.select(deliveries).where(same).order_by(deliveries.c.id.desc()).limit(1)).first() or row
    return row.event_id, row.route, ids.show("dlv", row.id)


def _sentence(answer: Answer) -> str:
    return "" if answer.message is None else one_line(" ".join(plain(answer.message).splitlines()), SENTENCE)


def _answer(
    status: int, words: str, body: bytes | None = None, *, kind: str = "application/json", replaces: bool = True, more: Mapping[str, str] | None = None
) -> Response:
    """Return an answer with its sentence for people, in UTF-8: Starlette's own headers are Latin-1."""
    response = Response(body or b"", status, headers={"Cache-Control": "no-store", **(more or {})}, media_type=kind if body else None)
    if words:
        response.raw_headers.append((b"card-action-status", one_line(words, SENTENCE).encode("utf-8", "replace")))
    if body and replaces:
        response.raw_headers.append((b"card-update-in-body", b"true"))
    return response
