"""A hub's doors over a real database, without its engine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from databases import open_new_sqlite
from lever_desk import ROLES, Frame
from sitting import Clock, Doors, Routes

from leverframe.core.access import BUILT_IN, Role
from leverframe.core.details import Detail
from leverframe.github.client import GitHub, Token
from leverframe.github.hooks import Hooks
from leverframe.net import Outbound
from leverframe.observe import Metrics
from leverframe.secrets import Secret
from leverframe.store.database import Database
from leverframe.web.desk import Desk
from leverframe.web.refusals import RefusalLog
from leverframe.work.bell import Bell
from leverframe.work.github_hooks import HookKeeper, ReadFile
from leverframe.work.redrive import Redriver


@pytest.fixture
def clock() -> Clock:
    """A clock that only a test turns."""
    return Clock()


@pytest.fixture
async def database(tmp_path: Path, clock: Clock) -> AsyncIterator[Database]:
    """An empty database."""
    opened = await open_new_sqlite(tmp_path / "hub.db", clock)
    yield opened
    await opened.close()


@pytest.fixture
def roles() -> dict[str, Role]:
    """The built-in roles, and some of a configuration."""
    return {**BUILT_IN, "retrier": Role(allow=("events.read", "deliveries.*")), **ROLES}


@pytest.fixture
async def frame(database: Database, clock: Clock, roles: dict[str, Role]) -> AsyncIterator[Frame]:
    """The levers: web-app on staging, and on production behind an approval."""
    made = Frame(database, clock, roles)
    yield made
    await made.converser.settled()
    await made.deployer.stop(1.0)


@pytest.fixture
def desk(database: Database, clock: Clock, roles: dict[str, Role], frame: Frame) -> Desk:
    """What the doors work with: two routes, levers, and roles of the configuration beside the built-in ones."""
    return Desk(
        database=database, clock=clock, url="http://127.0.0.1:8080", locale="en", timezone=ZoneInfo("Asia/Seoul"),
        roles=roles, redrive=Redriver(database, clock, Bell()), routes=Routes(),
        github=HookKeeper(
            lambda: Hooks(GitHub(Outbound(), Token(None), clock)), url="http://127.0.0.1:8080", secrets={"github": Secret("s3cret")}, declared=(), routes=tuple,
            catalogue=frame.desk.catalogue, file=ReadFile(path="/etc/leverframe.toml", read_at=clock.now(), is_changed=lambda: False),
        ),
        chats={"slack": lambda room: None if room.startswith("#") else Detail("write #name", "#이름으로 쓰세요")}, levers=frame.desk)


@pytest.fixture
async def refusals(desk: Desk) -> AsyncIterator[RefusalLog]:
    """What the guard refuses; everything noted is written before the database closes."""
    log = RefusalLog(desk, Metrics())
    yield log
    await log.settled()


@pytest.fixture
def doors(desk: Desk, refusals: RefusalLog) -> Doors:
    """All doors of this floor, ready to be tried."""
    return Doors(desk, refusals)
