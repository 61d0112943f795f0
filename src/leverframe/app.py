"""``build(config) -> App``: the only place that names concrete classes and marries them."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Any, TextIO
from zoneinfo import ZoneInfo

import structlog

from leverframe.card_rooms import Relay, build_presser, build_presses, button_keys
from leverframe.config import Config
from leverframe.core.access import BUILT_IN, Role
from leverframe.core.audit_chain import Signer
from leverframe.core.cards import TEAMS
from leverframe.core.delivery import Outcome
from leverframe.core.errors import Locale, Refused
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.core.routes import Route, RouteTable
from leverframe.core.subscribers import hub_id
from leverframe.core.wording import compose
from leverframe.core.wording.levers import HUB
from leverframe.github_rooms import github_client, github_teams, hook_keeper, recoverer
from leverframe.hook_rooms import HookRooms, build_hooks
from leverframe.net import Outbound
from leverframe.observe import AccessLog, Metrics, masked, quoted
from leverframe.pipeline_rooms import build_pipelines
from leverframe.plugin_rooms import build_hearing, build_plugins, plugin_chat
from leverframe.ports import Chat, Clock, Source
from leverframe.secrets.keys import AUDIT, keys_for
from leverframe.signal_box import SignalBox, build_box, is_needed, lever_desk
from leverframe.site_rooms import build_sites
from leverframe.slack_rooms import SlackRooms, build_slack, slack_members, slack_tokens
from leverframe.source_rooms import bucket_steps, build_sources, fetching
from leverframe.sources.github.source import GithubHook
from leverframe.sources.hub import HubSource
from leverframe.sources.teams.source import TeamsSource
from leverframe.store import counts, schema
from leverframe.store.deliveries import Owed
from leverframe.store.events import StoredEvent
from leverframe.teams_rooms import Bot, TeamsRooms, build_teams, teams_bots
from leverframe.web import assets, health
from leverframe.web.console import console_doors
from leverframe.web.desk import Desk
from leverframe.web.doors import Door, Limit
from leverframe.web.entrance import Entrance
from leverframe.web.guard import Guard
from leverframe.web.hook import HookDoor, Workspace
from leverframe.web.identity import IdentityPages
from leverframe.web.inbound import Inbound, Receive, Scope, Send
from leverframe.web.incoming import IncomingDoor
from leverframe.web.rates import address_of, peer_of
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site
from leverframe.web.webhooks import hook_doors
from leverframe.work.audit import ChainKeeper
from leverframe.work.bell import Bell
from leverframe.work.deliver import Deliverer
from leverframe.work.explain import Explainer
from leverframe.work.fanout import Fanout
from leverframe.work.library import Library
from leverframe.work.paths import Paths
from leverframe.work.receive import Receiver, Recent
from leverframe.work.redrive import Redriver
from leverframe.work.send import Sender
from leverframe.work.sweep import Kept, Sweeper

if TYPE_CHECKING:
    from leverframe.github.client import GitHub
    from leverframe.plugins.host import Host
    from leverframe.work.content.office import Office

HEARTBEAT_S = 5.0
PATIENCE_S = 8.0
"""What an orderly end waits for messages that are under way; container hosts kill after ten seconds."""
PLAYGROUND = Limit(rate="600/minute", per="address")
HOOK = "hook"
"""The source of events that came to /hook."""
log = structlog.get_logger("leverframe")


class SystemClock:
    """The machine's time."""

    def now(self) -> datetime:
        """Return the present instant, in UTC."""
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        """Return after ``seconds``."""
        await asyncio.sleep(seconds)


