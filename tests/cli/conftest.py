"""A real hub on a unix socket and a port, run in a thread, and the command line in front of it."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import structlog
import typer.testing
import uvicorn
from acceptance.forks import Forked
from databases import open_new_sqlite
from typer.testing import CliRunner

from leverframe.app import SystemClock, build
from leverframe.cli.commands import app
from leverframe.config import load, socket_path
from leverframe.core.ids import read, show
from leverframe.server import _Operator
from leverframe.store.deliveries import Planned, Role, State, owe
from leverframe.store.ingest import NewEvent
from leverframe.store.tables import deliveries, to_us

# Typer builds every command anew for each that is run, which takes ten times as long as most of them: here once.
typer.testing._get_command = cache(typer.testing._get_command)

CONFIG = """\
[hub]
url = "http://127.0.0.1:{port}"
bind = "127.0.0.1:{port}"
locale = "{locale}"
commands_per_minute = {{ person = 0, room = 0 }}

[sources.github]
secrets = ["env:CLI_TEST_SECRET"]

[chats.playground]

[[routes]]
name = "team"
from = "github"
events = ["push", "gollum"]
to = ["playground:#dev-team"]

[roles.release]
allow = ["deliveries.retry"]
"""
HOSTILE = "refs/heads/\x1b[31mred\x07"
PUSH = {"ref": HOSTILE, "repository": {"full_name": "acme/web"}, "sender": {"login": "ann"}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """What a command said and how it ended."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Return the JSON that it printed."""
        return json.loads(self.out)


