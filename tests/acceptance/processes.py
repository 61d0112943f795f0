"""Real processes under load: a hub that can be killed, senders that note what was answered 202, and a count of what arrived."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from fakes.slack import TOKEN, FakeSlack
from services.ports import free_port

from acceptance.forks import Forked, printed

SECRET = "acceptance-secret"
ROOMS = 8
ROUTES = "".join(
    f'[[routes]]\nname = "r{n}"\nfrom = "github"\nevents = ["push"]\nbranches = ["b{n}"]\nto = ["slack:#r{n}"]\nthread = "off"\n' for n in range(ROOMS)
)
"""A push to branch ``b3`` is a message in ``#r3``."""
MARK = re.compile(r"mark-[0-9a-f]{12}")
SOURCE = Path(__file__).parents[2] / "src"


def until(what: Callable[[], Any], within_s: float, why: Callable[[], object] | str) -> Any:
    """Return what ``what`` returns once it is true; fails with ``why`` after ``within_s`` seconds."""
    deadline = time.monotonic() + within_s
    while not (found := what()):
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {within_s:g} s: {why if isinstance(why, str) else why()}")
        time.sleep(0.02)
    return found


def mark() -> str:
    """Return words that no other message holds."""
    return f"mark-{secrets.token_hex(6)}"


def push(words: str, room: int = 0) -> dict[str, Any]:
    """Return a push of one commit that says ``words``, routed to ``#r{room}``."""
    commit = {"id": "1" * 40, "message": words, "url": "https://github.com/acme/web/commit/1", "author": {"name": "Ann"}, "added": [], "modified": ["a.py"], "removed": []}
    repository = {"full_name": "acme/web", "name": "web", "html_url": "https://github.com/acme/web", "owner": {"login": "acme"}}
    return {
        "ref": f"refs/heads/b{room}", "before": "0" * 39 + "2", "after": "1" * 40, "created": False, "deleted": False, "forced": False, "commits": [commit],
        "head_commit": commit, "compare": "https://github.com/acme/web/compare/2...1", "pusher": {"name": "ann"}, "repository": repository,
        "sender": {"login": "ann", "type": "User", "html_url": "https://github.com/ann"},
    }  # fmt: skip


