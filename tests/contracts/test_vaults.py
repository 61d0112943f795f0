"""What every ``ports.TokenVault`` is held to, on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from databases import clock, database, database_url, opened  # noqa: F401
from msgspec.structs import replace
from services.postgres import Server

from leverframe.core.errors import Refused
from leverframe.ports import Installation
from leverframe.store.installations import Installations
from leverframe.store.tables import installations as table

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 21, 3, 0, tzinfo=UTC)
OLD, NEW = b"o" * 32, b"n" * 32
Vault: TypeAlias = Callable[..., Installations]


def made(team: str = "T1", **changed: Any) -> Installation:
    """Return what a workspace gave."""
    given = Installation(
        chat="slack", team=team, token=f"xoxb-{team}", scopes=("commands", "chat:write"), installed_at=NOON, team_name="가나다", app="A1", bot_user="U0BOT",
        by="U1", refresh_token="xoxe-1", expires_at=NOON + timedelta(hours=12),
    )  # fmt: skip
    return replace(given, **changed)


@pytest.fixture
def vault(database: Any) -> Vault:  # noqa: F811
    """Open the vault of the database with keys, as a process does."""

    return lambda *keys: Installations(database, keys or (OLD,))


async def test_what_is_kept_comes_back_whole(vault: Vault) -> None:
    """Every field, to another process too; a second installation of the same workspace takes the former one's place."""
    await vault().keep(made())
    assert list(await vault().installations("slack")) == [made()]
    again = made(token="xoxb-again", installed_at=NOON + timedelta(days=1), refresh_token=None, expires_at=None)
    await vault().keep(again)
    assert list(await vault().installations("slack")) == [again] and list(await vault().installations("other")) == []


async def test_the_newest_comes_first(vault: Vault) -> None:
    """Of several workspaces."""
    for days, team in ((1, "T1"), (3, "T3"), (2, "T2")):
        await vault().keep(made(team, installed_at=NOON + timedelta(days=days)))
    assert [one.team for one in await vault().installations("slack")] == ["T3", "T2", "T1"]


async def test_no_token_is_readable_in_the_database(vault: Vault, database: Any) -> None:  # noqa: F811
    """Neither the token, nor what renews it, nor who installed it stands there in the clear."""
    await vault().keep(made())
    [row] = await database.read(lambda connection: connection.execute(sa.select(table)).all())
    assert (row.chat, row.team, row.installed_at) == ("slack", "T1", NOON)
    for secret in ("xoxb-", "xoxe-", "U0BOT"):
        assert secret not in row.sealed


async def test_without_a_key_nothing_is_kept(database: Any) -> None:  # noqa: F811
    """Rather no installation than a token in the clear."""
    with pytest.raises(Refused, match="secret_not_kept"):
        await Installations(database, ()).keep(made())


async def test_a_new_key_takes_over(vault: Vault) -> None:
    """With both keys everything is read and sealed anew, once; then the old one can be thrown away, and the new one alone opens it."""
    await vault(OLD).keep(made())
    assert list(await vault(NEW, OLD).installations("slack")) == [made()]
    assert await vault(NEW, OLD).reseal("slack") == 1
    assert await vault(NEW, OLD).reseal("slack") == 0
    assert list(await vault(NEW).installations("slack")) == [made()] and list(await vault(OLD).installations("slack")) == []


async def test_what_no_key_opens_is_left_out_and_left_alone(vault: Vault, database: Any) -> None:  # noqa: F811
    """A lost key costs what it sealed, nothing else; a row that somebody wrote in the clear or copied from another workspace is not believed."""
    await vault(OLD).keep(made("T1"))
    await vault(NEW).keep(made("T2"))
    assert [one.team for one in await vault(NEW).installations("slack")] == ["T2"]
    assert await vault(NEW).reseal("slack") == 0
    assert [one.team for one in await vault(OLD).installations("slack")] == ["T1"]

    def tamper(connection: sa.Connection) -> None:
        sealed = connection.execute(sa.select(table.c.sealed).where(table.c.team == "T2")).scalar_one()
        connection.execute(table.insert().values(chat="slack", team="T3", sealed=sealed, installed_at=NOON))
        connection.execute(table.insert().values(chat="slack", team="T4", sealed='{"chat":"slack","team":"T4"}', installed_at=NOON))

    await database.write(tamper)
    assert [one.team for one in await vault(NEW).installations("slack")] == ["T2"]


async def test_an_installation_is_finished_once(vault: Vault) -> None:
    """Whoever comes first, of as many processes as there are; one that was not begun, or too long ago, is none."""
    await vault().begin("digest", NOON + timedelta(minutes=10))
    assert not await vault().finish("other", NOON)
    assert sorted(await asyncio.gather(*(vault().finish("digest", NOON) for _ in range(5)))) == [False, False, False, False, True]
    await vault().begin("late", NOON + timedelta(minutes=10))
    assert not await vault().finish("late", NOON + timedelta(minutes=10))
    assert not await vault().finish("late", NOON)


async def test_two_processes_finish_it_once(postgres_server: Server, postgres_template: str, clock: VirtualClock) -> None:  # noqa: F811
    """On PostgreSQL, each with connections of its own."""
    url = postgres_server.lend(postgres_template)
    async with opened(url, clock) as one, opened(url, clock) as other:
        await Installations(one, [OLD]).begin("digest", NOON + timedelta(minutes=10))
        assert sorted(await asyncio.gather(*(Installations(process, [OLD]).finish("digest", NOON) for process in (one, other)))) == [False, True]
    postgres_server.take_back(url)
