"""A GitHub that is as strict as GitHub: tokens and their permissions, limits, versions, and GitHub's own errors, over real HTTP.

``async with FakeGitHub() as github`` runs in the test's own loop. A repository is made by ``github.repository("acme/web-app")``.

https://docs.github.com/en/rest (2022-11-28), …/using-the-rest-api/rate-limits-for-the-rest-api, …/troubleshooting-the-rest-api
"""

from __future__ import annotations

import asyncio
import json
import re
import threading
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import unquote

from aiohttp import web
from fakes import github_apps, github_hooks
from fakes.github_answers import Ask, Refusal, Token, admitted, json_answer
from fakes.github_repository import Repository, Run

Mode = Literal["ok", "down", "limited", "exhausted", "garbage", "silent", "half", "lost", "broken"]
"""``down``: a 503 that did nothing. ``limited``, ``exhausted``: the secondary and the primary rate limit. ``lost``: what is
not refused is done, but the answer never comes. ``broken``: it is done, and answered with a 502."""
TOKEN = "github_pat_fake_0000"
VERSIONS = ("2022-11-28", "2026-03-10")
_HTML = b"<html><body><h1>Welcome to the proxy</h1></body></html>"
_DOCS = "https://docs.github.com/rest"


class Call(NamedTuple):
    """One request, as it came and as it was answered."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    """0 where no answer was given."""


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass
class FakeGitHub:
    """One GitHub. Change any attribute while it runs."""

    now: Callable[[], datetime] = _now
    lag_s: float = 0.0
    """How long a run is not in the lists yet, though it can be read by its id."""
    enterprise: bool = False
    """Whether it is an Enterprise Server, which knows no ``return_run_details`` and takes ten inputs only."""
    reaches_loopback: bool = False
    """Whether a hook may lead to this machine, which GitHub's own may not."""
    retry_after_s: int | None = 30
    reset_after_s: int = 600

    def __post_init__(self) -> None:
        self.mode: Mode = "ok"
        self.lever_mode: Mode = "ok"
        """The mode of dispatches only."""
        self.next_modes: deque[Mode] = deque()
        self.tokens: dict[str, Token] = {TOKEN: Token()}
        self.apps: list[github_apps.App] = []
        self.organisations: dict[str, list[github_hooks.FakeHook]] = {}
        """Hooks, by the organisation that has them."""
        self.deliveries = github_hooks.Deliveries(self)
        self.tasks: set[asyncio.Task[Any]] = set()
        self.repositories: dict[str, Repository] = {}
        self.teams: dict[str, list[str]] = {}
        """By ``organisation/slug`` the logins of who is in it, or in a team below it."""
        self.calls: list[Call] = []
        self.count: Counter[str] = Counter()
        self.dispatched: list[dict[str, Any]] = []
        self.reviews: dict[tuple[str, str, str], list[tuple[str | None, str]]] = {}
        """What the app said of its protection rules, by repository, run and environment."""
        self.port = 0
        self._run_id = 987_650
        self._runner: web.ServerRunner | None = None

    # --- running -------------------------------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        self._runner = web.ServerRunner(web.Server(self._serve), shutdown_timeout=0.01, handle_signals=False)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.leave()

    @contextmanager
    def in_thread(self) -> Iterator[FakeGitHub]:
        """Run in a thread with a loop of its own, for tests that have none."""
        started, stop = threading.Event(), asyncio.Event()
        loop = asyncio.new_event_loop()

        async def run() -> None:
            async with self:
                started.set()
                await stop.wait()

        thread = threading.Thread(target=loop.run_until_complete, args=(run(),), daemon=True)
        thread.start()
        started.wait(10)
        try:
            yield self
        finally:
            loop.call_soon_threadsafe(stop.set)
            thread.join(10)
            loop.close()

    async def leave(self) -> None:
        """Be away: nothing listens any more."""
        for task in self.tasks:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def url(self) -> str:
        """What ``github.api_url`` has to be."""
        return f"http://127.0.0.1:{self.port}"

    def repository(self, name: str = "acme/web-app", **more: Any) -> Repository:
        """Add a repository with one commit on ``main`` and return it."""
        made = self.repositories[name.lower()] = Repository(name=name, **more)
        made.commit("Begin", branch=made.default_branch)
        return made

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Do something after the answer, as GitHub sends hooks."""
        task = asyncio.get_running_loop().create_task(work)
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    def finish(self, run: Run, conclusion: str, *, log: str = "", annotations: list[dict[str, str]] | None = None) -> None:
        """End a run."""
        run.status, run.conclusion, run.log = "completed", conclusion, log
        run.annotations = annotations or []

    # --- serving -------------------------------------------------------------------------------------------------------

    async def _serve(self, request: web.BaseRequest) -> web.StreamResponse:
        body = await request.read()
        path = request.rel_url.raw_path
        if path.startswith("/_logs/"):
            return self._log(request, path)
        lever = request.method == "POST" and path.endswith("/dispatches")
        mode: Mode = self.next_modes.popleft() if self.next_modes else self.lever_mode if lever and self.lever_mode != "ok" else self.mode
        match mode:
            case "down":
                return self._noted(request, body, web.Response(status=503, text="No server is currently available to service your request."))
            case "garbage":
                return self._noted(request, body, web.Response(body=_HTML, content_type="text/html"))
            case "limited":
                return self._noted(request, body, self._refused(_secondary(self.retry_after_s)))
            case "exhausted":
                return self._noted(request, body, self._refused(self._primary()))
            case "silent":
                self._noted(request, body, None)
                await asyncio.Event().wait()
            case "half":
                self._noted(request, body, None)
                response = web.StreamResponse(headers={"Content-Type": "application/json", "Content-Length": "4000"})
                await response.prepare(request)
                await response.write(b'{"workflow_run_id": 98')
                return _cut(request, response)
            case "lost" | "broken":
                answer = self._answer(request, body)
                if answer.status < 400 and mode == "broken":
                    answer = web.Response(status=502, text="Bad Gateway")
                elif answer.status < 400:
                    self._noted(request, body, None)
                    return _cut(request, web.Response())
                return self._noted(request, body, answer)
            case "ok":
                pass
        return self._noted(request, body, self._answer(request, body))

    def _noted(self, request: web.BaseRequest, body: bytes, answer: web.Response | None) -> web.Response:
        try:
            said = json.loads(body) if body else None
        except ValueError:
            said = body
        self.calls.append(Call(request.method, unquote(request.rel_url.raw_path), dict(request.query), said, answer.status if answer else 0))
        self.count[f"{request.method} {answer.status if answer else 0}"] += 1
        return answer or web.Response()

    def _answer(self, request: web.BaseRequest, body: bytes) -> web.Response:
        try:
            token = self._admitted(request)
            segments = [unquote(part) for part in request.rel_url.raw_path.split("/")[1:]]
            if isinstance(token, github_apps.App):
                said = _read(body) if body else {}
                response = github_apps.answered(self, token, request.method, segments, said, dict(request.query))
                token = Token()
            else:
                response = self._route(request, body, token, segments)
        except Refusal as refusal:
            return self._refused(refusal)
        response.headers.update(self._limits())
        if token.scopes is not None:
            response.headers.setdefault("x-oauth-scopes", ", ".join(token.scopes))
        if token.expires_at is not None:
            response.headers["github-authentication-token-expiration"] = token.expires_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        return response

    def _refused(self, refusal: Refusal) -> web.Response:
        said: dict[str, Any] = {"message": refusal.message, "documentation_url": _DOCS, "status": str(refusal.status)}
        if refusal.errors is not None:
            said["errors"] = refusal.errors
        return json_answer(said, status=refusal.status, headers={**self._limits(), **refusal.headers})

    def _limits(self) -> dict[str, str]:
        reset = int((self.now() + timedelta(seconds=self.reset_after_s)).timestamp())
        return {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4990", "x-ratelimit-reset": str(reset), "x-ratelimit-resource": "core"}

    def _primary(self) -> Refusal:
        return Refusal(403, "API rate limit exceeded for user ID 1.", headers={"x-ratelimit-remaining": "0"})

    def _admitted(self, request: web.BaseRequest) -> Token | github_apps.App:
        if not request.headers.get("User-Agent"):
            raise Refusal(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header")
        version = request.headers.get("X-GitHub-Api-Version", VERSIONS[0])
        if version not in VERSIONS:
            raise Refusal(400, f"{version} is not a supported version of the GitHub API.")
        sent = request.headers.get("Authorization", "")
        if not sent:
            raise Refusal(401, "Requires authentication")
        scheme, _, value = sent.partition(" ")
        if scheme == "Bearer" and value.startswith("eyJ"):
            return github_apps.speaks(self, value)
        token = self.tokens.get(value) if scheme in ("Bearer", "token") else None
        if token is None or any(end is not None and end <= self.now() for end in (token.expires_at, token.ends_at)):
            raise Refusal(401, "Bad credentials")
        return token

    def _route(self, request: web.BaseRequest, body: bytes, token: Token, segments: list[str]) -> web.Response:
        match segments:
            case ["orgs", organisation, "teams", slug, "members"] if request.method == "GET":
                return self._team(request, token, f"{organisation}/{slug}".lower())
        if segments == ["user"] and request.method == "GET":
            if token.integration:
                raise Refusal(403, "Resource not accessible by integration")
            return json_answer({"login": "ann", "id": 1})
        if segments[0] == "orgs" and len(segments) >= 3 and segments[2] == "hooks":
            return self._of_organisation(request, token, segments[1], segments[3:], _read(body) if body else {})
        if len(segments) < 3 or segments[0] != "repos":
            raise Refusal(404, "Not Found")
        repository = self.repositories.get(f"{segments[1]}/{segments[2]}".lower())
        if repository is None or (token.repositories is not None and repository.name not in token.repositories and repository.private):
            raise Refusal(404, "Not Found")
        if token.owner is not None and token.owner != segments[1]:
            raise Refusal(404, "Not Found")
        if token.sso:
            raise Refusal(
                403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
                headers={"x-github-sso": "required; url=https://github.com/orgs/acme/sso?authorization_request=A0"},
            )  # fmt: skip
        if repository.moved:
            headers = {"Location": f"{self.url}/repositories/1/{'/'.join(segments[3:])}"}
            raise Refusal(301 if request.method == "GET" else 307, "Moved Permanently", headers=headers)
        said = _read(body) if request.method in ("POST", "PATCH", "PUT") and body else {}
        ask = Ask(self, repository, token, request, said)
        match [request.method, *segments[3:]]:
            case [method, "hooks", *rest]:
                base = f"{self.url}/repos/{repository.name}"
                return ask.need(
                    "repository_hooks", "read" if method == "GET" else "write",
                    lambda: github_hooks.answered(self, repository.hooks, "repository", base, method, rest, said, dict(request.query)),
                )  # fmt: skip
            case ["GET"]:
                return ask.need("metadata", "read", ask.itself)
            case ["GET", "commits", sha, "pulls"]:
                return ask.need("pull_requests", "read", lambda: ask.pulls(sha))
            case ["GET", "commits", sha, "check-runs"]:
                return ask.need("checks", "read", lambda: ask.check_runs(sha))
            case ["GET", "commits", sha, "status"]:
                return ask.need("statuses", "read", lambda: ask.status(sha))
            case ["GET", "commits", *ref]:
                return ask.need("contents", "read", lambda: ask.commit("/".join(ref)))
            case ["GET", "pulls", number, "files"]:
                return ask.need("pull_requests", "read", lambda: ask.files(number))
            case ["GET", "compare", *ends]:
                return ask.need("contents", "read", lambda: ask.compare("/".join(ends)))
            case ["POST", "dispatches"]:
                return ask.need("contents", "write", ask.repository_dispatch)
            case ["GET", "actions", "workflows"]:
                return ask.need("actions", "read", ask.workflows)
            case ["GET", "contents", *path]:
                return ask.need("contents", "read", lambda: ask.content("/".join(path)))
            case ["GET", "actions", "workflows", file]:
                return ask.need("actions", "read", lambda: ask.one_workflow(file))
            case ["POST", "actions", "workflows", file, "dispatches"]:
                return ask.need("actions", "write", lambda: ask.workflow_dispatch(file))
            case ["GET", "actions", "workflows", file, "runs"]:
                return ask.need("actions", "read", lambda: ask.runs(ask.workflow(file)))
            case ["GET", "actions", "runs"]:
                return ask.need("actions", "read", lambda: ask.runs(None))
            case ["GET", "actions", "runs", id]:
                return ask.need("actions", "read", lambda: ask.one_run(id))
            case ["GET", "actions", "runs", id, "jobs"]:
                return ask.need("actions", "read", lambda: ask.jobs(id))
            case ["POST", "actions", "runs", id, "cancel"]:
                return ask.need("actions", "write", lambda: ask.cancel(id))
            case ["POST", "actions", "runs", id, "deployment_protection_rule"]:
                return ask.need("deployments", "write", lambda: ask.review(id))
            case ["GET", "actions", "jobs", id, "logs"]:
                return ask.need("actions", "read", lambda: ask.job_log(id))
            case ["GET", "check-runs", id, "annotations"]:
                return ask.need("checks", "read", lambda: ask.annotations(id))
            case _:
                raise Refusal(404, "Not Found")

    def _team(self, request: web.BaseRequest, token: Token, name: str) -> web.Response:
        """https://docs.github.com/en/rest/teams/members#list-team-members: who may not read them is told that there is no such team."""
        if name not in self.teams or token.permissions.get("members") not in ("read", "write"):
            raise Refusal(404, "Not Found")
        size, page = min(int(request.query.get("per_page", 30)), 100), int(request.query.get("page", 1))
        return json_answer([{"login": login, "id": number, "type": "User"} for number, login in enumerate(self.teams[name], 1)][(page - 1) * size : page * size])

    def _of_organisation(self, request: web.BaseRequest, token: Token, name: str, rest: list[str], said: dict[str, Any]) -> web.Response:
        hooks = self.organisations.get(name)
        if hooks is None or (token.owner is not None and token.owner != name):
            raise Refusal(404, "Not Found")
        admitted(token, "organization_hooks", "read" if request.method == "GET" else "write", private=True)
        return github_hooks.answered(self, hooks, "organisation", f"{self.url}/orgs/{name}", request.method, rest, said, dict(request.query))

    def _log(self, request: web.BaseRequest, path: str) -> web.Response:
        """Serve a job's log as the storage behind GitHub does: without our token, whole or a range of it."""
        assert "Authorization" not in request.headers, "the token is not the storage's to see"
        run = next(run for repository in self.repositories.values() for run in repository.runs.values() if run.job_id == int(path.rpartition("/")[2]))
        body = run.log.encode()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("Range", ""))
        if asked is None:
            return web.Response(body=body, content_type="text/plain")
        first, last = int(asked[1]), min(int(asked[2]), len(body) - 1)
        return web.Response(body=body[first : last + 1], status=206, headers={"Content-Range": f"bytes {first}-{last}/{len(body)}"})


def _secondary(retry_after_s: int | None) -> Refusal:
    headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
    return Refusal(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", headers=headers)


def _cut(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise Refusal(400, "Problems parsing JSON") from None
    if not isinstance(found, dict):
        raise Refusal(400, "Body should be a JSON object")
    return found
