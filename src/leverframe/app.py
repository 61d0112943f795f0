"""``build(config) -> App``: the only place that names concrete classes and marries them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

import msgspec
import structlog

from leverframe.card_rooms import Relay, build_actions, build_presser, build_presses
from leverframe.chat_rooms import build_chats, workspaces
from leverframe.config import Config
from leverframe.core.access import BUILT_IN, Role
from leverframe.core.audit_chain import Signer
from leverframe.core.cards import TEAMS
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.core.routes import RouteTable
from leverframe.core.subscribers import hub_id
from leverframe.core.wording.levers import HUB
from leverframe.github_rooms import github_client, github_teams, hook_keeper, recoverer
from leverframe.hook_rooms import HookRooms, build_hooks
from leverframe.housekeeping import beat, count
from leverframe.net import Outbound
from leverframe.observe import AccessLog, Metrics, masked, quoted
from leverframe.pipeline_rooms import build_pipelines
from leverframe.plugin_rooms import build_hearing, build_plugins
from leverframe.ports import Chat, Clock, Source
from leverframe.route_rooms import Mentions, Words, build_filters, build_paths
from leverframe.secrets.keys import AUDIT, keys_for
from leverframe.signal_box import SignalBox, build_box, is_needed, let_look, lever_desk
from leverframe.site_rooms import build_sites
from leverframe.slack_rooms import SlackRooms, build_slack, slack_members, slack_tokens
from leverframe.source_rooms import bucket_steps, build_sources, fetching
from leverframe.sources.github.source import GithubHook
from leverframe.sources.hub import HubSource
from leverframe.sources.teams.source import TeamsSource
from leverframe.store import schema
from leverframe.store.events import StoredEvent
from leverframe.teams_rooms import TeamsRooms, build_teams, teams_bots
from leverframe.web import assets, health
from leverframe.web.console import console_doors
from leverframe.web.desk import Desk
from leverframe.web.doors import Door
from leverframe.web.entrance import Entrance
from leverframe.web.guard import Guard
from leverframe.web.hook import HookDoor
from leverframe.web.identity import IdentityPages
from leverframe.web.inbound import Inbound
from leverframe.web.incoming import IncomingDoor
from leverframe.web.rates import address_of, peer_of
from leverframe.web.refusals import RefusalLog
from leverframe.web.replies import Receive, Scope, Send
from leverframe.web.site import build_site
from leverframe.web.webhooks import hook_doors
from leverframe.work.audit import ChainKeeper
from leverframe.work.bell import Bell
from leverframe.work.crowd import Crowd
from leverframe.work.deliver import Deliverer
from leverframe.work.explain import Explainer
from leverframe.work.fanout import Fanout
from leverframe.work.library import Library
from leverframe.work.receive import Receiver, Recent
from leverframe.work.redrive import Redriver
from leverframe.work.send import Sender
from leverframe.work.sweep import Kept, Sweeper

if TYPE_CHECKING:
    from leverframe.plugins.host import Host
    from leverframe.web.connections import ShortWay
    from leverframe.work.content.office import Office

PATIENCE_S = 8.0
"""What an orderly end waits for messages that are under way; container hosts kill after ten seconds."""
HOOK = "hook"
"""The source of events that came to /hook."""
log = structlog.get_logger("leverframe")


class SystemClock:
    """The machine's time, as ``ports.Clock`` wants it; by its own functions, as every delivery asks twice."""

    now = staticmethod(partial(datetime.now, UTC))
    sleep = staticmethod(asyncio.sleep)


