"""The running hub, as operating commands reach it: by the unix socket beside its database, or by address and token."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import tzinfo
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from leverframe.config import control_socket, find, socket_address
from leverframe.core.details import about, detail
from leverframe.core.errors import Locale, Refused

TIMEOUT_S = 120.0


class Answered(Exception):
    """The hub refused: ``problem`` is its problem document, ``retry_after_s`` how long it asks to wait."""

    def __init__(self, problem: dict[str, Any], retry_after_s: int | None = None) -> None:
        super().__init__(str(problem.get("code")))
        self.problem, self.retry_after_s = problem, retry_after_s


class Hub:
    """A client of the hub's API. Raises :class:`Answered` for what it refuses and ``Refused`` when it cannot be reached."""

    def __init__(self, *, url: str | None = None, token: str | None = None, socket_file: Path | None = None, locale: Locale = "en", zone: tzinfo | None = None) -> None:
        self._url, self._token, self._socket, self.locale, self.zone = url, token, socket_file, locale, zone

    @classmethod
    def reach(cls, *, config: Path | None, url: str | None, token: str | None) -> Hub:
        """Return the hub at ``url`` with ``token``; without ``url``, the one on this machine that ``config`` describes.

        Raises ``ConfigErrors`` when that configuration cannot be read.
        """
        if url is not None:
            return cls(url=url, token=token)
        control = control_socket(find(config))
        return cls(socket_file=control.socket, locale=control.locale, zone=control.zone)

    def get(self, path: str, **query: str | int | None) -> Any:
        """Return the answer to ``GET path?query``; what is ``None`` is left out."""
        return self._ask("GET", _with(path, query), None)

    def lines(self, path: str, **query: str | None) -> Iterator[bytes]:
        """Yield the lines of the answer to ``GET path?query`` as they come."""
        with self._asked("GET", _with(path, query), None) as response:
            if not 200 <= response.status < 300:
                self._read(response.status, response.read())
            yield from response

    def post(self, path: str, document: Mapping[str, Any] | None = None) -> Any:
        """Return the answer to ``POST path`` with a JSON document."""
        return self._ask("POST", path, document or {})

    def patch(self, path: str, document: Mapping[str, Any]) -> Any:
        """Return the answer to ``PATCH path`` with a JSON document."""
        return self._ask("PATCH", path, document)

    def delete(self, path: str, **query: str | None) -> Any:
        """Return the answer to ``DELETE path?query``."""
        return self._ask("DELETE", _with(path, query), None)

    def _ask(self, method: str, path: str, document: Mapping[str, Any] | None) -> Any:
        with self._asked(method, path, document) as response:
            status, raw, wait = response.status, response.read(), response.getheader("Retry-After", "")
        return self._read(status, raw, int(wait) if wait.isascii() and wait.isdecimal() and len(wait) < 10 else None)

    @contextmanager
    def _asked(self, method: str, path: str, document: Mapping[str, Any] | None) -> Iterator[http.client.HTTPResponse]:
        """Send a request and give the response; what breaks while it is read is told in one sentence too."""
        headers = {"Accept": "application/json", "Accept-Language": self.locale}
        body = None
        if document is not None:
            body, headers["Content-Type"] = json.dumps(document).encode(), "application/json"
        if self._token:
            if not (self._token.isascii() and self._token.isprintable()):  # nothing of it is shown
                raise Refused("token_invalid", detail("token_character"))
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            connection = self._connection()
            try:
                connection.request(method, self._prefix() + path, body, headers)
                yield connection.getresponse()
            finally:
                connection.close()
        except (FileNotFoundError, ConnectionRefusedError):
            raise Refused("hub_not_running", self._where()) from None
        except PermissionError:
            raise Refused("hub_socket_forbidden", self._where()) from None
        except (OSError, http.client.HTTPException) as error:
            raise Refused("hub_unreachable", f"{self._where()}: {error or type(error).__name__}") from None
        except ValueError:  # of urlsplit and http.client, which show what they were given
            raise Refused("hub_unreachable", about(self._where(), "not_an_address")) from None

    def _read(self, status: int, raw: bytes, retry_after_s: int | None = None) -> Any:
        answer: Any = None
        if raw:
            with suppress(ValueError):
                answer = json.loads(raw)
        if 200 <= status < 300 and (answer is not None or not raw):
            return answer
        if isinstance(answer, dict) and "code" in answer:
            raise Answered(answer, retry_after_s)
        raise Refused("hub_answer_unreadable", f"{self._where()}: HTTP {status}")

    def _connection(self) -> http.client.HTTPConnection:
        if self._url is None:
            assert self._socket is not None
            return _UnixConnection(self._socket)
        parts = urlsplit(self._url)
        if parts.scheme == "https":
            return http.client.HTTPSConnection(parts.netloc, timeout=TIMEOUT_S, context=ssl.create_default_context())
        if parts.scheme == "http" and parts.netloc:
            return http.client.HTTPConnection(parts.netloc, timeout=TIMEOUT_S)
        raise Refused("hub_unreachable", about(self._url, "not_an_address"))

    def _prefix(self) -> str:
        return "" if self._url is None else urlsplit(self._url).path.rstrip("/")

    def _where(self) -> str:
        return self._url or str(self._socket)


def _with(path: str, query: Mapping[str, str | int | None]) -> str:
    asked = urlencode({key: value for key, value in query.items() if value is not None})
    return f"{path}?{asked}" if asked else path


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        """Connect to the socket's file instead of a host and port."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with socket_address(self._path) as address:
            self.sock.connect(address)
