"""``[services]``, ``[runners]`` and ``[commands]`` become what the rest of the hub asks: a catalogue, a registry, runners' settings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
from pydantic import BaseModel

from leverframe.config.doubts import Table
from leverframe.config.lines import KeyPath
from leverframe.config.models import Role
from leverframe.config.reading import Reading, near
from leverframe.core.access import BUILT_IN as ACCESS
from leverframe.core.access import VERBS
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.configured import ARGUMENT_KEYS, KEYS, CommandInvalid, Configured, command_of
from leverframe.core.commands.definitions import Command, CommandTaken, Registry
from leverframe.core.services import Catalogue, Environment

NEED_NONE = ("simulated", "github_actions", "repository_dispatch")
"""Kinds that may be named without a section."""
_NAMELESS = {
    "github_actions": ("inputs", {"service": "", "env": "", "ref": "", "sha": ""}),
    "jenkins": ("parameters", {"service": "", "env": "", "ref": ""}),
}
"""What a runner is not told of a command unless the configuration names it: its arguments have names of their own."""
_SERVICE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")


class Levers(msgspec.Struct, frozen=True, kw_only=True):
    """What can be pulled, by what, and how it is called."""

    catalogue: Catalogue = msgspec.field(default_factory=Catalogue)
    registry: Registry = BUILT_IN
    configured: Mapping[str, Configured] = msgspec.field(default_factory=dict)
    """The commands of ``[commands]``, by name."""
    runners: Mapping[str, BaseModel] = msgspec.field(default_factory=dict)
    """The settings of every runner that is configured, or named by its kind; ``kind`` tells which room they belong to."""


def read_levers(document: Table, reading: Reading, added: Iterable[tuple[KeyPath, Command]] = ()) -> Levers:
    """Return what ``document`` says, without what is wrong: that is noted. ``added`` are the commands of plugins."""
    runners = _Runners(reading, reading.rooms("runners", document.get("runners", {})))
    services: dict[str, Mapping[str, Environment]] = {}
    if "services" in document:
        for name, service in reading.tables("services", document["services"]).items():
            services[name] = _service(name, service, reading, runners)
    configured: dict[str, Configured] = {}
    registry = BUILT_IN
    for name, command in reading.tables("commands", document.get("commands", {})).items():
        found = _command(name, command, reading, runners)
        if found is None:
            continue
        if name in VERBS:  # its grants would let people do something else too
            reading.found("command_taken", ("commands", name), name)
            continue
        try:
            registry = registry.joined([found.command])
        except CommandTaken:
            reading.found("command_taken", ("commands", name), name)
        else:
            configured[name] = found
    for at, own in added:
        try:
            registry = registry.joined([own])
        except CommandTaken:
            reading.found("command_taken", at, own.name)
    settings = {name: one for name, one in runners.settings.items() if one is not None}
    works = {name: Environment(service=f"/{name}", name=one.runner, runner=one.runner, target=one.target) for name, one in configured.items()}
    return Levers(catalogue=Catalogue(services=services, commands=works), registry=registry, configured=configured, runners=settings)


class _Runners:
    """The runners that there are, and the keys that each has of an environment."""

    def __init__(self, reading: Reading, settings: dict[str, BaseModel | None]) -> None:
        self._reading = reading
        self.settings = settings

    def of_command(self, runner: str, theirs: Table) -> Table:
        """Return ``theirs`` with no name for what a command does not have."""
        key, nameless = _NAMELESS.get(str(getattr(self.settings.get(runner), "kind", runner)), ("", {}))
        named = theirs.get(key, {})
        return {**theirs, key: {**nameless, **named}} if key and isinstance(named, dict) else theirs

    def target(self, runner: Any, theirs: Table, at: KeyPath, ours: frozenset[str]) -> Mapping[str, Any]:
        """Return ``theirs`` as the runner's ``Target`` reads them; ``ours`` are the other keys that may stand beside them."""
        if not isinstance(runner, str):
            return {}
        if runner not in self.settings:
            if runner not in NEED_NONE:
                known = dict.fromkeys((*self.settings, *NEED_NONE))
                self._reading.found("runner_unknown", (*at, "runner"), runner, near(runner, known, '"{}"'))
                return {}
            self.settings[runner] = self._reading.model("runners", runner, "Settings")()
        settings = self.settings[runner]
        if settings is None:  # it is wrong itself, and that is told
            return {}
        read = self._reading.section(self._reading.model("runners", getattr(settings, "kind", ""), "Target"), dict(theirs), at, beside=ours)
        return {} if read is None else read.model_dump(mode="json", by_alias=True)


