"""A service that deploys when it is asked by HTTP, as ``docs/how-to/runners.md`` describes it: checks the token, the signature, the
method and every field, keeps what it was asked under the correlation id, and repeats nothing. Nothing moves by itself.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self

from aiohttp import web

Mode = Literal["ok", "down", "limited", "garbage", "silent", "half", "lost", "failed"]
TOKEN = "service-token"
SECRET = "whsec_" + base64.b64encode(b"a key of twenty-four by").decode()
_FIELDS = {"correlation_id": str, "service": str, "environment": str, "repository": str | None, "ref": str, "sha": str, "parameters": dict}


@dataclass
class Deployment:
    """What it was asked to do."""

    asked: dict[str, Any]
    number: int
    state: str = "queued"
    step: str = "Waiting for a slot"
    log: str = ""


class Call(NamedTuple):
    """One request, as it came and as it was answered."""

    method: str
    path: str
    headers: dict[str, str]
    body: Any
    status: int


@dataclass
class FakeHttpRunner:
    """One service. Change any attribute while it runs."""

    token: str | None = TOKEN
    key: bytes | None = b"a key of twenty-four by"
    answer: dict[str, Any] | str | None = None
    """What the POST is answered with, in place of the deployment's own words; ``""`` is an empty 204."""
    status: int = 202
    now_s: int | None = None
    """Its clock, seconds since 1970, to hold the signature's moment against."""
    host: str = "127.0.0.1"
    port: int = 0
    deployments: dict[str, Deployment] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.mode: Mode = "ok"
        """How every request is answered."""
        self.lever_mode: Mode = "ok"
        """How the POST that deploys is answered."""
        self.calls: list[Call] = []
        self._server: web.ServerRunner | None = None

    async def __aenter__(self) -> Self:
        self._server = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.01)
        await self._server.setup()
        await web.TCPSite(self._server, self.host, self.port).start()
        self.port = self._server.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def stop(self) -> None:
        """Go away: nothing listens any more."""
        if self._server is not None:
            await self._server.cleanup()
            self._server = None

    @property
    def url(self) -> str:
        """The address that deploys; ``/status`` and ``/cancel`` are beside it."""
        return f"http://{self.host}:{self.port}/deploy"

    @property
    def status_url(self) -> str:
        """Where it says how a deployment stands."""
        return f"http://{self.host}:{self.port}/status"

    @property
    def cancel_url(self) -> str:
        """Where a deployment is ended."""
        return f"http://{self.host}:{self.port}/cancel"

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        lever = request.path == "/deploy"
        match self.lever_mode if lever and self.lever_mode != "ok" else self.mode:
            case "down":
                return self._noted(request, body, web.Response(status=503, text="down"))
            case "limited":
                return self._noted(request, body, web.Response(status=429, headers={"Retry-After": "7"}))
            case "garbage":
                return self._noted(request, body, web.Response(text="<html>Sign in to the proxy</html>", content_type="text/html"))
            case "silent":
                await asyncio.Event().wait()
            case "half":
                self._noted(request, body, web.Response())
                response = web.StreamResponse(headers={"Content-Length": "4000", "Content-Type": "application/json"})
                await response.prepare(request)
                await response.write(b'{"id": ')
                _close(request)
                return response
            case "lost":
                self._noted(request, body, self._answer(request, body))
                _close(request)
                return web.Response()
            case "failed":
                self._answer(request, body)
                return self._noted(request, body, web.Response(status=502, text="Bad Gateway"))
            case "ok":
                pass
        return self._noted(request, body, self._answer(request, body))

    def _noted(self, request: web.BaseRequest, body: bytes, answer: web.Response) -> web.Response:
        self.calls.append(Call(request.method, request.path_qs, dict(request.headers), json.loads(body) if body else None, answer.status))
        return answer

    def _answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if self.token is not None and request.headers.get("Authorization") != f"Bearer {self.token}":
            return _json(401, {"error": "wrong token"})
        if self.key is not None and not self._signed(request, body):
            return _json(401, {"error": "wrong signature"})
        match request.method, request.path:
            case "POST", "/deploy":
                return self._deploy(request, body)
            case "GET", "/status":
                return self._stands(request.query.get("id", ""))
            case "POST", "/cancel":
                return self._cancel(json.loads(body))
            case _, "/deploy" | "/status" | "/cancel":
                return web.Response(status=405)
            case _:
                return web.Response(status=404)

    def _signed(self, request: web.BaseRequest, body: bytes) -> bool:
        """Written from the specification of Standard Webhooks, not from the hub's code."""
        id, at_s = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        assert self.key is not None
        if not id or "." in id or not at_s.isdecimal() or (self.now_s is not None and abs(int(at_s) - self.now_s) > 300):
            return False
        expected = base64.b64encode(hmac.new(self.key, f"{id}.{at_s}.".encode() + body, hashlib.sha256).digest()).decode()
        return f"v1,{expected}" in request.headers.get("webhook-signature", "").split(" ")

    def _deploy(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.headers.get("Content-Type") != "application/json":
            return _json(415, {"detail": "send JSON"})
        asked = json.loads(body)
        if set(asked) != set(_FIELDS) or not all(isinstance(asked[name], kind) for name, kind in _FIELDS.items()):
            return _json(400, {"detail": "fields are missing or wrong"})
        made = self.deployments.setdefault(asked["correlation_id"], Deployment(asked, len(self.deployments) + 1))
        if isinstance(self.answer, str):
            return web.Response(status=self.status if self.answer else 204, text=self.answer or None)
        return _json(self.status, self.answer if self.answer is not None else self._said(made))

    def _stands(self, id: str) -> web.Response:
        found = self.deployments.get(id)
        return _json(404, {"detail": f"no deployment {id}"}) if found is None else _json(200, self._said(found))

    def _cancel(self, asked: dict[str, Any]) -> web.Response:
        found = self.deployments.get(asked["correlation_id"])
        if found is None:
            return _json(404, {"detail": "no such deployment"})
        if found.state not in ("queued", "running"):
            return _json(409, {"detail": "it has ended"})
        found.state, found.step = "cancelled", "by the hub"
        return web.Response(status=204)

    def _said(self, made: Deployment) -> dict[str, Any]:
        return {"id": made.number, "url": f"https://deployer.example.com/{made.number}", "state": made.state, "step": made.step, "log": made.log}


def _json(status: int, value: object) -> web.Response:
    return web.Response(status=status, text=json.dumps(value), content_type="application/json")


def _close(request: web.BaseRequest) -> None:
    assert request.transport is not None
    request.transport.close()
