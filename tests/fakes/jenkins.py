"""A Jenkins that is as strict as Jenkins: users, permissions, crumbs bound to sessions, declared parameters, a queue that
coalesces and forgets, builds and logs, over real HTTP. Nothing moves by itself: :meth:`FakeJenkins.take` starts a build,
:meth:`FakeJenkins.finish` ends one.

https://www.jenkins.io/doc/book/using/remote-access-api/ and the sources of jenkinsci/jenkins that the methods name.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import parse_qsl, unquote

from aiohttp import web

Mode = Literal["ok", "down", "limited", "garbage", "silent", "half", "lost", "failed"]
USER, API_TOKEN, PASSWORD = "hub", "11aa22bb33", "s3cret"
ALL = ("read", "build", "cancel")
_PERMISSIONS = {"read": "hudson.model.Item.Read", "build": "hudson.model.Item.Build", "cancel": "hudson.model.Item.Cancel"}


@dataclass
class Build:
    """One build."""

    number: int
    queue_id: int
    parameters: dict[str, str]
    building: bool = True
    result: str | None = None
    log: bytes = b""
    cause: str = ""


@dataclass
class Item:
    """One item of the queue; ``build`` once it left it for one."""

    id: int
    job: str
    parameters: dict[str, str]
    cancelled: bool = False
    build: Build | None = None
    cause: str = ""

    @property
    def waits(self) -> bool:
        return not self.cancelled and self.build is None


@dataclass
class Job:
    """One parameterised job. A parameter with choices takes nothing else."""

    name: str
    parameters: dict[str, tuple[str, ...]]
    buildable: bool = True
    trigger_token: str | None = None
    builds: list[Build] = field(default_factory=list)
    next_number: int = 1


class Call(NamedTuple):
    """One request, as it came and as it was answered."""

    method: str
    path: str
    form: dict[str, str]
    status: int


class Refusal(Exception):
    """An answer that is an error, as Jenkins words it."""

    def __init__(self, status: int, said: str, **headers: str) -> None:
        super().__init__(said)
        self.status, self.said, self.headers = status, said, {name.replace("_", "-"): value for name, value in headers.items()}


@dataclass
class FakeJenkins:
    """One Jenkins. Change any attribute while it runs."""

    permissions: tuple[str, ...] = ALL
    secrets: tuple[str, ...] = (API_TOKEN, PASSWORD)
    """What the user may sign in with."""
    context: str = "/ci"
    old: bool = False
    """As before 303 for a coalesced item, 400 for a job without parameters and 204 for a cancelled item."""
    host: str = "127.0.0.1"
    port: int = 0

    def __post_init__(self) -> None:
        self.mode: Mode = "ok"
        """How every request is answered."""
        self.lever_mode: Mode = "ok"
        """How ``buildWithParameters`` is answered."""
        self.jobs: dict[str, Job] = {}
        self.items: dict[int, Item] = {}
        self.calls: list[Call] = []
        self.refuses_to_queue = False
        self._sessions: set[str] = set()
        self._ids, self._session_ids = itertools.count(1), itertools.count(1)
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
        return f"http://{self.host}:{self.port}{self.context}"

    # --- what people and executors do over there ----------------------------------------------------------------------

    def job(self, name: str, *parameters: str, **choices: tuple[str, ...]) -> Job:
        """Make a job with string and choice parameters; folders come by themselves."""
        self.jobs[name] = Job(name, {**dict.fromkeys(parameters, ()), **choices})
        return self.jobs[name]

    def waiting(self) -> list[Item]:
        """Return what is in the queue."""
        return [item for item in self.items.values() if item.waits]

    def builds(self, job: str) -> list[Build]:
        """Return a job's builds, oldest first."""
        return self.jobs[job].builds

    def take(self) -> Build:
        """Have an executor take the oldest item of the queue."""
        item = self.waiting()[0]
        job = self.jobs[item.job]
        item.build = Build(job.next_number, item.id, item.parameters, cause=item.cause)
        job.next_number += 1
        job.builds.append(item.build)
        return item.build

    def finish(self, build: Build, result: str = "SUCCESS", log: str = "Finished\n") -> None:
        """End a build."""
        build.building, build.result, build.log = False, result, log.encode()

    def rebuild(self, job: str, build: Build) -> Build:
        """Do what the button Rebuild does: the same parameters again."""
        self._queue(self.jobs[job], dict(build.parameters), "")
        return self.take()

    def forget_left(self) -> None:
        """Let five minutes pass: items that left the queue are known no more (Queue.java, ``leftItems``)."""
        self.items = {item.id: item for item in self.items.values() if item.waits}

    def restart(self) -> None:
        """Restart: the queue and the builds are kept, sessions and items that left are not."""
        self._sessions.clear()
        self.forget_left()

    # --- serving ------------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        form = dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        lever = request.path.endswith("/buildWithParameters")
        match self.lever_mode if lever and self.lever_mode != "ok" else self.mode:
            case "down":
                return self._noted(request, form, _page(503, "Jenkins is getting ready to work"))
            case "limited":
                return self._noted(request, form, web.Response(status=429, headers={"Retry-After": "7"}))
            case "garbage":
                return self._noted(request, form, _page(200, "Sign in to the proxy"))
            case "silent":
                await asyncio.Event().wait()
            case "half":
                self._noted(request, form, web.Response())
                response = web.StreamResponse(headers={"Content-Length": "4000"})
                await response.prepare(request)
                await response.write(b'{"_class":')
                _close(request)
                return response
            case "lost":
                self._noted(request, form, self._answer(request, form))
                _close(request)
                return web.Response()
            case "failed":
                self._answer(request, form)
                return self._noted(request, form, _page(502, "Bad Gateway"))
            case "ok":
                pass
        return self._noted(request, form, self._answer(request, form))

    def _noted(self, request: web.BaseRequest, form: dict[str, str], answer: web.Response) -> web.Response:
        self.calls.append(Call(request.method, request.path, form, answer.status))
        return answer

    def _answer(self, request: web.BaseRequest, form: dict[str, str]) -> web.Response:
        try:
            self._prove(request, form)
            path = request.raw_path.partition("?")[0]
            if not path.startswith(f"{self.context}/"):
                raise Refusal(404, "Not Found")
            return self._route(request, path.removeprefix(self.context), form)
        except Refusal as refusal:
            return _page(refusal.status, refusal.said, refusal.headers)

    def _prove(self, request: web.BaseRequest, form: dict[str, str]) -> None:
        """BasicHeaderProcessor.java; CrumbFilter.java: an API token needs no crumb, a password needs one and its session."""
        scheme, _, said = request.headers.get("Authorization", "").partition(" ")
        user, _, secret = base64.b64decode(said).decode().partition(":") if scheme == "Basic" else ("", "", "")
        if not user:
            raise Refusal(403, "Authentication required", X_You_Are_Authenticated_As="anonymous", X_Required_Permission="hudson.model.Hudson.Read")
        if user != USER or secret not in self.secrets:
            raise Refusal(401, f"Invalid password/token for user: {user}")
        if request.method == "POST" and secret == PASSWORD:
            session = request.cookies.get("JSESSIONID.1a2b", "")
            if session not in self._sessions or request.headers.get("Jenkins-Crumb") != f"crumb-of-{session}":
                raise Refusal(403, "No valid crumb was included in the request")

    def _route(self, request: web.BaseRequest, path: str, form: dict[str, str]) -> web.Response:
        if path == "/crumbIssuer/api/json":
            return self._crumb()
        if path == "/queue/api/json":
            return _json({"_class": "hudson.model.Queue", "items": [self._item(item) for item in self.waiting()]})
        if found := re.fullmatch(r"/queue/item/(\d+)/api/json", path):
            item = self.items.get(int(found[1]))
            if item is None:
                raise Refusal(404, "Not Found")
            return _json(self._item(item))
        if path == "/queue/cancelItem":
            self._need_post(request)
            return self._cancel_item(form)
        if found := re.fullmatch(r"((?:/job/[^/]+)+)(/.*)", path):
            self._need("read", status=404)
            name = "/".join(unquote(part) for part in found[1].split("/job/")[1:])
            return self._job(request, name, found[2], form)
        raise Refusal(404, "Not Found")

    def _job(self, request: web.BaseRequest, name: str, rest: str, form: dict[str, str]) -> web.Response:
        job = self.jobs.get(name)
        if job is None:
            if rest == "/api/json" and any(other.startswith(f"{name}/") for other in self.jobs):
                return _json({"_class": "com.cloudbees.hudson.plugins.folder.Folder"})
            raise Refusal(404, "Not Found")
        if rest == "/api/json":
            return _json(self._exported(job, request.query.get("tree", "")))
        if rest == "/buildWithParameters":
            self._need_post(request)
            return self._build_with_parameters(job, form)
        if found := re.fullmatch(r"/(\d+)/(api/json|stop|logText/progressiveText)", rest):
            build = next((one for one in job.builds if one.number == int(found[1])), None)
            if build is None:
                raise Refusal(404, "Not Found")
            match found[2]:
                case "api/json":
                    return _json(self._build(job, build))
                case "stop":
                    self._need_post(request)
                    self._need("cancel")
                    if build.building:
                        self.finish(build, "ABORTED", "Aborted by hub\nFinished: ABORTED\n")
                    return web.Response(status=302, headers={"Location": f"{self.url}{_at(job)}/{build.number}/"})
                case _:
                    return _log(build, int(request.query.get("start", "0")))
        raise Refusal(404, "Not Found")

    def _need(self, permission: str, status: int = 403) -> None:
        if permission in self.permissions:
            return
        if status == 404:  # without Job/Discover, what may not be read is not there
            raise Refusal(404, "Not Found")
        raise Refusal(
            403, f"{USER} is missing the {permission.capitalize()} permission",
            X_You_Are_Authenticated_As=USER, X_Required_Permission=_PERMISSIONS[permission],
        )  # fmt: skip

    @staticmethod
    def _need_post(request: web.BaseRequest) -> None:
        if request.method != "POST":
            raise Refusal(405, "Method Not Allowed", Allow="POST")

    def _crumb(self) -> web.Response:
        session = f"session{next(self._session_ids)}"
        self._sessions.add(session)
        answer = _json({"_class": "hudson.security.csrf.DefaultCrumbIssuer", "crumb": f"crumb-of-{session}", "crumbRequestField": "Jenkins-Crumb"})
        answer.headers.add("Set-Cookie", f"JSESSIONID.1a2b={session}; Path={self.context}; HttpOnly")
        answer.headers.add("Set-Cookie", "sticky=node7; Path=/")
        return answer

    def _build_with_parameters(self, job: Job, form: dict[str, str]) -> web.Response:
        """ParameterizedJobMixIn.doBuildWithParameters, BuildAuthorizationToken.checkPermission, ParametersDefinitionProperty.buildWithParameters."""
        if job.trigger_token is None or "token" not in form:
            self._need("build")
        elif form["token"] != job.trigger_token:
            raise Refusal(403, "Invalid token provided.")
        if not job.buildable:
            raise Refusal(409, f"{job.name} is not buildable")
        if not job.parameters:
            raise Refusal(500, "Oops!") if self.old else Refusal(400, f"{job.name} is not parameterized")
        given = {name: form.get(name, "") for name in job.parameters}
        for name, choices in job.parameters.items():
            if choices and name in form and form[name] not in choices:
                raise Refusal(500, f"Illegal choice for parameter {name}: {form[name]}")
        if self.refuses_to_queue:
            return web.Response(status=302, headers={"Location": f"{self.url}{_at(job)}/"})
        cause = form.get("cause", "") if job.trigger_token is not None and "token" in form else ""
        item, made = self._queue(job, given, cause)
        return web.Response(status=201 if made or self.old else 303, headers={"Location": f"{self.url}/queue/item/{item.id}/"})

    def _queue(self, job: Job, parameters: dict[str, str], cause: str) -> tuple[Item, bool]:
        for item in self.waiting():
            if item.job == job.name and item.parameters == parameters:
                return item, False
        made = Item(next(self._ids), job.name, parameters, cause=cause)
        self.items[made.id] = made
        return made, True

    def _cancel_item(self, form: dict[str, str]) -> web.Response:
        """Queue.doCancelItem; before that, ``forwardToPreviousPage`` whatever came of it."""
        item = self.items.get(int(form["id"]))
        waits = item is not None and item.waits
        may = "cancel" in self.permissions
        if item is not None and waits and may:
            item.cancelled = True
        if self.old:
            return web.Response(status=302, headers={"Location": f"{self.url}/queue/"})
        if not waits:
            raise Refusal(404, f"Provided id ({form['id']}) not found")
        if not may:
            raise Refusal(422, f"Item for id ({form['id']}) is not cancellable")
        return web.Response(status=204)

    # --- what is exported ----------------------------------------------------------------------------------------------

    def _exported(self, job: Job, tree: str) -> dict[str, Any]:
        found: dict[str, Any] = {"_class": "org.jenkinsci.plugins.workflow.job.WorkflowJob"}
        if "buildable" in tree:
            found["buildable"] = job.buildable
        if "property" in tree:
            declared = [
                {"_class": "hudson.model.ChoiceParameterDefinition", "name": name, "choices": list(choices)}
                if choices
                else {"_class": "hudson.model.StringParameterDefinition", "name": name}
                for name, choices in job.parameters.items()
            ]
            found["property"] = [{"_class": "jenkins.model.BuildDiscarderProperty"}, *([{"parameterDefinitions": declared}] if declared else [])]
        if "builds[" in tree:
            found["builds"] = [self._build(job, build) for build in reversed(job.builds[-100:])]
        return found

    def _item(self, item: Item) -> dict[str, Any]:
        found: dict[str, Any] = {"id": item.id, "why": None, "actions": _actions(item.parameters)}
        if item.waits:
            return found | {"_class": "hudson.model.Queue$BuildableItem", "why": "Waiting for next available executor"}
        found |= {"_class": "hudson.model.Queue$LeftItem", "cancelled": item.cancelled}
        if item.build:
            found["executable"] = {"number": item.build.number, "url": f"{self.url}{_at(self.jobs[item.job])}/{item.build.number}/"}
        return found

    def _build(self, job: Job, build: Build) -> dict[str, Any]:
        return {
            "_class": "org.jenkinsci.plugins.workflow.job.WorkflowRun", "number": build.number, "url": f"{self.url}{_at(job)}/{build.number}/",
            "building": build.building, "result": build.result, "actions": _actions(build.parameters),
        }  # fmt: skip


