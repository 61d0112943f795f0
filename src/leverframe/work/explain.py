"""Why each route fires for an event, or does not; and a test message through a route."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from leverframe import samples
from leverframe.core import ids
from leverframe.core.errors import PROBLEMS, Locale, Refused
from leverframe.core.events import Event
from leverframe.core.ids import EPOCH_MS
from leverframe.core.json_objects import written
from leverframe.core.payload import text
from leverframe.core.routes import POST_BY_DEFAULT, Route, RouteTable, Verdict
from leverframe.core.verdicts import Check, say
from leverframe.decoding import decoder
from leverframe.github.errors import Trouble
from leverframe.ports import Accepted, Clock, Source
from leverframe.store import events
from leverframe.store.events import StoredEvent
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import to_us
from leverframe.work.fanout import Carried
from leverframe.work.paths import UNANSWERED, Answer, Paths
from leverframe.work.receive import Ingesting, dedupe_digest


class Explained(msgspec.Struct, frozen=True, kw_only=True):
    """Why a route fired for an event, or did not."""

    route: str
    fired: bool
    reason: str
    destinations: tuple[str, ...] = ()


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A route of the configuration: its name, what it listens to and where it goes."""

    route: str
    source: str
    events: tuple[str, ...]
    destinations: tuple[str, ...]


class Explainer:
    """Answers people who ask about routes."""

    def __init__(
        self, database: Ingesting, clock: Clock, *, table: RouteTable, routes: Sequence[Route], sources: Mapping[str, Source],
        parse: Callable[[StoredEvent], Event], accepted: Callable[[], None], paths: Paths | None,
    ) -> None:  # fmt: skip
        self._database, self._clock, self._table, self._routes = database, clock, table, tuple(routes)
        self._sources, self._parse, self._accepted, self._paths = sources, parse, accepted, paths
        self._number = 0

    async def explain_stored(self, event_id: int, locale: Locale) -> list[Explained]:
        """Return what every route says of a stored event. Raises ``Refused("event_unknown")`` when its body is gone.

        Of an event that carried its own routing that route is told first; the configured ones were not asked.
        """
        stored = (await self._database.read(events.load, ids=[event_id])).get(event_id)
        if stored is None:
            raise Refused("event_unknown", ids.show("evt", event_id))
        event = self._parse(stored)
        if stored.carried is None:
            answer = None
            if self._paths is not None and self._table.needs_paths(event):
                # As when it was routed; what was told then is mostly still in memory.
                answer = (await self._paths.of([event])).get(event_id, UNANSWERED)
                if not isinstance(answer, Trouble):
                    event = replace(event, paths=answer)
            return await self._explained(self._table, event, locale, answer)
        said = decoder(Carried)(stored.carried)
        own = RouteTable([Route(name=said.name, events=said.events, to=said.to)])
        unasked = [Explained(route=route.name, fired=False, reason=_NOT_ASKED[locale], destinations=route.to) for route in self._routes]
        return [*await self._explained(own, event, locale), *unasked]

    async def explain_given(self, *, source: str | None, event: str, payload: Mapping[str, Any], locale: Locale) -> list[Explained]:
        """Return what every route would say of an event that was never stored.

        ``event`` is its X-GitHub-Event; with the payload's action (``issues.opened``), as lists and routes have it, it is the same.
        Raises ``Refused``: ``source_unknown``, ``json_invalid`` for a payload that nests too deeply.
        """
        name = source or next(iter(self._sources), None)
        if name is None or name not in self._sources:
            raise Refused("source_unknown", name or "")
        action = text(payload, "action") or None
        try:
            body = written(payload)  # as tolerant as the door, which takes what UTF-8 does not
        except ValueError as error:
            raise Refused("json_invalid") from error
        accepted = Accepted(
            name=event.removesuffix(f".{action}") if action else event,
            action=action,
            delivery_id="",
            body=body,
            repo=text(payload, "repository", "full_name") or None,
            is_ping=event == "ping",
        )
        return await self._explained(self._table, self._sources[name].parse(accepted, id=0, received_at=self._clock.now()), locale)

    async def test(self, route: str) -> tuple[str, ...]:
        """Send a new sample through ``route`` to its rooms, whatever its filters say; return the destinations.

        Raises ``Refused``: ``route_unknown``, ``storage_unavailable``.
        """
        known = next((one for one in self._routes if one.name == route), None)
        if known is None:
            raise Refused("route_unknown", route[:100])
        source = self._sources.get(known.source or "") or next(iter(self._sources.values()))
        sample = self._sample(known, source)
        accepted = samples.accepted(sample)
        id = self._database.new_id()
        await self._database.ingest(
            NewEvent(
                id=id, dedupe=dedupe_digest("test", str(id)), source=source.name, delivery_id=f"test-{id}", name=accepted.name,
                action=accepted.action, repo=accepted.repo,
                carried=msgspec.json.encode(Carried(name=known.name, to=known.to, events=("*",))).decode(),
                received_us=to_us(self._clock.now()), headers=b"[]", body=sample.payload,
            )
        )  # fmt: skip
        self._accepted()
        return known.to

    async def _explained(self, table: RouteTable, event: Event, locale: Locale, answer: Answer | None = None) -> list[Explained]:
        # A filter is answered by another process: the loop must not wait for it.
        verdicts = await asyncio.to_thread(table.explain, event)
        return [
            Explained(route=verdict.route.name, fired=verdict.fired, reason=self._reason(verdict, locale, answer), destinations=verdict.route.to)
            for verdict in verdicts
        ]

    def _reason(self, verdict: Verdict, locale: Locale, answer: Answer | None) -> str:
        told = [check for check in verdict.checks if verdict.fired or not check.holds]
        return " ".join(say(self._of_paths(check, locale, answer), locale) for check in told)

    def _of_paths(self, check: Check, locale: Locale, answer: Answer | None) -> Check:
        """Return the check as it is, but for files that are not known although there is a token: then with the reason."""
        if check.code != "paths_not_read" or self._paths is None:
            return check
        if not isinstance(answer, Trouble):
            return replace(check, code="paths_not_asked")
        problem = PROBLEMS[answer.code]
        return replace(check, code="paths_not_told", found=" ".join(problem.ko if locale == "ko" else problem.en).removesuffix("."))

    def listed(self) -> list[Listed]:
        """Return all routes, in the order of the configuration."""
        return [
            Listed(route=route.name, source=route.source or "", events=route.events or POST_BY_DEFAULT, destinations=route.to) for route in self._routes
        ]

    def _sample(self, route: Route, source: Source) -> samples.Sample:
        """Return a sample of an event that the route takes, a push when there is none."""
        takes = RouteTable([Route(name=route.name, events=route.events)])
        now = self._clock.now()
        # Numbers of their own for every test, or the second would change the first one's message. Two of a story's are issues'.
        self._number = max(int(now.timestamp()) - EPOCH_MS // 1000, self._number + 2)
        story = samples.Story(self._number)
        made = {sample.name: sample for sample in (samples.load(name, story.ids(name, now)) for name in samples.names())}
        for sample in made.values():
            if takes.firing(source.parse(samples.accepted(sample), id=0, received_at=now)):
                return sample
        return made["push"]


_NOT_ASKED: dict[Locale, str] = {
    "en": "Not asked: the event came with a route of its own.",
    "ko": "묻지 않았습니다. 이벤트가 자체 라우트를 가지고 들어왔습니다.",
}
