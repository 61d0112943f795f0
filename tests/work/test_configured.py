"""Commands of the configuration: a line becomes an order to a runner, with the arguments under their own names."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from clock import VirtualClock
from databases import opened

from leverframe.config import load
from leverframe.core.access import BUILT_IN, Role
from leverframe.core.deployments import snapshot, to_json
from leverframe.ports import Order
from leverframe.runner_rooms import build_repositories
from leverframe.runners.simulated import Settings, SimulatedRunner
from leverframe.secrets.sealing import Sealer
from leverframe.work.bell import Bell
from leverframe.work.converse import Converser
from leverframe.work.deploy import Deployer
from leverframe.work.levers import Levers
from leverframe.work.standing import Standings
from work.box import Box, text

pytestmark = pytest.mark.anyio
SEALER = Sealer([b"k" * 32])
TOML = """\
[github]
token = "env:TOKEN"

[runners.ci]
kind = "jenkins"
url = "https://ci.example.com"
user = "hub"
token = "env:TOKEN"

[services.web-app]
repository = "acme/web-app"
[services.web-app.environments.staging]
runner = "simulated"

[commands.restart]
runner = "ci"
job = "ops/restart"
roles = ["ops"]
arguments = [{ name = "app", kind = "service" }, { name = "version", kind = "ref", required = false }]

[commands.rotate]
runner = "ci"
job = "ops/rotate"
roles = ["ops"]
arguments = [{ name = "key", kind = "text", secret = true }]

[roles.ops]
members = ["slack:ANN"]
"""


class Recording(SimulatedRunner):
    """The simulated runner, which remembers what it was asked for."""

    def __init__(self, name: str, clock: VirtualClock) -> None:
        super().__init__(name, Settings(seconds=1), clock)
        self.orders: list[Order] = []

    async def start(self, order: Order) -> Any:
        self.orders.append(order)
        return await super().start(order)


@dataclass
class Hub:
    """A box with the commands of a configuration, and the runner that does their work."""

    box: Box
    ci: Recording


@pytest.fixture
async def hub(sqlite_url: str, clock: VirtualClock, tmp_path: Path) -> AsyncIterator[Hub]:
    """One whose levers are what leverframe.toml says."""
    (tmp_path / "leverframe.toml").write_text(TOML)
    config, zone, ci = load(tmp_path / "leverframe.toml", {"TOKEN": "t"}), ZoneInfo("UTC"), Recording("ci", clock)
    async with opened(sqlite_url, clock) as database:
        deployer = Deployer(
            database, clock, boot=lambda: database.boot, catalogue=config.catalogue, people=config.people, zone=zone, told=Bell(), runners={"ci": ci},
            repositories=build_repositories(config, _no_github), happened=lambda what, deployment: None, seal=SEALER.seal, unseal=SEALER.open,
        )  # fmt: skip
        roles = {**BUILT_IN, **{name: Role(members=tuple(role.members), allow=tuple(role.allow)) for name, role in config.roles.items()}}
        levers = Levers(deployer, registry=config.registry, roles=roles, locale="en", zone=zone, configured=config.catalogue.commands)
        converser = Converser(
            database, clock, levers, Standings(roles, config.people), boot=lambda: database.boot, locale="en", per_person=0, per_room=0,
            counts=lambda command, code, duration_s, **where: None,
        )  # fmt: skip
        try:
            yield Hub(Box(database, clock, deployer, converser, [], []), ci)
        finally:
            await converser.settled()
            await deployer.stop(1.0)


def _no_github() -> Any:
    raise AssertionError("GitHub is asked for nothing")


async def test_a_command_without_code_runs_once(hub: Hub) -> None:
    """It is done by its runner, with its arguments under their own names and no made-up commit, and ends as a deployment does."""
    answer = await hub.box.say("ann", "restart web-app v2 --dm")
    assert "dm" in text(answer), "an option that it does not have is told"
    await hub.box.say("ann", "restart web-app v2")
    await hub.box.run(seconds=60)
    assert await hub.box.states() == ["succeeded"]
    [order] = hub.ci.orders
    assert (order.service, order.environment, order.repository, order.ref, order.sha) == ("/restart", "ci", "acme/web-app", "v2", "")
    assert (dict(order.parameters), order.target["job"]) == ({"app": "web-app", "version": "v2"}, "ops/restart")


async def test_a_command_takes_a_grant_like_any_other(hub: Hub) -> None:
    """Its ``roles`` hold one; who has none of them is refused."""
    refused = await hub.box.say("bob", "restart web-app")
    assert not refused.public
    await hub.box.run(seconds=60)
    assert hub.ci.orders == []


async def test_a_secret_argument_reaches_the_runner_and_nobody_else(hub: Hub) -> None:
    """It is sealed while it waits, opened for the runner's call, and shown as ``***``."""
    await hub.box.say("ann", "rotate hunter2-hunter2")
    await hub.box.run(seconds=60)
    [order] = hub.ci.orders
    assert dict(order.parameters) == {"key": "hunter2-hunter2"}
    [one] = await hub.box.all()
    assert (one.state, snapshot(one)["parameters"]) == ("succeeded", {"key": "***"})
    assert b"hunter2" not in to_json(one)
