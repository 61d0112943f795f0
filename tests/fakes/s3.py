"""An S3 server: moto (https://docs.getmoto.org/en/latest/docs/server_mode.html) behind real HTTP, and a door in front of it that can be slow or broken."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any, Literal
from urllib.error import HTTPError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from fakes.objects_http import listening

from leverframe.content import s3
from leverframe.secrets import Secret

BUCKET = "team-blog"


class Bucket:
    """One bucket on a server of its own, and what another program does in it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.empty()

    def empty(self) -> None:
        """Begin anew with an empty bucket."""
        self._ask("POST", "/moto-api/reset")
        self._ask("PUT", f"/{BUCKET}")

    def _ask(self, method: str, path: str, body: bytes = b"") -> bytes:
        headers = {"Content-Type": "application/xml", "Authorization": "AWS4-HMAC-SHA256 Credential=another/20261129/us-east-1/s3/aws4_request"}
        with urlopen(Request(f"{self.url}{path}", body or None, method=method, headers=headers)) as answer:
            found: bytes = answer.read()
            return found

    def read(self, key: str) -> bytes | None:
        """Return what an object holds; ``None`` where there is none."""
        try:
            return self._ask("GET", f"/{BUCKET}/{key}")
        except HTTPError as error:
            assert error.code == 404
            return None

    def settings(self, **keys: Any) -> s3.Settings:
        """Return the settings that lead here."""
        return s3.Settings(**{"bucket": BUCKET, "endpoint": self.url, "access_key_id": Secret("hub"), "secret_access_key": Secret("hub-secret"), **keys})

    def storage(self, **keys: Any) -> Any:
        """Return the hub's storage of this bucket."""
        return s3.open_storage(self.settings(**keys), Path())


@contextmanager
def s3_server() -> Iterator[Bucket]:
    """Serve an empty bucket."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield Bucket(f"http://{host}:{port}")
    finally:
        server.stop()


How = Literal["pass", "late", "broken", "lost"]
"""``late``: it is done at once and answered after :attr:`Door.late_s`. ``broken``: a 500, and nothing is done. ``lost``: it is done, and the connection ends."""


class Door:
    """What stands before a server's door: ``how`` says of each request, by method and path, what becomes of it; ``done`` hears of what was done."""

    def __init__(self, behind: str) -> None:
        self.behind, self.late_s = urlsplit(behind), 4.0
        self.how: Callable[[str, str], How] = lambda method, path: "pass"
        self.done: Callable[[str, str], None] = lambda method, path: None
        self.url = ""

    @contextmanager
    def opened(self) -> Iterator[Door]:
        """Listen."""
        with listening(partial(_Passing, self)) as self.url:
            yield self


class _Passing(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, door: Door, *given: Any) -> None:
        self.door = door
        super().__init__(*given)

    def log_message(self, format: str, *args: Any) -> None:
        return

    def _pass(self) -> None:
        body, how = self.rfile.read(int(self.headers.get("Content-Length") or 0)), self.door.how(self.command, self.path)
        if how == "broken":
            self._answer(500, {"Content-Type": "application/xml"}, b"<Error><Code>InternalError</Code></Error>")
            return
        connection = HTTPConnection(str(self.door.behind.hostname), self.door.behind.port, timeout=60)
        try:
            connection.request(self.command, self.path, body, dict(self.headers))
            answer = connection.getresponse()
            headers, said = {name: value for name, value in answer.getheaders() if name.lower() not in ("transfer-encoding", "connection", "date", "server")}, answer.read()
        finally:
            connection.close()
        self.door.done(self.command, self.path)
        if how == "late":
            time.sleep(self.door.late_s)
        if how == "lost":
            self.close_connection = True
            return
        self._answer(answer.status, headers, said)

    def _answer(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        with suppress(OSError):  # whoever asked may not wait for it any more
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if "content-length" not in {name.lower() for name in headers}:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else body)

    do_GET = do_HEAD = do_PUT = do_POST = do_DELETE = _pass
