"""``/healthz``, ``/readyz`` and ``/metrics``: open, and they say only what everybody may know."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from leverframe.core.access import Denied, allowed
from leverframe.core.errors import Refused
from leverframe.observe import Metrics
from leverframe.web.credentials import identify
from leverframe.web.desk import Desk
from leverframe.web.doors import OPEN, Door, Limit
from leverframe.web.origins import is_from_here

PROBES = Limit(rate="6000/minute", per="address")

def doors(desk: Desk, *, ready: Callable[[], bool], metrics: Metrics) -> list[Door]:
    """Return the doors. ``ready``: migrations are done and the database took the last write; vendors do not count.

    ``/metrics`` is open to this machine; everybody else needs a token with the grant ``metrics.read``.
    """

    async def healthz(request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def readyz(request: Request) -> Response:
        if ready():
            return JSONResponse({"status": "ok"})
        return JSONResponse({"status": "unavailable"}, status_code=503, headers={"Retry-After": "5"})

    async def shown(request: Request) -> Response:
        headers = {name.lower(): value for name, value in request.headers.items()}
        if not is_from_here(request.scope.get("client"), headers):
            identity, _ = await identify(desk, headers)
            if identity.kind == "anonymous":
                raise Refused("sign_in_required")
            if isinstance(denied := allowed(identity, ["metrics.read"], desk.roles), Denied):
                raise Refused("not_allowed", denied.detail)
        return Response(metrics.exposition(), media_type="text/plain; version=0.0.4")

    return [
        Door(method="GET", path="/healthz", permission="open", limit=PROBES, handler=healthz),
        Door(method="GET", path="/readyz", permission="open", limit=PROBES, handler=readyz),
        Door(method="GET", path="/metrics", permission="open", limit=OPEN, handler=shown),
    ]
