"""Real git into a real hub: a repository that is linked by the command, pushed to over the network, with the hub there, away and killed."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import re
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fakes.slack import FakeSlack
from gitlink.world import bare, commit, git, idle, until
from services.ports import free_port

from acceptance.processes import Hub
from leverframe.core.errors import Refused
from leverframe.gitlink import linking

MARK = re.compile(r"mark-[0-9]")

SOURCE = '[sources.git]\nsecrets = ["env:HUB_TEST_SECRET"]\n'
ROUTE = '[[routes]]\nname = "pushes"\nfrom = "git"\nto = ["slack:#dev"]\n'


@contextmanager
def daemon(folder: Path) -> Iterator[str]:
    """Give the address under which ``git daemon`` serves ``folder``, to push to as well."""
    port = free_port()
    process = subprocess.Popen(
        ["git", "daemon", "--reuseaddr", "--export-all", "--enable=receive-pack", "--listen=127.0.0.1", f"--port={port}", f"--base-path={folder}", str(folder)],
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield f"git://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def http_backend(folder: Path) -> Iterator[str]:
    """Give the address under which ``git http-backend`` serves ``folder`` as a web server's CGI does; who pushes is who signed in there."""

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            path, _, query = self.path.partition("?")
            user = base64.b64decode(self.headers.get("Authorization", "").removeprefix("Basic ")).decode().partition(":")[0]
            environment = {
                "PATH": os.environ["PATH"], "GIT_PROJECT_ROOT": str(folder), "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": self.command, "PATH_INFO": path,
                "QUERY_STRING": query, "CONTENT_TYPE": self.headers.get("Content-Type", ""), "CONTENT_LENGTH": self.headers.get("Content-Length", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""), "REMOTE_USER": user, "REMOTE_ADDR": "127.0.0.1",
            }  # fmt: skip
            if not user:
                self.send_response(401)
                self.send_header("WWW-Authenticate", 'Basic realm="git"')
                self.send_header("Content-Length", "0")
                self.end_headers()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            done = subprocess.run(["git", "http-backend"], input=body, stdout=subprocess.PIPE, env=environment, check=True, timeout=60)
            head, _, said = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
            self.send_response(int(headers.pop("Status", "200")[:3]))
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = _answer

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://minseo:secret@127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def slack() -> Iterator[FakeSlack]:
    """Give a Slack in a thread of its own."""
    with FakeSlack(channels=["dev"]).in_thread() as fake:
        yield fake


def test_pushes_over_the_network_reach_the_room_once_whatever_becomes_of_the_hub(tmp_path: Path) -> None:
    """Linked by the command, pushed to by git daemon while the hub is there, while it was killed, and while it comes up: every push is one event, told in order."""
    repository = bare(tmp_path)
    with daemon(tmp_path) as address, slack() as fake, Hub(tmp_path / "hub", api_url=fake.url, routes=SOURCE + ROUTE) as hub:
        linked = json.loads(hub.command("git", "link", str(repository), "--project", "acme/web", "--json"))
        assert linked["url"] == f"http://127.0.0.1:{hub.port}/in/git"
        until(lambda: subprocess.run(["git", "ls-remote", f"{address}/web.git"], capture_output=True, check=False).returncode == 0)
        git(tmp_path, "clone", "--quiet", f"{address}/web.git", "web")
        copy = tmp_path / "web"
        pushed(copy, 0, "main")
        until(lambda: len(fake.messages("#dev")) == 1, 30)
        hub.kill()
        pushed(copy, 1, "main")
        pushed(copy, 2, "main")
        hub.spawn()
        pushed(copy, 3, "main", "main:release")
        until(hub.ready, 30)
        with contextlib.suppress(Refused):
            linking.flush(linking.find(repository))
        until(lambda: idle(repository) and len(dict.fromkeys(marks(fake))) == 4, 60)
        # The hub was killed as it may have been saying the first: then it says it again, as it promises.
        assert list(dict.fromkeys(marks(fake))) == ["mark-0", "mark-1", "mark-2", "mark-3"]
        assert Counter(marks(fake)[1:])["mark-3"] == 1
        assert "2 refs" in fake.messages("#dev")[-1].text
        assert len(json.loads(hub.command("events", "list", "--json"))["events"]) == 4


def test_pushes_through_a_web_server_tell_who_signed_in_there(tmp_path: Path) -> None:
    """Branches, a forced one, a tag and a deleted branch by git http-backend: the hub hears of each push with the right commits, and the
    person is who the web server let in, not the account that it runs as."""
    repository = bare(tmp_path)
    git(repository, "config", "http.receivepack", "true")
    with http_backend(tmp_path) as address, slack() as fake, Hub(tmp_path / "hub", api_url=fake.url, routes=SOURCE + ROUTE) as hub:
        hub.command("git", "link", str(repository), "--project", "acme/web", "--json")
        git(tmp_path, "clone", "--quiet", f"{address}/web.git", "web")
        copy = tmp_path / "web"
        pushed(copy, 0, "main")
        pushed(copy, 1, "main", "main:refs/heads/기능/장바구니", "main:refs/tags/v1")
        git(copy, "reset", "--quiet", "--hard", "HEAD^")
        pushed(copy, 2, "+main", ":refs/heads/기능/장바구니")
        until(lambda: idle(repository) and len(heard(hub)) == 3, 60)
        first, second, third = heard(hub)
        assert [one["pusher"]["name"] for one in (first, second, third)] == ["minseo"] * 3
        assert [[commit["message"] for commit in one["refs"][0]["commits"]] for one in (first, second, third)] == [["mark-0"], ["mark-1"], ["mark-2"]]
        assert first["refs"][0]["commits"][0]["added"] == ["가"] and third["refs"][0]["commits"][0]["modified"] == ["가"]
        assert [(one["ref"], one["created"]) for one in second["refs"]] == [("refs/heads/main", False), ("refs/heads/기능/장바구니", True), ("refs/tags/v1", True)]
        assert [(one["ref"], one["forced"], one["deleted"]) for one in third["refs"]] == [("refs/heads/main", True, False), ("refs/heads/기능/장바구니", False, True)]
        until(lambda: len(fake.messages("#dev")) == 3, 30)
        assert hub.complaints() == []


def heard(hub: Hub) -> list[dict[str, Any]]:
    """Return what was told of every event that the hub has taken in, the oldest first."""
    found = json.loads(hub.command("events", "list", "--json"))["events"]
    return [json.loads(hub.command("events", "show", one["id"], "--json"))["payload"] for one in reversed(found)]


def marks(fake: FakeSlack) -> list[str]:
    """Return the commits that messages tell of, in their order."""
    return [found for message in fake.messages("#dev") for found in MARK.findall(json.dumps(message.blocks))]


def pushed(copy: Path, number: int, *refs: str) -> None:
    """Commit something and push it over the network."""
    commit(copy, f"mark-{number}", 가=str(number))
    git(copy, "push", "--quiet", "origin", *refs)