class App(msgspec.Struct, kw_only=True):
    """The hub, built: an ASGI application and the loops behind it."""

    config: Config
    database: Any
    clock: Clock
    site: Callable[[Scope, Receive, Send], Awaitable[None]]
    inbound: Inbound
    access: AccessLog
    loops: Sequence[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]
    deliverer: Deliverer
    chats: Mapping[str, Chat]
    outbound: Outbound
    hooks: HookRooms
    """Projects' webhooks."""
    refusals: RefusalLog
    filters: Any
    endings: Sequence[Callable[[], None]]
    metrics: Metrics
    host: Host | None
    """The plugins."""
    box: SignalBox | None
    sites: Office | None
    """The back office, where there are sites."""
    slack: SlackRooms
    """The ways in from Slack, where people speak to the hub."""
    teams: TeamsRooms
    """The ways in from Microsoft Teams."""
    _tasks: list[asyncio.Task[None]]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: the signed doors first, then everything else, each with its line in the log."""
        if scope["type"] != "http":
            await self.site(scope, receive, send)
        elif self.inbound.takes(scope["path"]):
            await self.inbound(scope, receive, send)
        elif self.slack.doors is not None and self.slack.doors.takes(scope["path"]):
            await self.slack.doors(scope, receive, send)
        elif self.teams.doors is not None and self.teams.doors.takes(scope["path"]):
            await self.teams.doors(scope, receive, send)
        else:
            await self._logged(scope, receive, send)

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, status = asyncio.get_running_loop().time(), 500

        async def noting(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.site(scope, receive, noting)
        finally:
            self.access.line(
                peer=peer_of(scope.get("client")), method=scope["method"], path=quoted(masked(scope["path"])), status=status,
                duration_s=asyncio.get_running_loop().time() - began,
            )  # fmt: skip

    def short_way(self, path: str) -> ShortWay | None:
        """Return what takes a whole POST to ``path`` without the way through ASGI (``web.connections``)."""
        if self.inbound.is_source(path):
            return self.inbound
        doors = self.slack.doors
        return doors if doors is not None and doors.takes(path) else None

    def start(self) -> None:
        """Start the loops."""
        for name, run in self.loops:
            self._tasks.append(asyncio.create_task(run(), name=name))
        self.slack.start()

    def end_streams(self) -> None:
        """End what stays open by itself (a page that follows the playground), so that a server can come to its end."""
        for end in self.endings:
            end()

    async def stop(self) -> None:
        """Take nothing new in, let what is under way end, and let everything go."""
        await self.slack.hang_up()
        stopping = [self.deliverer.stop(PATIENCE_S), self.hooks.loop.stop(PATIENCE_S)]
        if self.box is not None:
            stopping += [self.box.deployer.stop(PATIENCE_S), self.box.converser.stop(PATIENCE_S)]
        await asyncio.gather(*stopping)
        if self.box is not None:
            await self.box.conversations.settled()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for one in (*self.chats.values(), *(self.box.runners.values() if self.box is not None else ())):
            await one.close()
        if self.host is not None:
            await self.host.close()
        await self.teams.close()
        await self.outbound.close()
        await self.hooks.guarded.close()
        if self.filters is not None:
            self.filters.close()
        await self.refusals.settled()
        try:
            await self.database.write(schema.stop_process, boot=self.database.boot)
        except Refused as error:
            log.warning("leases_not_released", code=error.code)
        await self.database.close()
        self.access.close()


async def open_database(config: Config, clock: Clock) -> Any:
    """Open the configured database; its room is imported only now."""
    path = config.sqlite_path
    if path is not None:
        from leverframe.store.sqlite import open_sqlite

        return await open_sqlite(path, clock)
    from leverframe.store.postgres import open_postgres

    return await open_postgres(config.hub.database, clock)


async def build(config: Config, clock: Clock | None = None, *, demo: bool = False, log_to: TextIO | None = None) -> App:
    """Marry everything that ``config`` names; the loops are not started yet. ``demo`` adds sample events to the playground,
    ``log_to`` takes the requests' lines in place of standard output.

    Raises ``store.sqlite.AlreadyServed``, or ``Refused`` when the database cannot be used.
    """
    clock = clock or SystemClock()
    signer = Signer(keys_for(AUDIT, config.hub.master_keys, config.sqlite_path))
    database = await open_database(config, clock)
    try:
        return await _marry(config, clock, signer, database, demo=demo, log_to=log_to)
    except BaseException:
        await database.close()
        raise


async def _marry(config: Config, clock: Clock, signer: Signer, database: Any, *, demo: bool, log_to: TextIO | None) -> App:
    metrics, access, outbound = Metrics(), AccessLog(log_to), Outbound()
    zone, locale = ZoneInfo(config.hub.timezone), config.hub.locale
    accepted, planned, recent = Bell(), Bell(), Recent()

    sources = build_sources(config, clock, lambda url: fetching(hooks.guarded)(url))  # the guarded way out is made further down
    parsing: dict[str, Source] = {**sources, HOOK: GithubHook(HOOK), HUB: HubSource(), TEAMS: TeamsSource()}

    def parse(stored: StoredEvent) -> Event:
        # A source that has left the configuration: what it brought is still worth showing.
        return parsing.get(stored.source, parsing[HOOK]).parse(stored.accepted, id=stored.id, received_at=stored.received_at)

    roles = {**BUILT_IN, **{name: Role(members=tuple(role.members), allow=tuple(role.allow)) for name, role in config.roles.items()}}
    tokens = slack_tokens(config)
    members = slack_members(config, outbound, clock, tokens)
    library = Library(database, parse)
    github = github_client(config, outbound, clock)
    teams = github_teams(config, github, clock)
    host = build_plugins(config, database, metrics)
    hearing = build_hearing(host, database, clock, library, planned=planned) if host is not None else None

    hooks = build_hooks(config, database, clock, parse, told=metrics.attempts.told, planned=planned)
    box, relay, crowd = None, Relay(hooks.guarded, config.hub.url), Crowd(clock)
    if is_needed(config):
        presser = build_presser(config, database, clock, library, relay, roles=roles, zone=zone, planned=planned)
        box = build_box(
            config, database, clock, outbound, metrics, github=github, roles=roles, zone=zone, planned=planned,
            groups_of=lambda by: {name for one in members for name in one.of(by)}, teams_of=teams.of if teams is not None else None,
            powerless=() if demo else [name for name, chat in config.chats.items() if chat.kind == "playground"],  # type: ignore[attr-defined]
            host=host, hearing=hearing, audience=hooks.audience, presser=presser, guarded=hooks.guarded, crowd=crowd,
        )  # fmt: skip
    endings: list[Callable[[], None]] = []
    bots, presses = await teams_bots(config, outbound, clock, database), build_presses(config, outbound, clock)
    chats, playground_doors = build_chats(config, outbound, database, clock, demo, endings, box, tokens, bots, presses, host)
    filters = build_filters(config)
    table = RouteTable(config.routes, filters.where if filters else None)
    paths = build_paths(config, github, clock)
    fanout = Fanout(
        database, clock, boot=lambda: database.boot, table=table, library=library, recent=recent, zone=zone,
        room_quiet={name: room.quiet.hours() for name, room in config.rooms.items() if room.quiet is not None},
        paths=paths, bell=accepted, planned=planned, follower=box.follower if box is not None else None, hearing=hearing,
        audience=hooks.audience,
    )  # fmt: skip
    routes, words = {route.name: route for route in config.routes}, Words(config, zone)

    def said(event: Event, route: str) -> Message:
        return words(event, routes.get(route))

    if box is not None:
        let_look(box, database, clock, library, presser, said)
    deliverer = Deliverer(
        database, clock, boot=lambda: database.boot, chats=chats, library=library,
        sender=Sender(routes, words, Mentions(config)), chance=random.random, bell=planned, told=metrics.attempts.told, crowd=crowd,
    )  # fmt: skip
    explainer = Explainer(database, clock, table=table, routes=config.routes, sources=parsing, parse=parse, accepted=accepted.ring, paths=paths)
    sites = build_sites(config, database, clock, box.dispatcher if box is not None else None)
    keeper = hook_keeper(config, github, lambda: table.routes, clock)
    recovering = recoverer(config, keeper, github, database, clock, metrics)
    pipelines = build_pipelines(config, outbound, clock)
    desk = Desk(
        database=database, clock=clock, url=config.hub.url, locale=locale, timezone=zone,
        roles=roles, redrive=Redriver(database, clock, planned, hooks.owed), routes=explainer, demo=demo, signer=signer,
        sites=sites, github=keeper, pipelines=pipelines, chats={name: chat.check_room for name, chat in chats.items()}, levers=lever_desk(config, box, hooks.guarded.check) if box is not None else None,
    )  # fmt: skip
    if desk.levers is not None:
        endings.append(desk.levers.watch.end)
    refusals = RefusalLog(desk, metrics)
    slack = await build_slack(
        config, box, desk, outbound, clock, metrics, tokens=tokens, members=members, refusals=refusals, access=access,
        address_of=address_of,
    )  # fmt: skip

    def owed_again() -> None:
        planned.ring()
        hooks.owed.ring()

    teams_rooms = build_teams(
        config, box, bots, outbound, clock, refusals=refusals, access=access, address_of=address_of,
    )  # fmt: skip
    actions = build_actions(config, desk, refusals, relay, presses, library, said)
    before, after = bucket_steps(config, sources, sites)
    inbound = Inbound(
        Receiver(database, clock, recent, accepted.ring, owed_again, hub_id(config.hub.url)), sources,
        hook=HookDoor(database, clock, parsing[HOOK], workspaces(config, chats, outbound, clock, tokens)),
        incoming=IncomingDoor(database, clock, parsing[TEAMS], desk.chats),
        refusals=refusals, metrics=metrics, access=access, locale=locale, address_of=address_of, before=before, after=after,
    )  # fmt: skip
    doors: list[Door] = [
        *health.doors(desk, ready=database.ready, metrics=metrics), *assets.doors(), *IdentityPages(desk).doors(),
        *Entrance(desk).doors(), *console_doors(desk), *_api(desk), *playground_doors(), *slack.install_doors, *hook_doors(desk, hooks.desk), *actions,
    ]  # fmt: skip
    return App(
        config=config, database=database, clock=clock, site=build_site(doors, Guard(desk, refusals)), inbound=inbound, access=access,
        loops=[
            ("heartbeat", lambda: beat(database, clock)), ("fanout", fanout.run), ("deliver", deliverer.run), ("subscribers", hooks.loop.run),
            ("sweep", Sweeper(database, clock, Kept(**config.retention.model_dump()), signer).run), ("audit", ChainKeeper(database, clock, signer).run), ("counts", lambda: count(database, clock, metrics)),
            *(box.loops if box is not None else ()), *([("sites", sites.looker.run)] if sites is not None else []), *slack.loops, *([("github teams", teams.run)] if teams is not None else []), *([("plugins", hearing.run)] if hearing is not None else []),
            *([("recover", recovering.run)] if recovering is not None else []),
        ],
        deliverer=deliverer, chats=chats, outbound=outbound, hooks=hooks, refusals=refusals, filters=filters, endings=endings, box=box, sites=sites, slack=slack, teams=teams_rooms, host=host, metrics=metrics,
        _tasks=[],
    )  # fmt: skip


def _api(desk: Desk) -> Sequence[Door]:
    from leverframe.web.api import api_doors

    return api_doors(desk)