def _service(name: str, given: Table, reading: Reading, runners: _Runners) -> dict[str, Environment]:
    from leverframe.config.services import EnvironmentSection, ServiceSection
    from leverframe.core.deployments import Rules

    at: KeyPath = ("services", name)
    ours = frozenset(EnvironmentSection.model_fields)
    _named(reading, at, name)
    service = reading.section(ServiceSection, dict(given), at)
    read: dict[str, tuple[EnvironmentSection, Mapping[str, Any]]] = {}
    for key, keys in reading.tables("environments", given["environments"], at).items() if "environments" in given else ():
        here = (*at, "environments", key)
        _named(reading, here, key)
        section = reading.section(EnvironmentSection, {word: value for word, value in keys.items() if word in ours}, here)
        target = runners.target(keys.get("runner"), {word: value for word, value in keys.items() if word not in ours}, here, ours)
        if isinstance(section, EnvironmentSection):
            read[key] = (section, target)
    if not isinstance(service, ServiceSection):
        return {}
    follows = {key: tuple(other for other, (one, _) in read.items() if one.follow and one.after == key) for key in read}
    return {
        key: Environment(
            service=name, name=key, runner=section.runner, target=target, repository=service.repository, whole_service=service.lane == "service",
            freezes=section.freezes(), on=tuple(section.on), room=service.room, rooms=tuple(service.rooms),
            rules=Rules(
                after=section.after, checks=None if service.checks is None else tuple(service.checks), retry=section.again(), follows=follows[key],
                policy=None if section.approvals is None else section.approvals.policy(),
            ),
        )
        for key, (section, target) in read.items()
    }  # fmt: skip


def _named(reading: Reading, at: KeyPath, name: str) -> None:
    if not _SERVICE_NAME.fullmatch(name):
        reading.found("service_name_invalid", at, name)


def _command(name: str, given: Table, reading: Reading, runners: _Runners) -> Configured | None:
    at: KeyPath = ("commands", name)
    try:
        command = command_of(name, given)
    except CommandInvalid as error:
        inside = tuple(int(part) if part.isdigit() else part for part in error.key.split(".") if part)
        missing = error.key == "runner" and "runner" not in given
        if missing:
            reading.found("key_missing", (*at, *inside))
        elif inside and len(inside) > 2 and inside[-1] not in ARGUMENT_KEYS:
            reading.found("key_unknown", (*at, *inside), near=near(str(inside[-1]), ARGUMENT_KEYS))
        else:
            reading.found("value_invalid", (*at, *inside), error.what)
        return None
    target = runners.target(command.runner, runners.of_command(command.runner, command.target), at, KEYS)
    return Configured(command=command.command, runner=command.runner, target=target, roles=command.roles)


def with_commands(roles: Mapping[str, Role], commands: Iterable[Configured]) -> dict[str, Role]:
    """Return ``roles`` with a grant for every command that names them."""
    granted = dict(roles)
    for command in commands:
        for name in command.roles:
            built_in = ACCESS.get(name)
            role = granted.get(name) or Role(members=[], allow=list(built_in.allow) if built_in is not None else [])
            granted[name] = role.model_copy(update={"allow": [*role.allow, command.command.name]})
    return granted
