"""An Argo CD that is as strict as Argo CD: tokens, content types, projects, sync windows, auto-sync, one operation at a time, over real
HTTP. Nothing moves by itself: :meth:`FakeArgoCd.begin`, :meth:`FakeArgoCd.end` and :meth:`FakeArgoCd.reconcile` are its controller.

https://github.com/argoproj/argo-cd/blob/master/server/application/application.go, …/util/argo/argo.go, …/server/server.go
"""

from __future__ import annotations

import asyncio
import copy
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import unquote

from aiohttp import web

Mode = Literal["ok", "down", "limited", "garbage", "silent", "half", "lost", "failed"]
TOKEN = "argo-token"
HEAD = "4ead" * 10
"""What the tracked branch of every application points to."""
_HTTP = {2: 500, 3: 400, 5: 404, 7: 403, 9: 400, 16: 401}


@dataclass
class App:
    """One application."""

    name: str
    project: str = "default"
    auto_sync: bool = False
    sources: int = 0
    """0 for an application of one source, else how many it has."""
    operation: dict[str, Any] | None = None
    state: dict[str, Any] | None = None
    health: dict[str, str] = field(default_factory=lambda: {"status": "Healthy"})
    reconciled_at: str | None = None
    history: list[dict[str, Any]] = field(default_factory=list)
    resources: list[dict[str, Any]] = field(default_factory=list)


class Call(NamedTuple):
    """One request, as it came and as it was answered."""

    method: str
    path: str
    body: Any
    status: int


