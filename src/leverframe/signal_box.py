"""The signal box: everything between people's words and the levers, married from the configuration; built only where there is something to pull or somebody to hear."""

from __future__ import annotations

from collections.abc import Callable, Collection, Coroutine, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

from leverframe.config import Config
from leverframe.core.access import Role
from leverframe.core.conversation import Asker, Choice
from leverframe.ports import Clock, OptionsWanted, Repositories, Runner

if TYPE_CHECKING:
    from leverframe.core.deployments import Deployment
    from leverframe.core.deployments.effects import Happening
    from leverframe.core.events import Event
    from leverframe.core.gates import Rule
    from leverframe.core.messages import Message
    from leverframe.github.client import GitHub
    from leverframe.net import Outbound
    from leverframe.observe import Metrics
    from leverframe.plugins.host import Host
    from leverframe.web.conversations import Conversations
    from leverframe.web.levers import LeverDesk
    from leverframe.work.approve import Approver
    from leverframe.work.audience import Audience
    from leverframe.work.bell import Bell
    from leverframe.work.converse import Converser
    from leverframe.work.crowd import Crowd
    from leverframe.work.deploy import Deployer
    from leverframe.work.dispatch import Dispatcher
    from leverframe.work.follow import Follower
    from leverframe.work.hearing import Hearing
    from leverframe.work.levers import Levers
    from leverframe.work.library import Library
    from leverframe.work.press import Presser
    from leverframe.work.standing import Standings

_COUNTED = frozenset({"succeeded", "failed", "cancelled", "expired", "unknown"})


class SignalBox(msgspec.Struct, frozen=True, kw_only=True):
    """What people speak to, and what pulls."""

    converser: Converser
    levers: Levers
    conversations: Conversations
    """The same for every chat: answers in time, and says the rest later."""
    deployer: Deployer
    dispatcher: Dispatcher
    """Starts workflows for whoever may ask for it."""
    approver: Approver
    """Asks people for those who ask from elsewhere."""
    follower: Follower
    """Moves deployments by events."""
    standings: Standings
    runners: Mapping[str, Runner]
    overhears: Callable[[str], bool] | None
    """Whether a plugin has an answer to words that nobody said to the hub; ``None`` where none ever has."""
    complete: Callable[[Asker, str], Sequence[str]]
    """The words that somebody may go on with."""
    loops: Sequence[tuple[str, Callable[[], Coroutine[Any, Any, None]]]]


def is_needed(config: Config) -> bool:
    """Return whether there is anything to pull, or a chat in which somebody can speak to the hub."""
    if config.catalogue.services or config.configured or config.plugins or config.manners or config.sites or config.github.has_credentials:
        return True
    heard_by = ("signing_secrets", "app_token", "app_id", "outgoing")
    return any(getattr(chat, "kind", "") == "playground" or any(getattr(chat, key, None) for key in heard_by) for chat in config.chats.values())


