"""An S3 server: moto (https://docs.getmoto.org/en/latest/docs/server_mode.html) behind real HTTP, and a door in front of it that can be slow or broken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

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
        with urlopen(Request(f"{self.url}{path}", body or None, method=method, headers={"Authorization": "AWS4-HMAC-SHA256 Credential=another/20261129/us-east-1/s3/aws4_request"})) as answer:
            found: bytes = answer.read()
            return found

    def settings(self, **keys: Any) -> s3.Settings:
        """Return the settings that lead here."""
        return s3.Settings(**{"bucket": BUCKET, "endpoint": self.url, "access_key_id": Secret("hub"), "secret_access_key": Secret("hub-secret"), "timeout_s": 5.0, **keys})

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