@dataclass(slots=True, kw_only=True)
class App:
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

    def told(chat: str, outcome: Outcome, duration_s: float, delivery: Owed) -> None:
        metrics.told(chat, outcome, duration_s)

    hooks = build_hooks(config, database, clock, parse, told=told, planned=planned)
    box, relay = None, Relay(hooks.guarded, config.hub.url)
    if is_needed(config):
        box = build_box(
            config, database, clock, outbound, metrics, github=github, roles=roles, zone=zone, planned=planned,
            groups_of=lambda by: {name for one in members for name in one.of(by)}, teams_of=teams.of if teams is not None else None,
            powerless=() if demo else [name for name, chat in config.chats.items() if chat.kind == "playground"],  # type: ignore[attr-defined]
            host=host, hearing=hearing, presser=build_presser(config, database, clock, library, relay, roles=roles, zone=zone, planned=planned),
            guarded=hooks.guarded,
        )  # fmt: skip
    endings: list[Callable[[], None]] = []
    bots, presses = await teams_bots(config, outbound, clock, database), build_presses(config, outbound, clock)
    chats, playground_doors = _chats(config, outbound, database, clock, demo, endings, box, tokens, bots, presses, host)
    filters = _filters(config)
    table = RouteTable(config.routes, filters.where if filters else None)
    paths = _paths(config, github, clock)
    fanout = Fanout(
        database, clock, boot=lambda: database.boot, table=table, library=library, recent=recent, zone=zone,
        room_quiet={name: room.quiet.hours() for name, room in config.rooms.items() if room.quiet is not None},
        paths=paths, bell=accepted, planned=planned, follower=box.follower if box is not None else None, hearing=hearing,
        audience=hooks.audience, subscribers_owed=hooks.owed,
    )  # fmt: skip
    routes, words = {route.name: route for route in config.routes}, Words(config, zone)
    deliverer = Deliverer(
        database, clock, boot=lambda: database.boot, chats=chats, library=library,
        sender=Sender(routes, words, Mentions(config)), chance=random.random, bell=planned, told=told,
    )  # fmt: skip
    explainer = Explainer(database, clock, table=table, routes=config.routes, sources=parsing, parse=parse, accepted=accepted.ring, paths=paths)
    sites = build_sites(config, database, clock, box.dispatcher if box is not None else None)
    keeper = hook_keeper(config, github, lambda: table.routes)
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
        address_of=lambda scope: address_of(scope.get("client")),
    )  # fmt: skip

    def owed_again() -> None:
        planned.ring()
        hooks.owed.ring()

    teams_rooms = build_teams(
        config, box, bots, outbound, clock, refusals=refusals, access=access, address_of=lambda scope: address_of(scope.get("client")),
    )  # fmt: skip
    actions = _actions(config, desk, refusals, relay, presses, library, lambda event, route: words(event, routes.get(route)))
    before, after = bucket_steps(config, sources, sites)
    inbound = Inbound(
        Receiver(database, clock, recent, accepted.ring, owed_again, hub_id(config.hub.url)), sources,
        hook=HookDoor(database, clock, parsing[HOOK], _workspaces(config, chats)),
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
            ("heartbeat", lambda: _beat(database, clock)), ("fanout", fanout.run), ("deliver", deliverer.run), ("subscribers", hooks.loop.run),
            ("sweep", Sweeper(database, clock, Kept(**config.retention.model_dump()), signer).run), ("audit", ChainKeeper(database, clock, signer).run), ("counts", lambda: _count(database, clock, metrics)),
            *(box.loops if box is not None else ()), *([("sites", sites.looker.run)] if sites is not None else []), *slack.loops, *([("github teams", teams.run)] if teams is not None else []), *([("plugins", hearing.run)] if hearing is not None else []),
            *([("recover", recovering.run)] if recovering is not None else []),
        ],
        deliverer=deliverer, chats=chats, outbound=outbound, hooks=hooks, refusals=refusals, filters=filters, endings=endings, box=box, sites=sites, slack=slack, teams=teams_rooms, host=host, metrics=metrics,
        _tasks=[],
    )  # fmt: skip


async def _beat(database: Any, clock: Clock) -> None:
    """Keep this process's leases; when they ran out all the same (the machine slept, the database was away), begin anew."""
    while True:
        await clock.sleep(HEARTBEAT_S)
        try:
            if not await database.write(schema.heartbeat, boot=database.boot, now=clock.now()):
                log.warning("leases_lost")
                await database.rejoin()
        except Refused as error:
            log.warning("heartbeat_failed", code=error.code)
        except Exception:
            log.exception("heartbeat_failed")  # a loop that ended would lose every lease


async def _count(database: Any, clock: Clock, metrics: Metrics) -> None:
    while True:
        try:
            found = await database.read(counts.waiting)
            metrics.unrouted.set(found.unrouted)
            metrics.recoveries_owed.set(found.missing)
            metrics.owed.set(found.owed)
            metrics.dead.set(found.dead)
        except Refused as error:
            log.warning("counts_unknown", code=error.code)
        except Exception:
            log.exception("counts_unknown")
        await clock.sleep(15.0)


class Words:
    """Words an event as its route wants it."""

    def __init__(self, config: Config, zone: ZoneInfo) -> None:
        self._locale, self._zone = config.hub.locale, zone
        self._templates: dict[str, Any] = {}
        if any(route.template for route in config.routes):
            from leverframe.templates import compile_template  # Jinja, only where it is used

            self._templates = {route.name: compile_template(route.template) for route in config.routes if route.template}

    def __call__(self, event: Event, route: Route | None) -> Message:
        """Return the message; raises ``TemplateFailed`` when the route's template does."""
        locale: Locale = (route.locale if route else None) or self._locale
        template = self._templates.get(route.name) if route else None
        if template is not None:
            message: Message = template.render(event, locale, self._zone)
            return message
        return compose(event, locale, self._zone)


class Mentions:
    """Who of a source is who in a chat: ``[people.NAME] identities``."""

    def __init__(self, config: Config) -> None:
        self._identities = [[tuple(identity.split(":", 1)) for identity in accounts] for accounts in config.people.identities.values()]
        self._of = lru_cache(maxsize=64)(self._find)

    def __call__(self, kind: str, chat: str) -> Mapping[str, str]:
        """Return login → id in the chat, for logins of sources of this kind."""
        return self._of(kind, chat)

    def _find(self, kind: str, chat: str) -> Mapping[str, str]:
        found: dict[str, str] = {}
        for identities in self._identities:
            there = next((who.rpartition("/")[2] for platform, who in identities if platform == chat), None)
            if there is not None:
                found.update({who: there for platform, who in identities if platform == kind})
        return found