def build_box(
    config: Config, database: Any, clock: Clock, outbound: Outbound, metrics: Metrics, *, github: Callable[[], GitHub], roles: Mapping[str, Role], zone: ZoneInfo, planned: Bell,
    groups_of: Callable[[Asker], Collection[str]], teams_of: Callable[[Iterable[str]], Collection[str]] | None, powerless: Collection[str], host: Host | None = None, hearing: Hearing | None = None,
    audience: Audience | None = None, presser: Presser | None = None, guarded: Outbound, crowd: Crowd,
) -> SignalBox:  # fmt: skip
    """Marry everything that pulls levers; nothing is started yet. ``github`` gives the hub's one client, ``planned`` is rung when something is to be said.

    ``groups_of`` tells from memory which groups of a chat somebody is in, ``teams_of`` which teams of GitHub (``None``: roles name none); in the chats ``powerless`` nobody holds anything. ``host`` has
    the plugins, ``hearing`` has them hear what happens, ``audience`` are projects' webhooks; ``guarded`` is the way to addresses that came by request; ``crowd`` is shared by all that is done later.
    """
    from leverframe.core.commands.forms import options_for
    from leverframe.core.commands.helping import complete
    from leverframe.secrets.keys import keys_for
    from leverframe.secrets.sealing import Sealer
    from leverframe.web.conversations import Conversations
    from leverframe.work.approve import Approver
    from leverframe.work.converse import Converser
    from leverframe.work.deploy import Deployer
    from leverframe.work.dispatch import Dispatcher
    from leverframe.work.extend import Extender
    from leverframe.work.follow import Follower
    from leverframe.work.levers import Levers
    from leverframe.work.standing import Standings, no_teams

    runners = _runners(config, outbound, clock, github, host, guarded)
    repositories = _repositories(config, github)

    def happened(what: Happening, deployment: Deployment) -> None:
        if what in _COUNTED and deployment.dispatch is not None:
            metrics.dispatched(deployment.service if deployment.service.lower() in config.manners else "other", what)
        elif what in _COUNTED:
            took_s = (deployment.changed_at - deployment.asked_at).total_seconds()
            metrics.deployed(deployment.service, deployment.environment, deployment.runner, what, took_s)

    sealer = Sealer(keys_for("secret arguments", config.hub.master_keys, config.sqlite_path))
    deployer = Deployer(
        database, clock, boot=lambda: database.boot, catalogue=config.catalogue, runners=runners, repositories=repositories, people=config.people, zone=zone,
        told=planned, happened=happened, audit_room=config.hub.audit_room, seal=sealer.seal, unseal=sealer.open,
        hearing=hearing, audience=audience, manners=config.manners, crowd=crowd,
    )  # fmt: skip
    standings = Standings(roles, config.people, groups_of=groups_of, teams_of=teams_of or no_teams, powerless=powerless)
    levers = Levers(deployer, registry=config.registry, roles=roles, locale=config.hub.locale, zone=zone, configured=config.catalogue.commands)
    converser = Converser(
        database, clock, levers, standings, boot=lambda: database.boot, locale=config.hub.locale,
        per_person=config.hub.commands_per_minute.person, per_room=config.hub.commands_per_minute.room, counts=metrics.commanded, audit_room=config.hub.audit_room,
        extender=Extender(database, host, locale=config.hub.locale, told=planned) if host is not None else None, presser=presser, crowd=crowd,
    )  # fmt: skip
    known = config.catalogue.known()

    async def options(wanted: OptionsWanted) -> Sequence[Choice]:
        return options_for(wanted.form, wanted.field, wanted.typed, config.registry, known, standings.of(wanted.by).identity)

    return SignalBox(
        converser=converser, levers=levers, deployer=deployer,
        conversations=Conversations(converser, locale=config.hub.locale, expects_form=converser.expects_form, options=options),
        standings=standings, runners=runners, dispatcher=Dispatcher(deployer), approver=Approver(deployer), follower=Follower(deployer, rules=_rules(config), api_url=config.github.api_url),
        overhears=host.overhears if host is not None and host.listens else None,
        complete=lambda by, typed: complete(typed, config.registry, known, standings.of(by).identity),
        loops=[("deploy", deployer.run), ("converse", converser.run), *([("cards", presser.run_for_ever)] if presser is not None else [])],
    )  # fmt: skip


def let_look(box: SignalBox, database: Any, clock: Clock, library: Library, presser: Presser, words: Callable[[Event, str], Message]) -> None:
    """Let people see cards with the buttons that they may press; ``words`` makes the message of an event, as the route of this name wants it."""
    from leverframe.work.look import Looker

    box.conversations.looks = Looker(database, clock, library, box.standings, box.levers, presser, words)


def _runners(config: Config, outbound: Outbound, clock: Clock, github: Callable[[], GitHub], host: Host | None, guarded: Outbound) -> Mapping[str, Runner]:
    from leverframe.runner_rooms import build_runners

    return build_runners(config, outbound, clock, github, host, guarded=guarded)


def _repositories(config: Config, github: Callable[[], GitHub]) -> Callable[[Deployment], Repositories]:
    from leverframe.runner_rooms import build_repositories

    return build_repositories(config, github)


def _rules(config: Config) -> Sequence[Rule]:
    from leverframe.core.gates import Rule

    return [
        Rule(
            repositories=tuple(one.repositories), environments=None if one.environments is None else tuple(one.environments), policy=config.policies[one.policy],
            rooms=tuple(one.rooms),
        )
        for one in config.github.gates
    ]  # fmt: skip


def lever_desk(config: Config, box: SignalBox, look_at: Callable[[str], Coroutine[Any, Any, None]]) -> LeverDesk:
    """Return the box as pages and API see it; ``look_at`` raises ``Refused`` for an address that the hub would not send to."""
    from leverframe.web.levers import LeverDesk

    return LeverDesk(outcome=box.converser.outcome, catalogue=config.catalogue, registry=config.registry, people=config.people, dispatcher=box.dispatcher, approver=box.approver, policies=config.policies, look_at=look_at)