class Refusal(Exception):
    """An answer that is an error, with grpc's code as grpc-gateway translates it."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(said)
        self.code, self.said = code, said


@dataclass
class FakeArgoCd:
    """One Argo CD. Change any attribute while it runs."""

    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    token: str = TOKEN
    may: tuple[str, ...] = ("get", "sync")
    in_window: bool = True
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self.mode: Mode = "ok"
        """How every request is answered."""
        self.lever_mode: Mode = "ok"
        """How ``sync`` and ``rollback`` are answered."""
        self.apps: dict[str, App] = {}
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
        """The address, for ``url``."""
        return f"http://{self.host}:{self.port}"

    # --- what the controller does -------------------------------------------------------------------------------------

    def app(self, name: str, **how: Any) -> App:
        """Make an application."""
        self.apps[name] = App(name, **how)
        return self.apps[name]

    def begin(self, name: str, message: str = "") -> None:
        """Begin the operation that was asked for."""
        app = self.apps[name]
        assert app.operation is not None
        app.state = {"operation": app.operation, "phase": "Running", "message": message, "startedAt": self._at()}

    def say(self, name: str, message: str) -> None:
        """Say what the operation does now."""
        state = self.apps[name].state
        assert state is not None
        state["message"] = message

    def end(self, name: str, phase: str = "Succeeded", message: str = "", resources: list[dict[str, str]] | None = None) -> None:
        """End the operation; the application is looked at anew only by :meth:`reconcile`."""
        app = self.apps[name]
        if app.state is None or app.operation is not None and app.state["operation"] is not app.operation:
            self.begin(name)
        assert app.state is not None
        sync = app.state["operation"]["sync"]
        revision = {key: sync[key] for key in ("revision", "revisions") if sync.get(key)}
        app.state |= {"phase": phase, "message": message or "successfully synced (all tasks run)", "finishedAt": self._at()}
        app.state["syncResult"] = {"revision": "", **revision, "resources": resources}
        app.operation = None
        if phase == "Succeeded":
            entry = {"id": len(app.history), "deployedAt": self._at(), "source": {"repoURL": "https://git.example.com/acme/web-app.git"}, **revision}
            app.history.append(entry)

    def reconcile(self, name: str, health: str = "Healthy", message: str = "") -> None:
        """Look at the application anew."""
        app = self.apps[name]
        app.health, app.reconciled_at = {"status": health, **({"message": message} if message else {})}, self._at()

    def sync_by_somebody(self, name: str, revision: str = HEAD) -> None:
        """Have somebody else sync the application, to the end."""
        self._set_operation(self.apps[name], {"sync": {"revision": revision}, "initiatedBy": {"username": "ann"}})
        self.end(name)

    def _at(self) -> str:
        return self.now().strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- serving ------------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        lever = request.path.endswith(("/sync", "/rollback"))
        match self.lever_mode if lever and self.lever_mode != "ok" else self.mode:
            case "down":
                return self._noted(request, body, web.Response(status=503, text="upstream connect error"))
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
                await response.write(b'{"metadata":')
                _close(request)
                return response
            case "lost":
                self._noted(request, body, self._answer(request, body))
                _close(request)
                return web.Response()
            case "failed":
                self._answer(request, body)
                return self._noted(request, body, web.Response(status=504, text="Gateway Timeout"))
            case "ok":
                pass
        return self._noted(request, body, self._answer(request, body))

    def _noted(self, request: web.BaseRequest, body: bytes, answer: web.Response) -> web.Response:
        self.calls.append(Call(request.method, request.path_qs, json.loads(body) if body else None, answer.status))
        return answer

    def _answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        if request.method != "GET" and request.headers.get("Content-Type", "").lower() != "application/json":
            return web.Response(status=415, text="Invalid content type\n")
        try:
            bearer = request.headers.get("Authorization", "")
            if not bearer.startswith("Bearer "):
                raise Refusal(16, "no session information")
            if bearer != f"Bearer {self.token}":
                raise Refusal(16, "invalid session: token signature is invalid")
            return _json(200, self._route(request, json.loads(body) if body else {}))
        except Refusal as refusal:
            return _json(_HTTP[refusal.code], {"error": refusal.said, "code": refusal.code, "message": refusal.said})

    def _route(self, request: web.BaseRequest, asked: dict[str, Any]) -> dict[str, Any]:
        found = re.fullmatch(r"/api/v1/applications/([^/]+)(/sync|/rollback|/operation)?", request.raw_path.partition("?")[0])
        if not found:
            raise Refusal(5, "Not Found")
        name = unquote(found[1])
        match request.method, found[2]:
            case "GET", None:
                return self._exported(self._app(name, request.query.get("project"), "get"))
            case "POST", "/sync":
                return self._sync(self._app(name, asked.get("project"), "get"), asked)
            case "POST", "/rollback":
                return self._rollback(self._app(name, asked.get("project"), "sync"), asked)
            case "DELETE", "/operation":
                return self._terminate(self._app(name, request.query.get("project"), "sync"))
            case _:
                raise Refusal(5, "Not Found")

    def _app(self, name: str, project: str | None, action: str) -> App:
        """``getAppEnforceRBAC``: without a project, what is not there and what is not allowed look the same."""
        app = self.apps.get(name)
        if action not in self.may or (app is None and not project):
            raise Refusal(7, "permission denied")
        if app is None or (project and project != app.project):
            raise Refusal(5, f'applications.argoproj.io "{name}" not found')
        return app

    def _sync(self, app: App, asked: dict[str, Any]) -> dict[str, Any]:
        _only(asked, {"name", "project", "appNamespace", "revision", "revisions", "sourcePositions", "prune", "infos"})
        if not self.in_window:
            raise Refusal(7, "cannot sync: blocked by sync window")
        if "sync" not in self.may:
            raise Refusal(7, "permission denied: applications, sync, default/web-app, sub: proj:default:hub")
        if app.sources:
            revisions = [HEAD] * app.sources
            for position, revision in zip(asked.get("sourcePositions", []), asked.get("revisions", []), strict=True):
                if not 0 < position <= app.sources:
                    raise Refusal(2, "source position is out of range")
                revisions[position - 1] = revision
            wanted: dict[str, Any] = {"revisions": revisions}
        else:
            wanted = {"revision": asked.get("revision") or HEAD}
        if app.auto_sync and (asked.get("revision") or asked.get("revisions")):
            raise Refusal(9, f"Cannot sync to {asked.get('revision')}: auto-sync currently set to main")
        operation = {"sync": {**wanted, "prune": asked.get("prune", False)}, "initiatedBy": {"username": "hub"}, "retry": {}}
        if asked.get("infos"):
            operation["info"] = asked["infos"]
        self._set_operation(app, operation)
        return self._exported(app)

    def _rollback(self, app: App, asked: dict[str, Any]) -> dict[str, Any]:
        _only(asked, {"name", "project", "appNamespace", "id", "prune"})
        if app.auto_sync:
            raise Refusal(9, "rollback cannot be initiated when auto-sync is enabled")
        entry = next((one for one in app.history if one["id"] == asked["id"]), None)
        if entry is None:
            raise Refusal(3, f"application argocd/{app.name} does not have deployment with id {asked['id']}")
        revision = {key: entry[key] for key in ("revision", "revisions") if key in entry}
        self._set_operation(app, {"sync": {**revision, "prune": asked.get("prune", False)}, "initiatedBy": {"username": "hub"}, "retry": {}})
        return self._exported(app)

    def _set_operation(self, app: App, operation: dict[str, Any]) -> None:
        """``argo.SetAppOperation``."""
        if app.operation is not None:
            raise Refusal(9, "error setting app operation: another operation is already in progress")
        app.operation, app.state = operation, None

    def _terminate(self, app: App) -> dict[str, Any]:
        if app.operation is None or app.state is None:
            raise Refusal(3, "Unable to terminate operation. No operation is in progress")
        self.end(app.name, "Failed", "Operation terminated")
        return {}

    def _exported(self, app: App) -> dict[str, Any]:
        status: dict[str, Any] = {"health": app.health, "sync": {"status": "OutOfSync", "revision": HEAD}, "resources": app.resources}
        status |= {"history": app.history, "reconciledAt": app.reconciled_at}
        if app.state is not None:
            status["operationState"] = app.state
        source = {"repoURL": "https://git.example.com/acme/web-app.git", "targetRevision": "main"}
        spec = {"project": app.project, **({"sources": [source] * app.sources} if app.sources else {"source": source})}
        found = {"metadata": {"name": app.name, "namespace": "argocd", "uid": "0a-0b"}, "spec": spec, "status": status}
        return copy.deepcopy(found | ({"operation": app.operation} if app.operation is not None else {}))


def _only(asked: dict[str, Any], known: set[str]) -> None:
    if unknown := set(asked) - known:
        raise Refusal(3, f"unknown field {min(unknown)}")


def _json(status: int, value: object) -> web.Response:
    return web.Response(status=status, text=json.dumps(value), content_type="application/json")


def _close(request: web.BaseRequest) -> None:
    assert request.transport is not None
    request.transport.close()
