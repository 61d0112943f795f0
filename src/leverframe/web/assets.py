"""``/static``: style sheets and scripts that come with the package. Their addresses carry a digest, so browsers keep them."""

from __future__ import annotations

import hashlib
import mimetypes
from functools import cache
from pathlib import Path

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from leverframe.core.errors import Refused
from leverframe.web.doors import OPEN, Door

STATIC = Path(__file__).parent / "static"


class Asset(msgspec.Struct, frozen=True):
    """A file, read once."""

    body: bytes
    media_type: str
    digest: str


@cache
def _paths() -> dict[str, Path]:
    """Only names found in the package are served: no path of a request reaches the disk."""
    return {path.relative_to(STATIC).as_posix(): path for path in STATIC.rglob("*") if path.is_file()}


@cache
def _asset(name: str) -> Asset:
    body = _paths()[name].read_bytes()
    return Asset(body, mimetypes.guess_type(name)[0] or "application/octet-stream", hashlib.sha256(body).hexdigest()[:16])


def asset(name: str) -> str:
    """Return the address of a file in ``static``; raises ``KeyError`` when the package has none of this name."""
    return f"/static/{name}?v={_asset(name).digest}"


def doors() -> tuple[Door, ...]:
    """Return the door of ``/static``."""
    return (Door(method="GET", path="/static/{name:path}", permission="open", limit=OPEN, handler=_show),)


async def _show(request: Request) -> Response:
    name = request.path_params["name"]
    if name not in _paths():
        raise Refused("not_found")
    found = _asset(name)
    etag = f'"{found.digest}"'
    kept = "public, max-age=31536000, immutable" if request.query_params.get("v") == found.digest else "no-cache"
    headers = {"ETag": etag, "Cache-Control": kept}
    if request.headers.get("if-none-match") == etag:
        return Response(status_code=304, headers=headers)
    return Response(found.body, headers=headers, media_type=found.media_type)