def _chats(
    config: Config, outbound: Outbound, database: Any, clock: Clock, demo: bool, endings: list[Callable[[], None]], box: SignalBox | None,
    tokens: Mapping[str, Any], bots: Mapping[str, Bot], presses: Mapping[str, Any], host: Host | None,
) -> tuple[dict[str, Chat], Callable[[], Sequence[Door]]]:
    """Return the chats, each room imported only when it is configured, and what makes the playground's doors.

    ``endings`` gets what ends streams that would stay open by themselves.
    """
    chats: dict[str, Chat] = {}
    doors: Callable[[], Sequence[Door]] = tuple
    for name, settings in config.chats.items():
        if (added := plugin_chat(config, host, name, settings)) is not None:
            chats[name] = added
        elif settings.kind == "slack":  # type: ignore[attr-defined]
            from leverframe.chats.slack.send import SlackChat

            chats[name] = SlackChat(name, settings, outbound, tokens[name])  # type: ignore[arg-type]
        elif settings.kind == "teams":  # type: ignore[attr-defined]
            from leverframe.chats.teams.send import TeamsChat

            bot = bots.get(name)
            chats[name] = TeamsChat(name, settings, outbound, rooms=bot.rooms if bot else None, connector=bot.connector if bot else None, presses=presses.get(name))  # type: ignore[arg-type]
        else:
            from leverframe.chats.playground.feed import Feed
            from leverframe.chats.playground.inbound import Talk
            from leverframe.chats.playground.send import PlaygroundChat
            from leverframe.store.playground import PlaygroundMessages

            store, feed = PlaygroundMessages(database), Feed()
            chats[name] = PlaygroundChat(name, settings, store, feed, clock)  # type: ignore[arg-type]
            endings.append(feed.close)
            rooms = [room.partition(":")[2] for route in config.routes for room in route.to if room.startswith(f"{name}:")]
            talk = Talk(store, feed, clock, rooms=rooms, name=name, overhears=box.overhears if box is not None else None)
            doors = partial(_playground, config, outbound, talk, clock, demo, box)
    return chats, doors


def _playground(config: Config, outbound: Outbound, talk: Any, clock: Clock, demo: bool, box: SignalBox | None) -> list[Door]:
    from leverframe.web.playground import Playground, Samples, doors

    samples = None
    if demo:
        name, settings = next(iter(config.sources.items()))
        samples = Samples(post=outbound, url=f"http://127.0.0.1:{config.hub.port}", source=name, secret=settings.secrets[0].reveal())  # type: ignore[attr-defined]
    page = Playground(
        talk=talk, clock=clock, locale=config.hub.locale, timezone=config.hub.timezone, samples=samples, commands=config.registry,
        conversations=box.conversations if box is not None else None, complete=box.complete if box is not None else None,
    )  # fmt: skip
    return [
        Door(method=method, path=path, permission="playground", limit=PLAYGROUND, body_cap=64 * 1024 if method == "POST" else 0, handler=handler)
        for method, path, handler in doors(page)
    ]


def _workspaces(config: Config, chats: Mapping[str, Chat]) -> tuple[Workspace, ...]:
    """Return where /hook may write: the Slack workspaces, or the playground where there is none."""
    slack = [name for name, chat in chats.items() if chat.kind == "slack"]
    return tuple(
        Workspace(chat=name, subdomain=getattr(config.chats[name], "subdomain", None), check_room=chats[name].check_room) for name in slack or chats
    )


def _actions(
    config: Config, desk: Desk, refusals: RefusalLog, relay: Relay, presses: Mapping[str, Any], library: Library, words: Callable[[Event, str], Message]
) -> Sequence[Door]:
    """Return the door of MessageCards' buttons; there is none where nothing could be done."""
    if desk.levers is None:
        return ()
    from leverframe.web.teams_actions import TeamsActions

    async def event(id: int) -> Event | None:
        return (await library.get([id])).get(id)

    made = TeamsActions(desk, refusals, keys=button_keys(config) if presses else (), rooms=presses, event=event, words=words)
    relay.own = made.relayed
    return made.doors()


def _filters(config: Config) -> Any:
    """Return what answers ``where``; only when a route has one."""
    if not any(route.where for route in config.routes):
        return None
    from leverframe.filters import Filters

    return Filters()


def _paths(config: Config, github: Callable[[], GitHub], clock: Clock) -> Paths | None:
    """Return what asks for the files of pull requests; only when a route looks at them."""
    if not config.github.has_credentials or not any(route.paths for route in config.routes):
        return None
    from leverframe.github.pulls import PullRequestFiles

    return Paths(PullRequestFiles(github()), clock)


def _api(desk: Desk) -> Sequence[Door]:
    from leverframe.web.api import api_doors

    return api_doors(desk)
