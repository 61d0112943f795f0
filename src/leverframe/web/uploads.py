"""A file that comes as a form with its token before it (``multipart/form-data``), read piece by piece: https://www.rfc-editor.org/rfc/rfc7578

Nothing of the file is read before the token is proved, and no more of it is in memory than is on its way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable
from typing import Any

from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import ClientDisconnect, Request

from leverframe.core.errors import Refused

_FIELD_BYTES = 1024
_FIELDS = 8


class UploadForm:
    """The form of one request; ``fields`` are those before the file."""

    def __init__(self, request: Request) -> None:
        """Raises ``Refused("upload_unreadable")`` for a request that is none."""
        kind, options = parse_options_header(request.headers.get("content-type", ""))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not boundary:
            raise Refused("upload_unreadable")
        self._stream = request.stream()
        self._parts: deque[tuple[str, Any]] = deque()
        self._header: tuple[bytearray, bytearray] = (bytearray(), bytearray())
        self._headers: dict[bytes, bytes] = {}
        self._name = ""
        self._in_file = self._over = False
        self.fields: dict[str, str] = {}
        self.file_name = ""
        callbacks: dict[str, Callable[..., None]] = {
            "on_part_begin": self._part_begins, "on_header_field": self._header_name, "on_header_value": self._header_value, "on_header_end": self._header_ends,
            "on_headers_finished": self._headers_end, "on_part_data": self._data, "on_part_end": self._part_ends,
        }  # fmt: skip
        self._parser = MultipartParser(boundary, callbacks)  # type: ignore[arg-type]

    # What the parser calls.

    def _part_begins(self) -> None:
        self._headers, self._header = {}, (bytearray(), bytearray())

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header[0].extend(data[start:end])

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._header[1].extend(data[start:end])

    def _header_ends(self) -> None:
        name, value = self._header
        if len(name) > _FIELD_BYTES or len(value) > 4 * _FIELD_BYTES:
            raise Refused("upload_unreadable")
        self._headers[bytes(name).lower()] = bytes(value)
        self._header = (bytearray(), bytearray())

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        self._name = options.get(b"name", b"").decode("utf-8", "replace")
        self._in_file = b"filename" in options
        if self._in_file:
            self._parts.append(("file", options[b"filename"].decode("utf-8", "replace")))
        else:
            if len(self.fields) >= _FIELDS:
                raise Refused("upload_unreadable")
            self.fields[self._name] = ""

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._in_file:
            self._parts.append(("data", data[start:end]))
        else:
            said = self.fields.get(self._name, "") + data[start:end].decode("utf-8", "replace")
            if len(said) > _FIELD_BYTES:
                raise Refused("upload_unreadable")
            self.fields[self._name] = said

    def _part_ends(self) -> None:
        if self._in_file:
            self._parts.append(("end", None))

    # What the door calls.

    async def _read(self) -> bool:
        """Read on; return ``False`` at the end of the request."""
        try:
            chunk = await anext(self._stream)
        except StopAsyncIteration:
            return False
        try:
            self._parser.write(chunk)
        except Refused:
            raise
        except Exception:  # noqa: BLE001 - a stranger's bytes: whatever the parser says of them
            raise Refused("upload_unreadable") from None
        return True

    async def begin(self) -> None:
        """Read up to the file; raises ``Refused("upload_unreadable")`` when there is none."""
        while not any(kind == "file" for kind, _ in self._parts):
            if not await self._read():
                raise Refused("upload_unreadable")
        while self._parts:
            kind, value = self._parts.popleft()
            if kind == "file":
                self.file_name = value
                return

    async def pieces(self) -> AsyncIterator[bytes]:
        """Give the file; raises ``ClientDisconnect`` when it ends before its end."""
        while True:
            while self._parts:
                kind, value = self._parts.popleft()
                if kind == "data":
                    yield value
                else:
                    return
            if not await self._read():
                raise ClientDisconnect
            await asyncio.sleep(0)  # others have their turn too
