"""The levers of a desk without a hub around it: a real converser and deployer, whose runner is simulated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from work.box import CATALOGUE

from leverframe.core.access import Role
from leverframe.core.approvals import Policy
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.dispatches import Manner
from leverframe.core.errors import Locale
from leverframe.core.people import People
from leverframe.core.services import Catalogue
from leverframe.runners.answer import Answering
from leverframe.runners.simulated import Settings, SimulatedRepositories, SimulatedRunner
from leverframe.secrets.sealing import Sealer
from leverframe.store.tables import lever_effects
from leverframe.web.levers import LeverDesk
from leverframe.work.approve import Approver
from leverframe.work.bell import Bell
from leverframe.work.converse import Converser
from leverframe.work.deploy import Deployer
from leverframe.work.dispatch import Dispatcher
from leverframe.work.levers import Levers
from leverframe.work.standing import Standings

ALL = ("deploy *", "rollback *", "approve *", "reject *", "cancel *", "retry *", "settle *", "lock *", "unlock *")
ROLES: Mapping[str, Role] = {
    "release": Role(allow=(*ALL, "deployments.read"), members=("person:rita", "person:rob")),
    "trainee": Role(allow=("deployments.read", "deploy web-app staging")),
}

MANNERS = {"acme/site": Manner(window_s=30.0, runner="simulated")}


class Frame:
    """What pulls, and what a test turns."""

    def __init__(self, database: Any, clock: Any, roles: Mapping[str, Role], *, catalogue: Catalogue = CATALOGUE, per_person: int = 0, locale: Locale = "en", manners: Mapping[str, Manner] = MANNERS) -> None:
        self.database, self.clock = database, clock
        zone, people, repositories = ZoneInfo("Asia/Seoul"), People(), SimulatedRepositories()
        sealer = Sealer([b"k" * 32])
        self.deployer = Deployer(
            database, clock, boot=lambda: database.boot, catalogue=catalogue, people=people, zone=zone, told=Bell(),
            runners={"simulated": SimulatedRunner("simulated", Settings(seconds=10), clock), "answer": Answering()}, repositories=lambda deployment: repositories,
            happened=lambda what, deployment: None, seal=sealer.seal, unseal=sealer.open, manners=manners,
        )  # fmt: skip
        self.converser = Converser(
            database, clock, Levers(self.deployer, registry=BUILT_IN, roles=roles, locale=locale, zone=zone), Standings(roles, people),
            boot=lambda: database.boot, locale=locale, per_person=per_person, per_room=0, counts=lambda command, code, duration_s, **where: None,
        )  # fmt: skip
        self.desk = LeverDesk(outcome=self.converser.outcome, catalogue=catalogue, registry=BUILT_IN, people=people, dispatcher=Dispatcher(self.deployer), approver=Approver(self.deployer), policies={"release": Policy(required=2, from_roles=("release",))})

    async def run(self, *, seconds: float = 60.0) -> None:
        """Do what is due, and what becomes due in so many seconds."""
        end = self.clock.now().timestamp() + seconds
        while True:
            while await self.deployer.step():
                await self.deployer.settle()
            due = await self.database.read(lambda connection: connection.execute(sa.select(sa.func.min(lever_effects.c.due_at))).scalar())
            if due is None or due.timestamp() > end:
                return
            await self.clock.sleep(max(0.0, (due - self.clock.now()).total_seconds()))
