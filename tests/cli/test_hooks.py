"""``leverframe hooks`` over a running hub: an outage from the first failure to the last dead letter sent again."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.conftest import RunningHub, serving

from leverframe.cli.hub import Hub
from leverframe.config import control_socket


class Receiver(http.server.BaseHTTPRequestHandler):
    """A payload URL on this machine."""

    got: list[tuple[str, bytes]]
    status = 200

    def do_POST(self) -> None:
        """Take a delivery."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.got.append((self.headers["webhook-id"], body))
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def receiver() -> Iterator[type[Receiver]]:
    """A receiver of one's own."""
    kind = type("OwnReceiver", (Receiver,), {"got": []})
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), kind)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    kind.url = f"http://127.0.0.1:{server.server_port}/in"  # type: ignore[attr-defined]
    yield kind
    server.shutdown()
    server.server_close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[RunningHub]:
    """A hub that may send to this machine."""
    with serving(tmp_path, more='\n[outbound]\nallow = ["127.0.0.1"]\n') as running:
        yield running


def until(what: Callable[[], Any]) -> Any:
    """Return what ``what`` returns once it is true."""
    ends = time.monotonic() + 20
    while not (found := what()):
        assert time.monotonic() < ends, "not in time"
        time.sleep(0.02)
    return found


def test_a_webhook_is_looked_at_tried_paused_and_sent_again(hub: RunningHub, receiver: type[Receiver]) -> None:
    """Every command in the order of an outage; --json is what the doors answer."""
    at = control_socket(hub.folder / "leverframe.toml")
    made = Hub(socket_file=at[0]).post("/acme/web/webhooks", {"payloadUrl": receiver.url, "secret": "hush", "format": "github", "events": "*"})  # type: ignore[attr-defined]
    hook = made["id"]
    assert hook in (listed := hub.run("hooks", "list", "acme/web")).out and "healthy" in listed.out and listed.status == 0
    assert hub.run("hooks", "list", "acme/api").out == "–\n"

    assert hub.run("hooks", "test", "acme/web", hook).status == 0
    until(lambda: len(receiver.got) == 1)
    until(lambda: "sent" in hub.run("hooks", "show", "acme/web", hook).out)

    assert hub.run("hooks", "pause", "acme/web", hook).out == f"{hook}: paused\n"
    assert hub.run("hooks", "test", "acme/web", hook).status == 0
    (waits,) = until(lambda: [one for one in hub.run("deliveries", "--destination", f"hooks:{hook}", "--status", "owed", "--json").document["deliveries"]])
    assert waits["waits"] == "paused" and len(receiver.got) == 1
    assert hub.run("hooks", "resume", "acme/web", hook).out == f"{hook}: resumed\n"
    until(lambda: len(receiver.got) == 2)

    receiver.status = 410
    hub.run("hooks", "test", "acme/web", hook)
    until(lambda: hub.run("hooks", "show", "acme/web", hook, "--json").document["reason"] == "hook_gone")
    receiver.status = 200
    assert hub.run("hooks", "retry", "acme/web", hook, "--dry-run").out == "would be sent again: 1\n"
    assert hub.run("hooks", "enable", "acme/web", hook).status == 0
    assert hub.run("hooks", "retry", "acme/web", hook).out == "owed again: 1\n"
    until(lambda: len(receiver.got) == 4)
    assert receiver.got[2][0] == receiver.got[3][0]

    foreseen = hub.run("hooks", "would-receive", "acme/web", hook, "--json").document["events"]
    assert {one["id"]: one["reason"] for one in foreseen}[hub.event] == "received"
    assert hub.event in hub.run("hooks", "would-receive", "acme/web", hook, "--since", "1h").out


def test_a_webhook_is_added_gets_a_new_secret_and_is_removed(hub: RunningHub, receiver: type[Receiver]) -> None:
    """The hub's own secret is printed once; one of one's own comes from the environment or a file, never from the line."""
    made = hub.run("hooks", "add", "acme/web", receiver.url, "--format", "github", "--events", "push,issue")  # type: ignore[attr-defined]
    first, secret = made.out.splitlines()
    hook = first.split()[0]
    assert made.status == 0 and secret.startswith("whsec_") and hook.startswith("sub_")
    assert hub.run("hooks", "show", "acme/web", hook, "--json").document["events"] == ["push", "issue"]
    assert secret not in hub.run("hooks", "show", "acme/web", hook).out
    (hub.folder / "new").write_text("hush-hush")
    rotated = hub.run("hooks", "rotate", "acme/web", hook, "--secret", f"file:{hub.folder / 'new'}", "--overlap", "0", "--json").document
    assert rotated["secrets"] == 1 and "secret" not in rotated
    assert hub.run("hooks", "add", "acme/web", "http://10.0.0.1/").err.startswith("url_forbidden: ")
    assert hub.run("hooks", "add", "acme/web", "https://93.184.216.34/", "--secret", "env:NOT_THERE").status == 2
    assert hub.run("hooks", "remove", "acme/web", hook).out == f"{hook}: removed\n"
    assert hub.run("hooks", "list", "acme/web").out == "–\n"


def test_what_cannot_be_is_refused(hub: RunningHub) -> None:
    """One of another project, none at all, and a project that is not written as one."""
    assert hub.run("hooks", "pause", "acme/web", "sub_0000000000001").err.startswith("hook_unknown: ")
    assert hub.run("hooks", "list", "acme").status == 2
