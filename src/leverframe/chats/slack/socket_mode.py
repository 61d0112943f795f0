"""Socket Mode: Slack sends what people say over a connection that the hub opens, so that the hub needs no public address.

Needs the extra ``leverframe[socket-mode]`` and an app-level token (``xapp-…`` with ``connections:write``); imported only when
``app_token`` is set. https://docs.slack.dev/apis/events-api/using-socket-mode
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlsplit

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidURI

from leverframe.chats.slack import answers
from leverframe.chats.slack.inbound import SlackInbound
from leverframe.chats.slack.settings import Settings
from leverframe.core.delivery import Delivered, Retryable
from leverframe.core.errors import Refused
from leverframe.core.json_objects import read_object
from leverframe.core.payload import mapping, number, text
from leverframe.decoding import decoder
from leverframe.net import NotSent, Outbound
from leverframe.ports import ChatHeard, Clock, Nothing

log = logging.getLogger(__name__)

PING_S, PONG_S, HELLO_S = 10.0, 10.0, 10.0
"""Seconds between our pings, for the other side to answer one, and for its hello: what stays silent longer is dead."""
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
STEADY_S = 10.0
"""Seconds after which a connection has worked: the next one is opened at once."""
LEAVING_S = 30.0
"""Seconds that a connection which Slack will end goes on beside its successor."""
FULL = "too_many_websockets"
_ENVELOPE_MAX = 4 * 1024 * 1024
_encode = msgspec.json.Encoder().encode

Take = Callable[[ChatHeard], Awaitable[bytes]]
"""Commits and answers what was heard; what it returns goes with the acknowledgement. ``Refused`` with a 503: not taken."""


class _Url(msgspec.Struct):
    url: str = ""


class SocketMode:
    """The connection of one Slack app, kept alive until :meth:`run` is cancelled."""

    def __init__(
        self, inbound: SlackInbound, settings: Settings, outbound: Outbound, clock: Clock, take: Take, *,
        ping_s: float = PING_S, pong_s: float = PONG_S, hello_s: float = HELLO_S,
    ) -> None:  # fmt: skip
        """``take`` is given everything that is heard. Raises ``ValueError`` without ``app_token``."""
        if settings.app_token is None:
            raise ValueError("Socket Mode needs app_token")
        self._inbound, self._outbound, self._clock, self._take = inbound, outbound, clock, take
        self._token, self._api = settings.app_token.reveal(), settings.api_url.rstrip("/")
        self._ping_s, self._pong_s, self._hello_s = ping_s, pong_s, hello_s
        self._live: set[ClientConnection] = set()
        self._working: set[asyncio.Task[None]] = set()
        self._closing = False

    @property
    def connected(self) -> bool:
        """Whether Slack has said hello on a connection that is open."""
        return bool(self._live)

    async def run(self) -> None:
        """Stay connected; when cancelled, finish what was heard and hang up."""
        leaving: set[asyncio.Task[str]] = set()
        failures, self._closing = 0, False
        try:
            while True:
                url = await self._open()
                if isinstance(url, float):
                    failures += 1
                    await self._clock.sleep(max(url, _backoff_s(failures)))
                    continue
                greeted, ending, started_at = asyncio.Event(), asyncio.Event(), self._clock.now()
                serving = asyncio.create_task(self._serve(url, greeted, ending))
                leaving.add(serving)
                serving.add_done_callback(leaving.discard)
                told = asyncio.create_task(ending.wait())
                try:
                    await asyncio.wait({serving, told}, return_when=asyncio.FIRST_COMPLETED)
                finally:
                    told.cancel()
                lasted_s = (self._clock.now() - started_at).total_seconds()
                failures = 0 if greeted.is_set() and lasted_s >= STEADY_S else failures + 1
                wait_s = _backoff_s(failures)
                if serving.done():
                    reason = serving.result()
                    wait_s = max(wait_s, LONGEST_WAIT_S / 2) if reason in (FULL, "link_disabled") else wait_s
                    log.warning("%s: Slack's connection ended (%s); the next one in %.0f s", self._inbound.name, reason, wait_s)
                await self._clock.sleep(wait_s)
        finally:
            self._closing = True  # what comes now is left to another connection, or to Slack's retries
            await asyncio.gather(*self._working, return_exceptions=True)  # what was heard is still acknowledged
            for task in leaving:
                task.cancel()
            await asyncio.gather(*leaving, return_exceptions=True)

    async def _open(self) -> str | float:
        """Return the address of a new connection, or the seconds to wait: https://docs.slack.dev/reference/methods/apps.connections.open."""
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": "application/x-www-form-urlencoded"}
        try:
            answer = await self._outbound.post_json(f"{self._api}/apps.connections.open", b"", headers)
        except NotSent as error:
            log.warning("%s: Slack gives no connection: %s", self._inbound.name, error.reason)
            return 0.0
        outcome = answers.outcome(answer, answers.read(answer))
        if not isinstance(outcome, Delivered):
            log.warning("%s: Slack gives no connection: %s %s", self._inbound.name, outcome.code, outcome.detail)
            return (outcome.after_s or 0.0) if isinstance(outcome, Retryable) else LONGEST_WAIT_S
        url = decoder(_Url)(answer.body).url
        parts, api = urlsplit(url), urlsplit(self._api)
        if parts.scheme == "wss" or (parts.scheme, parts.hostname, api.scheme) == ("ws", api.hostname, "http"):
            return url
        log.warning("%s: Slack gives a connection that is not encrypted; it is not used", self._inbound.name)
        return LONGEST_WAIT_S

    async def _serve(self, url: str, greeted: asyncio.Event, ending: asyncio.Event) -> str:
        """Hear what comes over one connection until it ends, and return why it did; ``ending`` is set when a successor is wanted."""
        reason = "it could not be opened"
        try:
            async with connect(
                url, ping_interval=self._ping_s, ping_timeout=self._pong_s, open_timeout=self._hello_s, close_timeout=1.0, max_size=_ENVELOPE_MAX,
                compression=None, proxy=None, user_agent_header="Leverframe",
            ) as socket:  # fmt: skip
                reason = "closed"
                try:
                    while True:
                        async with asyncio.timeout(LEAVING_S if ending.is_set() else None if greeted.is_set() else self._hello_s):
                            message = await socket.recv(decode=False)
                        envelope = _read(message)
                        match text(envelope, "type"):
                            case "hello":
                                self._greet(socket, envelope)
                                greeted.set()
                            case "disconnect":
                                reason = text(envelope, "reason") or "disconnect"
                                if reason not in ("warning", "refresh_requested"):
                                    return reason
                                # It is heard on beside its successor until Slack closes it: nothing falls between the two.
                                ending.set()
                            case _ if self._closing:
                                pass
                            case kind if text(envelope, "envelope_id"):
                                self._spawn(self._hear(socket, kind, envelope))
                            case _:
                                log.warning("%s: Slack sends something that is no envelope", self._inbound.name)
                except TimeoutError:
                    return reason if ending.is_set() else "no hello in time"
                except ConnectionClosed as closed:
                    return "no answer to a ping" if closed.sent is not None and closed.sent.code == 1011 else reason
                finally:
                    self._live.discard(socket)
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as error:
            return f"{reason}: {type(error).__name__}"

    def _greet(self, socket: ClientConnection, hello: dict[str, Any]) -> None:
        self._live.add(socket)
        others = (number(hello, "num_connections") or 1) - len(self._live)
        log.info("%s: connected to Slack", self._inbound.name)
        if others > 0:
            # Slack gives each envelope to one connection: what goes to another one, or to one that hangs, is not heard here.
            log.warning("%s: Slack counts %d other connections of this app; what is sent to them is not heard here", self._inbound.name, others)

    async def _hear(self, socket: ClientConnection, kind: str, envelope: dict[str, Any]) -> None:
        """Take one envelope and acknowledge it once it is committed; one that is not acknowledged Slack sends again, if it is an event."""
        id = text(envelope, "envelope_id")
        try:
            heard = self._inbound.hear_envelope(kind, id, mapping(envelope, "payload"), now=self._clock.now())
            body = b"" if isinstance(heard, Nothing) else await self._take(heard)
        except Refused as refused:
            log.warning("%s: an envelope (%s) was refused: %s %s", self._inbound.name, kind[:40], refused.code, refused.detail)
            if refused.status == 503:
                return
            body = b""
        with_body = body and envelope.get("accepts_response_payload") is True
        said = b'{"envelope_id":%s%s}' % (_encode(id), b',"payload":' + body if with_body else b"")
        try:
            await socket.send(said, text=True)
        except ConnectionClosed:
            log.warning("%s: the connection ended before an envelope was acknowledged", self._inbound.name)

    def _spawn(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._working.add(task)
        task.add_done_callback(self._working.discard)


def _read(message: bytes | str) -> dict[str, Any]:
    try:
        return read_object(message if isinstance(message, bytes) else message.encode())
    except ValueError:
        return {}


def _backoff_s(failures: int) -> float:
    """Return the seconds until the next try: none after a connection that worked, then doubling, and never all at once."""
    return 0.0 if failures == 0 else min(FIRST_WAIT_S * 2.0 ** (failures - 1), LONGEST_WAIT_S) * random.uniform(0.5, 1.0)
