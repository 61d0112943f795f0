"""Migrations: an old database becomes what a fresh one is, whoever starts first, and a newer one is left alone."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from clock import VirtualClock
from databases import clock, opened  # noqa: F401
from services.postgres import Server
from sqlalchemy import Connection

from leverframe.app import build
from leverframe.cli import diagnosis
from leverframe.config import Config, load
from leverframe.core.errors import Refused
from leverframe.store import migrations, schema
from leverframe.store.postgres import open_postgres
from leverframe.store.tables import metadata, processes

pytestmark = pytest.mark.anyio

NOW = schema.HEAD
NEXT = f"{int(NOW) + 1:04}"
SECOND = '''
"""A later revision, of a test."""
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{before}"


def upgrade() -> None:
    """Add a table and fill it from an old one."""
    op.create_table("later", sa.Column("name", sa.Text, primary_key=True))
    op.execute("INSERT INTO later (name) SELECT name FROM people")
    {then}
'''
_VERSION = sa.Table("alembic_version", sa.MetaData(), sa.Column("version_num", sa.String(32)))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of a database of either kind that is quite empty: without tables."""
    return f"sqlite:///{tmp_path}/hub.db" if request.param == "sqlite" else request.getfixturevalue("empty_url")


async def migrated(store: Any) -> None:
    """Make all tables of an open store anew, by the migrations alone."""

    def make(connection: Connection) -> None:
        metadata.drop_all(connection)
        _VERSION.drop(connection)
        migrations.upgrade(connection)

    await store.write(make)


def inventory(connection: Connection) -> list[Any]:
    """Return all that the database itself knows of its tables, indexes, defaults and comments."""
    if connection.dialect.name == "sqlite":
        words = connection.execute(sa.text("SELECT tbl_name, sql FROM sqlite_master WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version' ORDER BY name"))
        return [(name, " ".join(sql.split())) for name, sql in words]
    return [
        tuple(row)
        for query in (
            "SELECT table_name, ordinal_position, column_name, data_type, is_nullable, column_default FROM information_schema.columns "  # noqa: ISC004
            "WHERE table_schema = 'public' ORDER BY 1, 2",
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2",
            "SELECT objoid::regclass::text, objsubid, description FROM pg_description WHERE classoid = 'pg_class'::regclass AND objoid >= 16384 ORDER BY 1, 2",
        )
        for row in connection.execute(sa.text(query))
    ]


def differences(connection: Connection) -> list[Any]:
    """Return what Alembic finds that the tables in the program have and the database has not, or the other way round."""
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_migrations_make_what_a_fresh_database_has(database_url: str, clock: VirtualClock) -> None:  # noqa: F811
    """Columns, defaults, indexes with their conditions, constraints and comments are the same, however the tables came to be."""
    async with opened(database_url, clock) as store:
        fresh = await store.read(inventory)
        assert await store.read(differences) == []
        await migrated(store)
        assert await store.read(inventory) == fresh
        assert await store.read(differences) == []
        assert await store.read(schema.version) == schema.HEAD
        assert len({str(row[0]) for row in fresh}) >= len(metadata.tables)
        # as the store's own close expects it: a process that is registered
        await store.rejoin()


async def test_what_sqlite_held_before_its_rows_lay_by_id_is_still_there(tmp_path: Path, clock: VirtualClock) -> None:  # noqa: F811
    """Every row of the tables that were written anew, in its order; and an identifier is what rows lie by now."""
    rows = {
        "events": "(7, x'07', 'github', 'd7', 'push', NULL, NULL, NULL, 1), (5, x'05', 'github', 'd5', 'push', NULL, 'acme/web', NULL, 1)",
        "bodies": "(5, 0, x'5b5d', x'7b7d')", "routing": "(7, 0, 2, NULL)",
        "deliveries": "(9, 5, 'slack:#a', 'k', 0, 'r', 1, 2, 1, 1, 0, 3, NULL), (8, 5, 'slack:#b', 'k', 0, 'r', 0, 0, 1, 1, 0, NULL, NULL)",
        "attempts": "(9, 2, 1, 4, 0, 200, NULL, ''), (9, 1, 1, 4, 1, 500, 'busy', 'words')",
    }  # fmt: skip

    def older(connection: Connection) -> None:
        metadata.drop_all(connection)
        _VERSION.drop(connection)
        command.upgrade(migrations.config(connection), "0007")
        for table, values in rows.items():
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES {values}")

    def held(connection: Connection) -> dict[str, list[Any]]:
        return {table: [tuple(row) for row in connection.exec_driver_sql(f"SELECT * FROM {table} ORDER BY 1, 2")] for table in rows}

    def keyed(connection: Connection) -> set[str]:
        return set(connection.exec_driver_sql("SELECT tbl_name FROM sqlite_master WHERE name LIKE 'sqlite_autoindex%'").scalars()) & rows.keys()

    async with opened(f"sqlite:///{tmp_path}/hub.db", clock) as store:
        await store.write(older)
        before = await store.read(held)
        assert await store.read(keyed) == rows.keys()
        await store.write(schema.prepare)
        assert await store.read(held) == before
        assert await store.read(keyed) == {"events"}, "for what it is recognised by"
        await store.rejoin()


