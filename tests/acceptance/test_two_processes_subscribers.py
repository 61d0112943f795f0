"""Two hubs on one PostgreSQL serve a project's subscribers: none is served by both, and when one dies or sleeps the other goes on."""

from __future__ import annotations

import signal
import threading
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from services.postgres import Server

from acceptance.processes import MARK, Hub, Senders, mark, push, until
from leverframe.cli.hub import Hub as Client
from leverframe.config import control_socket

SUBSCRIBERS, ORDERED = 6, 40
SETTINGS = '[outbound]\nallow = ["127.0.0.1"]\n'
PATIENCE_S = 90


class Receivers:
    """Payload URLs on this machine, each a path; each may be asked for one thing at a time, and tells when it was not so."""

    def __init__(self) -> None:
        self.got: dict[str, list[str]] = defaultdict(list)
        self.at_once: Counter[str] = Counter()
        self.most: Counter[str] = Counter()
        self.lock = threading.Lock()

    def hear(self, path: str, body: str) -> None:
        """Take note of one request."""
        with self.lock:
            self.at_once[path] += 1
            self.most[path] = max(self.most[path], self.at_once[path])
        found = MARK.search(body)
        with self.lock:
            if found:
                self.got[path].append(found[0])
            self.at_once[path] -= 1

    def missing(self, accepted: set[str]) -> dict[str, int]:
        """Return how many of those that were accepted each has not heard."""
        with self.lock:
            return {f"/s{n}": len(gone) for n in range(SUBSCRIBERS) if (gone := accepted - set(self.got[f"/s{n}"]))}


@contextmanager
def receivers() -> Iterator[tuple[str, Receivers]]:
    """Serve them; yields where they begin."""
    noted = Receivers()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            noted.hear(self.path, self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.send_response(204)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", noted
    finally:
        server.shutdown()
        server.server_close()


def test_two_hubs_serve_the_subscribers_of_one_postgresql(tmp_path: Path, postgres_server: Server) -> None:
    """Pushes of one branch that come to either in turn are sent in their order, each by one of the two. Then one sleeps through its lease
    and wakes again, and the other is killed: whatever was answered 202 reaches every subscriber."""
    url = postgres_server.create_database()
    with receivers() as (where, noted):
        first, second = (Hub(tmp_path / name, database=url, api_url="http://127.0.0.1:9/", routes=SETTINGS) for name in ("first", "second"))
        for hub in (first, second):
            hub.environ["LEVERFRAME_MASTER_KEY"] = "k" * 40
            hub.config.write_text(hub.config.read_text().replace("[sources.github]", 'master_keys = ["env:LEVERFRAME_MASTER_KEY"]\n[sources.github]'))
        try:
            first.start()
            second.start()
            operator = Client(socket_file=control_socket(first.config, first.environ)[0])
            for number in range(SUBSCRIBERS):
                operator.post("/acme/web/webhooks", {"payloadUrl": f"{where}/s{number}", "format": "github", "events": "push", "concurrency": 1, "secret": "hush"})
            words = [mark() for _ in range(ORDERED)]
            for number, one in enumerate(words):
                assert (first, second)[number % 2].take("push", push(one)).status == 202
            until(lambda: not noted.missing(set(words)), PATIENCE_S, lambda: noted.missing(set(words)))
            assert all(noted.got[f"/s{number}"] == words for number in range(SUBSCRIBERS))  # in order, and each once
            assert max(noted.most.values()) == 1

            with Senders([first, second], connections=4, pause_s=0.02) as senders:
                until(lambda: senders.count > 40, PATIENCE_S, first.said)
                assert first.process is not None
                first.process.send_signal(signal.SIGSTOP)
                before = senders.count
                until(lambda: senders.count > before + 60, PATIENCE_S, second.said)
                heard = set(noted.got["/s0"])
                until(lambda: len(set(noted.got["/s0"]) - heard) > 40, PATIENCE_S, second.said)  # the other has taken over
                first.process.send_signal(signal.SIGCONT)
                until(first.ready, PATIENCE_S, first.said)
                second.kill()
                before = senders.count
                until(lambda: senders.count > before + 40, PATIENCE_S, first.said)
            until(lambda: not noted.missing(senders.ledger.accepted), PATIENCE_S, lambda: noted.missing(senders.ledger.accepted))
            assert first.complaints() == second.complaints() == []
        finally:
            if first.process is not None:
                first.process.send_signal(signal.SIGCONT)
            first.stop()
            second.stop()
    postgres_server.drop_database(url)
