"""Killed while it fans out, the hub keeps its word to every subscriber: what it answered 202 reaches each of them."""

from __future__ import annotations

import http.server
import random
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from services.postgres import Server

from acceptance.processes import MARK, Hub, Senders, until
from leverframe.cli.hub import Hub as Client
from leverframe.config import control_socket

SUBSCRIBERS = 12
ALLOWED = '[outbound]\nallow = ["127.0.0.1"]\n'


@contextmanager
def receivers() -> Iterator[tuple[str, dict[str, Counter[str]]]]:
    """Payload URLs on this machine: yields their beginning, and what each path was sent by mark."""
    got: dict[str, Counter[str]] = {}

    class Receiver(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            found = MARK.search(self.rfile.read(int(self.headers["Content-Length"])).decode())
            if found:
                got.setdefault(self.path, Counter())[found[0]] += 1
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", got
    finally:
        server.shutdown()
        server.server_close()


def subscribed(hub: Hub, url: str) -> None:
    """Register the subscribers, as the operator."""
    socket = control_socket(hub.config, hub.environ)[0]
    for number in range(SUBSCRIBERS):
        Client(socket_file=socket).post("/acme/web/webhooks", {"payloadUrl": f"{url}/s{number}", "format": "github", "events": "*", "secret": "hush"})


def fanned_out(folder: Path, database: str, chance: random.Random) -> None:
    """Kill a hub three times under load; fails when a subscriber misses anything that was answered 202."""
    with receivers() as (url, got):
        hub = Hub(folder, database=database, api_url="http://127.0.0.1:9/", routes=ALLOWED)
        hub.environ["LEVERFRAME_MASTER_KEY"] = "k" * 40
        hub.config.write_text(hub.config.read_text().replace("[sources.github]", 'master_keys = ["env:LEVERFRAME_MASTER_KEY"]\n[sources.github]'))
        with hub:
            subscribed(hub, url)
        with Senders([hub], connections=4, pause_s=0.02) as senders:
            for _ in range(3):
                enough = senders.count + chance.randint(5, 60)
                hub.spawn()
                until(lambda: senders.count >= enough, 60, hub.said)  # noqa: B023
                hub.kill()
            hub.start()
            more = senders.count + 20
            until(lambda: senders.count >= more, 60, hub.said)
        try:
            until(
                lambda: all(senders.ledger.accepted <= got.get(f"/s{number}", Counter()).keys() for number in range(SUBSCRIBERS)), 90,
                lambda: {path: len(senders.ledger.accepted - said.keys()) for path, said in got.items()},
            )  # fmt: skip
        finally:
            hub.stop()
        assert hub.complaints() == []


def test_a_kill_while_it_fans_out_loses_nothing_on_sqlite(tmp_path: Path) -> None:
    """Claimed, planned, sent or not: every subscriber gets every event at least once."""
    fanned_out(tmp_path, "", random.Random(5))


def test_a_kill_while_it_fans_out_loses_nothing_on_postgresql(tmp_path: Path, postgres_server: Server) -> None:
    """The same where leases outlive the process that held them."""
    url = postgres_server.create_database()
    fanned_out(tmp_path, url, random.Random(6))
    postgres_server.drop_database(url)