def test_the_newest_revision_is_the_head() -> None:
    """There is one line of revisions, and the program knows its end."""
    script = ScriptDirectory.from_config(migrations.config())
    assert script.get_heads() == [schema.HEAD]
    names = sorted(path.name for path in migrations.VERSIONS[0].glob("*.py"))
    assert [name[:4] for name in names] == [f"{number:04}" for number in range(1, int(schema.HEAD) + 1)]


async def test_a_database_of_a_newer_version_is_left_alone(database_url: str, clock: VirtualClock) -> None:  # noqa: F811
    """It is refused by its code, and nothing in it has changed."""
    async with opened(database_url, clock) as store:
        await store.write(lambda connection: connection.execute(_VERSION.update().values(version_num="9999")))
        with pytest.raises(Refused, match="database_newer"):
            await store.write(schema.prepare)
        assert await store.read(schema.version) == "9999"


@pytest.fixture
def empty_url(postgres_server: Server) -> Iterator[str]:
    """The address of an empty database that several processes can open."""
    url = postgres_server.create_database()
    yield url
    postgres_server.drop_database(url)


async def test_processes_that_start_at_once_all_come_up(empty_url: str, clock: VirtualClock) -> None:  # noqa: F811
    """On an empty PostgreSQL one makes the tables, the others wait for it; each has a boot and a node of its own."""
    stores = await asyncio.gather(*(open_postgres(empty_url, clock, connections=1) for _ in range(4)))
    try:
        rows = await stores[0].read(lambda connection: connection.execute(sa.select(processes.c.boot, processes.c.node)).all())
        assert len({row.boot for row in rows}) == len({row.node for row in rows}) == 4
        assert {store.boot for store in stores} == {row.boot for row in rows}
    finally:
        for store in stores:
            await store.close()


@pytest.fixture
def config(database_url: str, tmp_path: Path) -> Config:
    """The configuration of a small hub on the database under test."""
    path = tmp_path / "leverframe.toml"
    path.write_text(f'[hub]\ndatabase = "{database_url}"\n[sources.github]\nsecrets = ["0123456789abcdef"]\n[chats.playground]\n')
    return load(path, environ={})


@pytest.fixture
def second(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A program that is one revision further."""
    folder = tmp_path / "revisions"
    folder.mkdir()
    (folder / f"{NEXT}_later.py").write_text(SECOND.format(revision=NEXT, before=NOW, then="pass"))
    monkeypatch.setattr(schema, "HEAD", NEXT)
    monkeypatch.setattr(migrations, "VERSIONS", [*migrations.VERSIONS, folder])
    yield folder


def examined(config: Config) -> dict[str, diagnosis.Finding]:
    """Return what ``leverframe doctor`` finds, by what it looked at."""
    return {finding.what: finding for finding in diagnosis.examine(config)}


async def test_an_empty_database_is_made_at_the_first_start(config: Config) -> None:
    """The doctor says that it is new; a start makes its tables; then the doctor sees the version."""
    assert "new" in (await asyncio.to_thread(examined, config))["database"].found
    app = await build(config)
    await app.stop()
    found = (await asyncio.to_thread(examined, config))["database"]
    assert found.state == "ok" and found.found.endswith(schema.HEAD)


async def test_an_older_database_is_migrated_at_the_start_of_a_newer_program(config: Config, request: pytest.FixtureRequest) -> None:
    """The doctor warns before, the start keeps what was there, and the doctor is content afterwards."""
    app = await build(config)
    await app.database.write(lambda connection: connection.execute(metadata.tables["people"].insert().values(name="ann", role="admin", created_at=app.clock.now())))
    await app.stop()
    request.getfixturevalue("second")
    assert (await asyncio.to_thread(examined, config))["database"].state == "warning"
    app = await build(config)
    try:
        assert await app.database.read(schema.version) == NEXT
        assert await app.database.read(lambda connection: connection.execute(sa.text("SELECT name FROM later")).scalars().all()) == ["ann"]
    finally:
        await app.stop()
    assert (await asyncio.to_thread(examined, config))["database"].state == "ok"


async def test_processes_of_a_newer_program_that_start_at_once_migrate_once(
    empty_url: str, clock: VirtualClock, request: pytest.FixtureRequest  # noqa: F811
) -> None:
    """The others find the work done."""
    async with opened(empty_url, clock):
        pass
    request.getfixturevalue("second")
    stores = await asyncio.gather(*(open_postgres(empty_url, clock, connections=1) for _ in range(3)))
    assert [await store.read(schema.version) for store in stores] == [NEXT] * 3
    for store in stores:
        await store.close()


async def test_a_migration_that_fails_changes_nothing(database_url: str, clock: VirtualClock, second: Path) -> None:  # noqa: F811
    """What it had done already is undone, and the database is where it was: the older program can go on with it."""
    (second / f"{NEXT}_later.py").write_text(SECOND.format(revision=NEXT, before=NOW, then='op.execute("SELECT nothing FROM nowhere")'))
    with pytest.MonkeyPatch.context() as older:
        older.setattr(schema, "HEAD", NOW)
        async with opened(database_url, clock) as store:
            older.undo()
            with pytest.raises(Exception, match="nowhere|storage_unavailable"):
                await store.write(schema.prepare)
            assert await store.read(schema.version) == NOW
            assert not await store.read(lambda connection: sa.inspect(connection).has_table("later"))