def _actions(parameters: dict[str, str]) -> list[dict[str, Any] | None]:
    said = [{"_class": "hudson.model.StringParameterValue", "name": name, "value": value} for name, value in parameters.items()]
    return [{"_class": "hudson.model.ParametersAction", "parameters": said}, {"_class": "hudson.model.CauseAction"}, {}, None]


def _log(build: Build, start: int) -> web.Response:
    """LargeText.doProgressText: from the beginning when ``start`` lies beyond the end."""
    start = start if start <= len(build.log) else 0
    headers = {"X-Text-Size": str(len(build.log)), **({"X-More-Data": "true"} if build.building else {})}
    return web.Response(body=build.log[start:], content_type="text/plain", charset="utf-8", headers=headers)


def _at(job: Job) -> str:
    return "".join(f"/job/{name}" for name in job.name.split("/"))


def _json(value: Any) -> web.Response:
    return web.Response(text=json.dumps(value), content_type="application/json")


def _page(status: int, said: str, headers: dict[str, str] | None = None) -> web.Response:
    text = f"<html><head><title>Error {status} {said}</title></head><body><h2>HTTP ERROR {status} {said}</h2></body></html>"
    return web.Response(status=status, text=text, content_type="text/html", headers=headers)


def _close(request: web.BaseRequest) -> None:
    assert request.transport is not None
    request.transport.close()
