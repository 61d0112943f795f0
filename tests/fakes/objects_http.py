"""What the fakes of object storage share: a service that answers requests, and refuses them in XML, behind real HTTP."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Protocol

XML = "<?xml version='1.0' encoding='UTF-8'?>"
Answer = tuple[int, dict[str, str], bytes]


class Refusal(Exception):
    """What a storage refuses: the status, the name of the error, and what is said beside."""

    def __init__(self, status: int, code: str, message: str, beside: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.answer: Answer = (status, {"Content-Type": "application/xml", **(headers or {})}, f"{XML}<Error><Code>{code}</Code><Message>{message}</Message>{beside}</Error>".encode())


class Service(Protocol):
    """A storage. ``target`` is what stands in the request's first line, as it was sent."""

    def answer(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """Return what becomes of a request; raises :class:`Refusal`."""
        ...


class _Door(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, service: Service, *given: Any) -> None:
        self.service = service
        super().__init__(*given)

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _serve(self) -> None:
        with suppress(ConnectionError):  # whoever asked may not wait for it any more
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            try:
                status, headers, said = self.service.answer(self.command, self.path, self.headers, body)
            except Refusal as refusal:
                status, headers, said = refusal.answer
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else said)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _serve


@contextmanager
def listening(handler: Callable[..., BaseHTTPRequestHandler]) -> Iterator[str]:
    """Have ``handler`` answer requests on a free port, and give the address."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def served(service: Service) -> Iterator[str]:
    """Serve, and give the address."""
    with listening(partial(_Door, service)) as url:
        yield url
