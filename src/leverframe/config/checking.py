"""What only shows across sections: names that lead nowhere, filters and templates that do not compile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from typing import Any

from pydantic import BaseModel

from leverframe.config.doubts import (
    Table,
    api_meaning,
    people_meaning,
    routes_meaning,
    slack_meaning,
    strings,
    table,
    tables,
    teams_meaning,
)
from leverframe.config.github_meaning import github_meaning, speaks_to_github
from leverframe.config.levers import Levers
from leverframe.config.levers_meaning import levers_meaning
from leverframe.config.lines import KeyPath
from leverframe.config.reading import Reading, near
from leverframe.core.details import Detail
from leverframe.core.events import Event
from leverframe.core.github_events import EVENTS as OF_GITHUB
from leverframe.core.github_events import OF_OTHERS
from leverframe.core.routes import Route, RouteTable


def check(
    reading: Reading, *, document: Table, sources: Mapping[str, BaseModel | None], chats: Mapping[str, BaseModel | None], levers: Levers
) -> None:
    """Note everything in ``document`` that does not fit together. A source or chat that is ``None`` is configured, though wrongly."""
    has_token = speaks_to_github(document)
    names: set[str] = set()
    wheres: list[tuple[KeyPath, str]] = []
    for number, route in enumerate(tables(document.get("routes"))):
        at: KeyPath = ("routes", number)
        name, source = route.get("name"), route.get("from")
        if isinstance(name, str):
            if name in names:
                reading.found("route_name_twice", (*at, "name"), name)
            names.add(name)
        if isinstance(source, str) and source not in sources:
            reading.found("source_unknown", (*at, "from"), source, near(source, sources, '"{}"'))
        for position, destination in strings(route.get("to")):
            _destination(reading, (*at, "to", position), destination, chats)
        for position, event in strings(route.get("events")):
            if getattr(sources.get(source) if isinstance(source, str) else None, "kind", None) not in OPEN_KINDS:
                _event(reading, (*at, "events", position), event)
        if isinstance(where := route.get("where"), str):
            wheres.append(((*at, "where"), where))
        if isinstance(template := route.get("template"), str):
            _template(reading, (*at, "template"), template, route.get("events"))
        routes_meaning(reading, at, route)
        if route.get("paths") and not has_token and _may_be_pull_request(route.get("events")):
            reading.found("paths_need_token", (*at, "paths"))
    _filters(reading, wheres)
    for name, settings in sources.items():
        site = getattr(settings, "site", None) if getattr(settings, "kind", "") == "bucket" else None
        if isinstance(site, str) and site not in table(document.get("sites")):
            reading.found("site_unknown", ("sources", name, "site"), site, near(site, table(document.get("sites")), '"{}"'))
    for room in table(document.get("rooms")):
        _destination(reading, ("rooms", room), room, chats)
    if isinstance(outbound_room := table(document.get("outbound")).get("room"), str):
        _destination(reading, ("outbound", "room"), outbound_room, chats)
    if isinstance(audit_room := table(document.get("hub")).get("audit_room"), str):
        _destination(reading, ("hub", "audit_room"), audit_room, chats)
    for name, service in table(document.get("services")).items():
        if isinstance(service_room := table(service).get("room"), str):
            _destination(reading, ("services", name, "room"), service_room, chats)
        for position, room in strings(table(service).get("rooms")):
            _destination(reading, ("services", name, "rooms", position), room, chats)
    for number, gate in enumerate(tables(table(document.get("github")).get("gates"))):
        for position, asked_in in strings(gate.get("rooms")):
            _destination(reading, ("github", "gates", number, "rooms", position), asked_in, chats)
    for project, manner in table(document.get("dispatches")).items():
        if isinstance(told_in := table(manner).get("room"), str):
            _destination(reading, ("dispatches", project, "room"), told_in, chats)
        if not has_token and table(manner).get("runner") != "simulated":
            reading.found("services_need_token", ("dispatches", project))
    people_meaning(reading, document, sources, chats, (*levers.registry.verbs, *table(document.get("commands"))))
    if not {"services", "commands", "policies"}.isdisjoint(document):
        levers_meaning(reading, document, levers, chats)
    slack_meaning(reading, chats)
    teams_meaning(reading, chats)
    api_meaning(reading, document, chats)
    github_meaning(reading, document, sources)
    known: set[str] = set()
    for name, person in table(document.get("people")).items():
        for position, identity in strings(table(person).get("identities")):
            if identity in known:
                reading.found("identity_twice", ("people", name, "identities", position), identity)
            known.add(identity)


def _may_be_pull_request(events: Any) -> bool:
    return events is None or any(event == "*" or event.startswith(("pull_request", "!")) for _, event in strings(events))


def _destination(reading: Reading, at: KeyPath, destination: str, chats: Mapping[str, BaseModel | None]) -> None:
    chat, colon, room = destination.partition(":")
    if not (chat and colon and room.strip()):
        reading.found("destination_invalid", at, destination)
    elif chat not in chats:
        reading.found("chat_unknown", at, chat, near(chat, chats, f'"{{}}:{room}"'))
    elif (settings := chats[chat]) is not None and (refusal := _refusal(chat, settings, room)) is not None:
        reading.found("room_invalid", at, refusal)


def _refusal(chat: str, settings: BaseModel, room: str) -> Detail | None:
    """Ask the chat itself whether it can have such a room; nothing is sent."""
    match getattr(settings, "kind", None):
        case "slack":
            from leverframe.chats.slack.send import SlackChat
            from leverframe.chats.slack.settings import Settings
            from leverframe.net import Outbound

            return SlackChat(chat, settings, Outbound()).check_room(room) if isinstance(settings, Settings) else None
        case "teams":
            from leverframe.chats.teams.send import TeamsChat
            from leverframe.chats.teams.settings import Settings as Teams
            from leverframe.net import Outbound

            return TeamsChat(chat, settings, Outbound()).check_room(room) if isinstance(settings, Teams) else None
        case "playground":
            from leverframe.chats.playground.send import check_room

            return check_room(room)
        case _:
            return None


EVENTS = OF_GITHUB | OF_OTHERS
OPEN_KINDS = frozenset({"generic", "standard_webhooks", "cloudevents"})
"""Kinds of sources whose events are called as whoever sends them likes."""


def _event(reading: Reading, at: KeyPath, asked: str) -> None:
    bang = "!" if asked.startswith("!") else ""
    name, _, action = asked.removeprefix("!").partition(".")
    if name == "*":
        return
    if name not in EVENTS:
        reading.found("event_unknown", at, asked, near(name, EVENTS, f'"{bang}{{}}{"." if action else ""}{action}"'))
    elif action == "*":
        reading.found("event_unknown", at, asked, f'"{bang}{name}"')
    elif action and action not in EVENTS[name]:
        reading.found("event_unknown", at, asked, near(action, EVENTS[name], f'"{bang}{name}.{{}}"'))


def _filters(reading: Reading, wheres: Sequence[tuple[KeyPath, str]]) -> None:
    """Compile all filters, in the process of their own in which they will be evaluated."""
    if not wheres:
        return
    from leverframe.filters import FilterInvalid, Filters

    try:
        filters = Filters()
    except ModuleNotFoundError:
        reading.found("filter_unavailable", wheres[0][0])
        return
    with filters:
        for at, where in wheres:
            try:
                filters.compile(where)
            except FilterInvalid as error:
                reading.found("filter_invalid", at, str(error))


def _template(reading: Reading, at: KeyPath, text: str, events: Any) -> None:
    """Compile the template, and let it speak once of each sample event that its route takes."""
    from leverframe.templates import TemplateFailed, TemplateInvalid, compile_template

    try:
        template = compile_template(text)
    except TemplateInvalid as error:
        reading.found("template_invalid", at, str(error))
        return
    takes = RouteTable([Route(name="", events=None if events is None else tuple(event for _, event in strings(events)))])
    for event in sample_events():
        try:
            if takes.firing(event):
                template.render(event, "en", UTC)
        except TemplateFailed as error:
            reading.found("template_fails", at, f"{event.full_name}: {error}")
            return


@cache
def sample_events() -> tuple[Event, ...]:
    """Return every sample as the source reads it."""
    from leverframe import samples
    from leverframe.sources.github.source import GithubHook

    found, source, story, at = [], GithubHook("hook"), samples.Story(1), datetime(2026, 1, 1, tzinfo=UTC)
    for name in samples.names():
        sample = samples.load(name, story.ids(name, at))
        found.append(source.parse(samples.accepted(sample), id=1, received_at=at))
    return tuple(found)