def signed(event: str, payload: Mapping[str, Any], guid: str) -> tuple[bytes, dict[str, str]]:
    """Return body and headers as GitHub sends them."""
    body = json.dumps(payload).encode()
    return body, {
        "Content-Type": "application/json", "X-GitHub-Event": event, "X-GitHub-Delivery": guid,
        "X-Hub-Signature-256": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Answer:
    """What a door said."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def document(self) -> Any:
        """Return the JSON."""
        return json.loads(self.body)


class Hub:
    """``leverframe serve`` on a port that stays the same when it starts again."""

    def __init__(self, folder: Path, *, database: str = "", api_url: str, routes: str = ROUTES, disk_bytes: int | None = None) -> None:
        """Write the configuration; ``database`` is a file in ``folder`` unless given, ``api_url`` is Slack's.

        With ``disk_bytes`` that file is on a disk of its own, which only the process sees (at :attr:`disk`).
        """
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.port, self.log = folder, free_port(), folder / "log"
        self.disk = folder / "disk" if disk_bytes else None
        self._before: list[str] = []
        if self.disk is not None:
            self.disk.mkdir(exist_ok=True)
            database = f"sqlite:///{self.disk}/hub.db"
            self._before = ["unshare", "-rm", "sh", "-c", f'mount -t tmpfs -o size={disk_bytes} none "{self.disk}" && exec "$@"', "sh"]
        self.database = database or f"sqlite:///{folder}/hub.db"
        self.process: subprocess.Popen[bytes] | Forked | None = None
        self.config = folder / "leverframe.toml"
        self.environ = {"HUB_TEST_SECRET": SECRET, "HUB_TEST_TOKEN": TOKEN}
        """Where the configuration finds its secrets."""
        self.config.write_text(
            f'[hub]\nurl = "http://127.0.0.1:{self.port}"\nbind = "127.0.0.1:{self.port}"\ndatabase = "{self.database}"\n'
            '[sources.github]\nsecrets = ["env:HUB_TEST_SECRET"]\n'
            f'[chats.slack]\nbot_token = "env:HUB_TEST_TOKEN"\napi_url = "{api_url}"\nposts_per_second = 0\n{routes}'
        )

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def spawn(self) -> None:
        """Start the process; it may not answer yet."""
        clean = {key: value for key, value in os.environ.items() if not key.startswith(("LEVERFRAME_", "PORT"))}
        environ = {**clean, "PYTHONPATH": str(SOURCE), **self.environ}
        with self.log.open("ab") as log:
            if self._before:
                program = [sys.executable, "-W", "error", "-c", "from leverframe.cli.main import main; main()"]
                self.process = subprocess.Popen([*self._before, *program, "serve", "--config", str(self.config)], stdout=log, stderr=log, env=environ)
            else:
                self.process = Forked("serve", "--config", str(self.config), environ=environ, out=log.fileno(), err=log.fileno())

    def start(self) -> None:
        """Start it and return when it is ready."""
        self.spawn()
        until(self._came_up, 30, self.said)

    def _came_up(self) -> bool:
        assert self.process is not None and self.process.poll() is None, self.said()
        return self.ready()

    def ready(self) -> bool:
        """Return whether ``/readyz`` says so."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            return self.ask("GET", "/readyz").status == 200
        return False

    def command(self, *arguments: str) -> str:
        """Return what an operating command prints, run beside the hub with its configuration."""
        return printed(*arguments, "--config", str(self.config), environ={**os.environ, **self.environ})

    def kill(self) -> None:
        """End it as a power cut would."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> int | None:
        """Ask it to end; return its exit status."""
        if self.process is None:
            return None
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def ask(self, method: str, path: str, body: bytes = b"", headers: Mapping[str, str] | None = None, timeout_s: float = 20) -> Answer:
        """Return the answer to one request on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            connection.request(method, path, body, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, dict(answer.getheaders()), answer.read())
        finally:
            connection.close()

    def take(self, event: str, payload: Mapping[str, Any], guid: str | None = None) -> Answer:
        """Send a signed event; return the answer."""
        body, headers = signed(event, payload, guid or secrets.token_hex(16))
        return self.ask("POST", "/in/github", body, headers)

    def said(self) -> str:
        """Return the end of its log."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""

    def complaints(self) -> list[str]:
        """Return the lines of its log that say that something unexpected happened."""
        return [line for line in self.log.read_text(errors="replace").splitlines() if re.search(r"level=(error|critical)|Traceback|status=500", line)]

    def rss_bytes(self) -> int:
        """Return the memory that the process holds."""
        assert self.process is not None
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


@dataclass
class Ledger:
    """What was promised and what came of it."""

    accepted: set[str] = field(default_factory=set)
    """Marks of events that were answered 202, whole answer read."""
    refused: Counter[int] = field(default_factory=Counter)
    """Other answers, by status."""
    unanswered: int = 0
    """Requests whose answer never came: they may have been taken or not."""


class Senders:
    """Connections that send signed pushes, one after the other, each until it is answered: what was not, again, as "Redeliver" does."""

    def __init__(self, hubs: Sequence[Hub], *, connections: int = 6, pause_s: float = 0.0) -> None:
        """``hubs`` get the connections in turn; a connection whose hub is gone waits for it to come back."""
        self.ledger = Ledger()
        self._pause_s, self._stopping, self._lock = pause_s, threading.Event(), threading.Lock()
        self._threads = [threading.Thread(target=self._send, args=(hubs[n % len(hubs)], n), daemon=True) for n in range(connections)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Send nothing new; return when every connection has come to its end."""
        self._stopping.set()
        for thread in self._threads:
            thread.join(30)

    @property
    def count(self) -> int:
        """How many were answered 202 so far."""
        return len(self.ledger.accepted)

    def _send(self, hub: Hub, number: int) -> None:
        connection: http.client.HTTPConnection | None = None
        unanswered: tuple[str, bytes, dict[str, str]] | None = None
        sent = 0
        while not self._stopping.is_set():
            if unanswered is None:
                words = mark()
                unanswered = words, *signed("push", push(words, (number + sent) % ROOMS), secrets.token_hex(16))
                sent += 1
            words, body, headers = unanswered
            begun = False
            try:
                if connection is None:
                    connection = http.client.HTTPConnection("127.0.0.1", hub.port, timeout=20)
                    connection.connect()
                begun = True
                connection.request("POST", "/in/github", body, headers)
                answer = connection.getresponse()
                answer.read()
            except (OSError, http.client.HTTPException):
                with self._lock:
                    self.ledger.unanswered += begun
                if connection is not None:
                    connection.close()
                    connection = None
                self._stopping.wait(0.02)
                continue
            with self._lock:
                if answer.status == 202:
                    self.ledger.accepted.add(words)
                    unanswered = None
                else:
                    self.ledger.refused[answer.status] += 1
            if answer.status != 202:
                self._stopping.wait(0.05)
            if self._pause_s:
                self._stopping.wait(self._pause_s)
        if connection is not None:
            connection.close()


class Arrivals:
    """A Slack that notes how often each mark was said."""

    def __init__(self) -> None:
        self.said: Counter[str] = Counter()
        self.slack = FakeSlack(channels=[f"r{n}" for n in range(ROOMS)], keep=False, heard=self._hear)

    def _hear(self, fields: Mapping[str, Any]) -> None:
        if found := MARK.search(json.dumps(fields)):
            self.said[found[0]] += 1

    def missing(self, ledger: Ledger) -> set[str]:
        """Return what was answered 202 and has not been said."""
        return ledger.accepted - self.said.keys()

    @property
    def repeats(self) -> int:
        """How many messages were said once more than needed."""
        return sum(self.said.values()) - len(self.said)


@contextmanager
def arrivals() -> Iterator[Arrivals]:
    """A Slack over real HTTP, in a thread of its own."""
    noted = Arrivals()
    with noted.slack.in_thread():
        yield noted
