"""Reading no more of a body than a door takes, whether its length was announced or not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive

from leverframe.core.details import detail
from leverframe.core.errors import Refused


def too_large(cap: int) -> Refused:
    """Return the refusal of a body above ``cap`` bytes."""
    return Refused("body_too_large", detail("at_most_bytes", most=cap))


def check_length(headers: Mapping[bytes, bytes], cap: int) -> bool:
    """Return whether a body may be coming. Raises ``Refused`` when the announced length is above ``cap`` or no number."""
    if b"transfer-encoding" in headers:
        return True
    length = headers.get(b"content-length")
    if length is None:
        return False
    if not length.isdigit() or len(length) > 18:
        raise Refused("header_invalid", "Content-Length")
    if int(length) > cap:
        raise too_large(cap)
    return int(length) > 0


def counted(receive: Receive, cap: int, state: dict[str, Any] | None = None) -> Receive:
    """Return a ``receive`` that raises ``Refused`` once more than ``cap`` bytes of body have come; in ``state`` stands how many did."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        if message["type"] == "http.request":
            seen += len(message.get("body", b""))
            if state is not None:
                state["taken"] = seen
            if seen > cap:
                raise too_large(cap)
        return message

    return receiving


async def whole(receive: Receive, cap: int) -> bytes:
    """Return the body. Raises ``Refused`` above ``cap`` bytes, ``ClientDisconnect`` when the sender went away."""
    reading = counted(receive, cap)
    parts: list[bytes] = []
    while True:
        message = await reading()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect()
        parts.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(parts)


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a ``receive`` that gives ``body`` once, and afterwards what the connection says."""
    given = False

    async def receiving() -> Message:
        nonlocal given
        if not given:
            given = True
            return {"type": "http.request", "body": body, "more_body": False}
        return await receive()

    return receiving
