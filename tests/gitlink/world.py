"""Real repositories and really pushing, and a door that takes what their hooks send as the hub's does: verified, once."""

from __future__ import annotations

import fcntl
import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from services.ports import free_port

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.git_links import link_key
from leverframe.gitlink import linking
from leverframe.gitlink.linking import Hook, Linked
from leverframe.sources.git.shape import Pages
from leverframe.sources.git.source import GitSource

SECRET, PROJECT = "what links are made of", "acme/web"
PAGES = Pages(web="https://git.example.com/{project}", commit="https://git.example.com/{project}/commit/{id}")


def git(folder: Path, *arguments: str, **environment: str) -> str:
    """Run git as Ann; return what it prints."""
    people = {"GIT_AUTHOR_NAME": "Ann", "GIT_AUTHOR_EMAIL": "ann@example.com", "GIT_COMMITTER_NAME": "Ann", "GIT_COMMITTER_EMAIL": "ann@example.com"}
    base = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "protocol.file.allow=always", *arguments], cwd=folder, capture_output=True, text=True, check=False,
        env={**base, **people, "GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(folder), "LEVERFRAME_PUSHER": "ann", **environment}, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stdout}{done.stderr}"
    return done.stdout.strip()


def until(what: Callable[[], Any], within_s: float = 20.0) -> Any:
    """Return what ``what`` returns once it is true."""
    deadline = time.monotonic() + within_s
    while not (found := what()):
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)
    return found


class Door:
    """``POST /in/git`` without the rest of the hub; what it took stands in ``events``, in order."""

    def __init__(self) -> None:
        self.source = GitSource("git", [SECRET], lambda: datetime.now(UTC), PAGES)
        self.events: list[Event] = []
        self.repeats = 0
        self.answers: list[int] = []
        """What is answered next, before the ordinary answers."""
        self.forgets = False
        """Whether it goes away after it took something, without an answer."""
        self._ids: set[str] = set()

    def take(self, headers: dict[bytes, bytes], body: bytes) -> int | None:
        """Return the answer's status; ``None`` for none."""
        if self.answers:
            return self.answers.pop(0)
        try:
            accepted = self.source.accept(headers, body)
        except Refused as refused:
            return refused.status
        if accepted.delivery_id in self._ids:
            self.repeats += 1
        else:
            self._ids.add(accepted.delivery_id)
            self.events.append(self.source.parse(accepted, id=len(self.events), received_at=datetime.now(UTC)))
        if self.forgets:
            self.forgets = False
            return None
        return 202


@contextmanager
def listening(door: Door, port: int | None = None) -> Iterator[str]:
    """Have ``door`` answer at the address that is given; at ``port`` it comes back to where it was."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            status = door.take({name.lower().encode(): value.encode("latin-1") for name, value in self.headers.items()}, body)
            if status is None:
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            pass

    server = Server(("127.0.0.1", free_port() if port is None else port), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def bare(folder: Path, name: str = "web.git") -> Path:
    """Return a new bare repository."""
    git(folder, "init", "--quiet", "--bare", name)
    return folder / name


def clone(bare: Path, name: str = "web") -> Path:
    """Return a new working copy of it."""
    git(bare.parent, "clone", "--quiet", f"file://{bare}", name)
    return bare.parent / name


def link(path: Path, url: str, *hooks: Hook, waits_s: tuple[float, ...] = ()) -> Linked:
    """Link a repository to a door; ``waits_s`` are the pauses after which it is tried again by itself."""
    repository = linking.find(path)
    linked = linking.link(repository, project=PROJECT, url=f"{url}/in/git", key=link_key(SECRET.encode(), PROJECT), hooks=hooks or ("post-receive",))
    settings = repository.home / "link.json"
    settings.write_text(settings.read_text().replace("{", f'{{"waits_s": {list(waits_s)},', 1))
    return linked


def commit(copy: Path, message: str, **files: str) -> str:
    """Commit ``files`` (``name__txt`` is ``name.txt``); return the commit's id."""
    for name, content in files.items():
        path = copy / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(copy, "add", "-A")
    git(copy, "commit", "--quiet", "--allow-empty", "-m", message)
    return git(copy, "rev-parse", "HEAD")


def idle(path: Path) -> bool:
    """Return whether nothing waits in a linked repository and nobody is sending."""
    home = linking.find(path).home
    with open(home / "lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return not linking.shown(linking.find(path)).waiting