def program(*arguments: str, folder: Path, environ: Mapping[str, str] | None = None) -> Ran:
    """Run ``leverframe`` as a program of its own, in ``folder``: what a user does, in a second of a processor's time."""
    command = [sys.executable, "-W", "error", "-c", "from leverframe.cli.main import main; main()", *arguments]
    done = subprocess.run(
        command, cwd=folder, env={**_environment(), "PYTHONIOENCODING": "utf-8", **(environ or {})}, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    return Ran(status=done.returncode, out=done.stdout, err=done.stderr)


def entry_point(*arguments: str, folder: Path, environ: Mapping[str, str] | None = None, stdin: str = "") -> Ran:
    """Run ``leverframe`` in ``folder``, with an environment of its own: in this process, but for what goes on until it is stopped."""
    environ = {**_environment(), **(environ or {})}
    if arguments[:1] in (("serve",), ("demo",)):
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
            status = Forked(*arguments, environ=environ, out=out.fileno(), err=err.fileno(), folder=folder).wait(60)
            said = [os.pread(file.fileno(), 1 << 20, 0).decode() for file in (out, err)]
        return Ran(status=status, out=said[0], err=said[1])
    with mock.patch.dict(os.environ, environ, clear=True), chdir(folder), _hubs_silent():
        done = CliRunner().invoke(app, list(arguments), input=stdin, prog_name="leverframe")
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return Ran(status=done.exit_code, out=done.stdout, err=done.stderr)


@contextmanager
def _hubs_silent() -> Iterator[None]:
    """Have the hubs that run in threads of this process not write among what a command says."""
    logging = structlog.get_config()
    structlog.configure(logger_factory=structlog.ReturnLoggerFactory())
    try:
        yield
    finally:
        structlog.configure(**logging)


def _environment() -> dict[str, str]:
    return {key: value for key, value in os.environ.items() if not key.startswith(("LEVERFRAME_", "LANG", "LC_", "PORT"))}


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningHub:
    """A hub that runs. ``dead`` is a dead delivery of its one event."""

    folder: Path
    event: str
    dead: tuple[str, ...]
    port: int

    def change(self, delivery: str, **columns: int | str) -> None:
        """Write into a delivery's row, behind the hub's back."""
        with closing(sqlite3.connect(self.folder / "leverframe.db", timeout=30)) as connection, connection:
            changes = ", ".join(f"{column} = ?" for column in columns)
            connection.execute(f"UPDATE deliveries SET {changes} WHERE id = ?", (*columns.values(), read("dlv", delivery)))

    def run(self, *arguments: str, environ: Mapping[str, str] | None = None, stdin: bytes = b"") -> Ran:
        """Run a command in this process against the hub."""
        environ = {"LEVERFRAME_CONFIG": str(self.folder / "leverframe.toml"), **(environ or {})}
        with _hubs_silent():
            done = CliRunner().invoke(app, list(arguments), env=dict(environ), input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(status=done.exit_code, out=done.stdout, err=done.stderr)


class _Announcing(uvicorn.Server):
    """A server that says when it listens, and leaves signals to the test runner."""

    listening: threading.Event

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.listening.set()


async def _fill(folder: Path) -> tuple[str, tuple[str, ...]]:
    """Store one event with two dead deliveries, as a hub that ran before left them."""
    database = await open_new_sqlite(folder / "leverframe.db", SystemClock())
    now = datetime.now(UTC)
    event, first, second = (database.new_id() for _ in range(3))
    await database.ingest(
        NewEvent(id=event, dedupe=b"0" * 16, source="github", delivery_id="one", name="push", action=None, repo="acme/web", carried=None,
                 received_us=to_us(now), headers=b"[]", body=json.dumps(PUSH).encode())
    )  # fmt: skip
    planned = [
        Planned(id=id, event_id=event, destination="playground:#dev-team", order_key="", role=Role.ALONE, route="team", state=State.DEAD, scheduled_at=now)
        for id in (first, second)
    ]
    await database.write(owe, planned=planned, now=now)
    await database.write(lambda connection: connection.execute(deliveries.update().values(code="playground_room_invalid")))
    await database.close()
    return show("evt", event), (show("dlv", first), show("dlv", second))


@contextmanager
def serving(folder: Path, locale: str = "en", more: str = "") -> Iterator[RunningHub]:
    """Run a hub in ``folder`` as ``leverframe serve`` does, but in a thread; ``more`` is added to its configuration."""
    path = folder / "leverframe.toml"
    path.write_text(CONFIG.format(port=1, locale=locale) + more)
    event, dead = asyncio.run(_fill(folder))
    config = load(path, {"CLI_TEST_SECRET": "s3cret"})
    ready, stop = threading.Event(), threading.Event()
    servers: list[_Announcing] = []

    async def run() -> None:
        hub = await build(config)
        hub.start()
        settings = {"lifespan": "off", "log_config": None, "access_log": False}
        servers.append(_Announcing(uvicorn.Config(_Operator(hub), uds=str(socket_path(config)), **settings)))
        servers.append(_Announcing(uvicorn.Config(hub, host="127.0.0.1", port=0, **settings)))
        for server in servers:
            server.listening = threading.Event()
        tasks = [asyncio.create_task(server.serve()) for server in servers]
        await asyncio.to_thread(lambda: [server.listening.wait(30) for server in servers])
        ready.set()
        await asyncio.to_thread(stop.wait)
        for server in servers:
            server.should_exit = True
        await asyncio.gather(*tasks)
        await hub.stop()

    pool = ThreadPoolExecutor(1)
    running = pool.submit(lambda: asyncio.run(run()))
    running.add_done_callback(lambda _: ready.set())
    ready.wait()
    try:
        if running.done():
            running.result()
        port = servers[1].servers[0].sockets[0].getsockname()[1]
        path.write_text(CONFIG.format(port=port, locale=locale) + more)  # for commands that look the address up
        yield RunningHub(folder=folder, event=event, dead=dead, port=port)
    finally:
        stop.set()
        pool.shutdown()
    running.result()


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningHub]:
    """One hub for the tests of a module."""
    with serving(tmp_path_factory.mktemp("hub")) as running:
        yield running


@pytest.fixture
def fresh_hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A hub of one's own."""
    with serving(tmp_path) as running:
        yield running
