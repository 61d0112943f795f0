"""What is deployed where: the services of the configuration with their environments, as the rest of the hub asks for them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from leverframe.core.commands.definitions import Known
from leverframe.core.deployments import Rules
from leverframe.core.lanes import lane_key

if TYPE_CHECKING:  # a hub without freezes needs no reader of cron's lines
    from leverframe.core.freezes import Freeze


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """``[services.NAME.environments.NAME]``."""

    service: str
    name: str
    runner: str
    """A key of ``[runners]``, or a kind that needs none."""
    target: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The runner's own keys, as its room's ``Target`` model read them."""
    repository: str | None = None
    """``owner/name``; the service's."""
    whole_service: bool = False
    """``lane = "service"``: all environments of the service share one lane."""
    rules: Rules = msgspec.field(default_factory=Rules)
    freezes: tuple[Freeze, ...] = ()
    on: tuple[str, ...] = ()
    """Events that start a deployment by themselves: ``push main``."""
    room: str | None = None
    """Where one that nobody asked for in a room is told: ``slack:#deploys``."""
    rooms: tuple[str, ...] = ()
    """Rooms that see every deployment's card, besides the one in which it was asked for."""

    @property
    def lane(self) -> str:
        """The key of its lane."""
        return lane_key(self.service, self.name, whole_service=self.whole_service)


class Catalogue(msgspec.Struct, frozen=True, kw_only=True):
    """All services, by name; their environments in the order of the configuration."""

    services: Mapping[str, Mapping[str, Environment]] = msgspec.field(default_factory=dict)
    commands: Mapping[str, Environment] = msgspec.field(default_factory=dict)
    """For each command of ``[commands]``, by name, what its runner works in. Its service is ``/name``, as none that people deploy can be."""

    def find(self, service: str, environment: str) -> Environment | None:
        """Return the environment, ``None`` when there is none of these names."""
        found = self.services.get(service, {}).get(environment)
        return found if found is not None else next((one for one in self.commands.values() if (one.service, one.name) == (service, environment)), None)

    def in_lane(self, lane: str) -> tuple[Environment, ...]:
        """Return the environments that share a lane."""
        return tuple(one for environments in self.services.values() for one in environments.values() if one.lane == lane)

    def known(self) -> Known:
        """Return the names, as commands are read and checked with them."""
        return Known(services={service: tuple(environments) for service, environments in self.services.items()})
