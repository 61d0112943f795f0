"""A GitHub that is as strict as GitHub: tokens and their permissions, limits, versions, and GitHub's own errors, over real HTTP.

``async with FakeGitHub() as github`` runs in the test's own loop. A repository is made by ``github.repository("acme/web-app")``.

https://docs.github.com/en/rest (2022-11-28), …/using-the-rest-api/rate-limits-for-the-rest-api, …/troubleshooting-the-rest-api
"""

from __future__ import annotations

import asyncio
import json
import re
from collections import Counter, deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple, Self
from urllib.parse import unquote

from aiohttp import web
from fakes.github_repository import Commit, Repository, Run, Workflow

Mode = Literal["ok", "down", "limited", "exhausted", "garbage", "silent", "half", "lost", "broken"]
"""``down``: a 503 that did nothing. ``limited``, ``exhausted``: the secondary and the primary rate limit. ``lost``: what is
not refused is done, but the answer never comes. ``broken``: it is done, and answered with a 502."""
TOKEN = "github_pat_fake_0000"
PERMISSIONS = {"metadata": "read", "contents": "write", "actions": "write", "checks": "read", "statuses": "read", "pull_requests": "read", "webhooks": "write"}
VERSIONS = ("2022-11-28", "2026-03-10")
_HTML = b"<html><body><h1>Welcome to the proxy</h1></body></html>"
_DOCS = "https://docs.github.com/rest"
_LEVELS = {"read": 1, "write": 2, "admin": 3}


class Call(NamedTuple):
    """One request, as it came and as it was answered."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    status: int
    """0 where no answer was given."""


@dataclass
class Token:
    """A token: which repositories it sees (globally all, if ``None``), and what it may there."""

    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    repositories: list[str] | None = None
    expires_at: datetime | None = None
    sso: bool = False
    """Whether the organisation asks for single sign-on that the token lacks."""


class _Refusal(Exception):
    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers, self.errors = status, message, dict(headers or {}), errors


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
    retry_after_s: int | None = 30
    reset_after_s: int = 600

    def __post_init__(self) -> None:
        self.mode: Mode = "ok"
        self.lever_mode: Mode = "ok"
        """The mode of dispatches only."""
        self.next_modes: deque[Mode] = deque()
        self.tokens: dict[str, Token] = {TOKEN: Token()}
        self.repositories: dict[str, Repository] = {}
        self.calls: list[Call] = []
        self.count: Counter[str] = Counter()
        self.dispatched: list[dict[str, Any]] = []
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

    async def leave(self) -> None:
        """Be away: nothing listens any more."""
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
            response = self._route(request, body, token)
        except _Refusal as refusal:
            return self._refused(refusal)
        response.headers.update(self._limits())
        if token.expires_at is not None:
            response.headers["github-authentication-token-expiration"] = token.expires_at.strftime("%Y-%m-%d %H:%M:%S UTC")
        return response

    def _refused(self, refusal: _Refusal) -> web.Response:
        said: dict[str, Any] = {"message": refusal.message, "documentation_url": _DOCS, "status": str(refusal.status)}
        if refusal.errors is not None:
            said["errors"] = refusal.errors
        return _json(said, status=refusal.status, headers={**self._limits(), **refusal.headers})

    def _limits(self) -> dict[str, str]:
        reset = int((self.now() + timedelta(seconds=self.reset_after_s)).timestamp())
        return {"x-ratelimit-limit": "5000", "x-ratelimit-remaining": "4990", "x-ratelimit-reset": str(reset), "x-ratelimit-resource": "core"}

    def _primary(self) -> _Refusal:
        return _Refusal(403, "API rate limit exceeded for user ID 1.", headers={"x-ratelimit-remaining": "0"})

    def _admitted(self, request: web.BaseRequest) -> Token:
        if not request.headers.get("User-Agent"):
            raise _Refusal(403, "Request forbidden by administrative rules. Please make sure your request has a User-Agent header")
        version = request.headers.get("X-GitHub-Api-Version", VERSIONS[0])
        if version not in VERSIONS:
            raise _Refusal(400, f"{version} is not a supported version of the GitHub API.")
        sent = request.headers.get("Authorization", "")
        if not sent:
            raise _Refusal(401, "Requires authentication")
        scheme, _, value = sent.partition(" ")
        token = self.tokens.get(value) if scheme in ("Bearer", "token") else None
        if token is None or (token.expires_at is not None and token.expires_at <= self.now()):
            raise _Refusal(401, "Bad credentials")
        return token

    def _route(self, request: web.BaseRequest, body: bytes, token: Token) -> web.Response:
        segments = [unquote(part) for part in request.rel_url.raw_path.split("/")[1:]]
        if len(segments) < 3 or segments[0] != "repos":
            raise _Refusal(404, "Not Found")
        repository = self.repositories.get(f"{segments[1]}/{segments[2]}".lower())
        if repository is None or (token.repositories is not None and repository.name not in token.repositories and repository.private):
            raise _Refusal(404, "Not Found")
        if token.sso:
            raise _Refusal(
                403, "Resource protected by organization SAML enforcement. You must grant your Personal Access token access to this organization.",
                headers={"x-github-sso": "required; url=https://github.com/orgs/acme/sso?authorization_request=A0"},
            )  # fmt: skip
        if repository.moved:
            headers = {"Location": f"{self.url}/repositories/1/{'/'.join(segments[3:])}"}
            raise _Refusal(301 if request.method == "GET" else 307, "Moved Permanently", headers=headers)
        said = _read(body) if request.method in ("POST", "PATCH", "PUT") and body else {}
        ask = _Ask(self, repository, token, request, said)
        match [request.method, *segments[3:]]:
            case ["GET"]:
                return ask.need("metadata", "read", lambda: _json(_repository(repository)))
            case ["GET", "commits", sha, "pulls"]:
                return ask.need("pull_requests", "read", lambda: ask.pulls(sha))
            case ["GET", "commits", sha, "check-runs"]:
                return ask.need("checks", "read", lambda: ask.check_runs(sha))
            case ["GET", "commits", sha, "status"]:
                return ask.need("statuses", "read", lambda: ask.status(sha))
            case ["GET", "commits", *ref]:
                return ask.need("contents", "read", lambda: ask.commit("/".join(ref)))
            case ["GET", "compare", *ends]:
                return ask.need("contents", "read", lambda: ask.compare("/".join(ends)))
            case ["POST", "dispatches"]:
                return ask.need("contents", "write", ask.repository_dispatch)
            case ["GET", "actions", "workflows", file]:
                return ask.need("actions", "read", lambda: _json(_workflow(ask.workflow(file))))
            case ["POST", "actions", "workflows", file, "dispatches"]:
                return ask.need("actions", "write", lambda: ask.workflow_dispatch(file))
            case ["GET", "actions", "workflows", file, "runs"]:
                return ask.need("actions", "read", lambda: ask.runs(ask.workflow(file)))
            case ["GET", "actions", "runs"]:
                return ask.need("actions", "read", lambda: ask.runs(None))
            case ["GET", "actions", "runs", id]:
                return ask.need("actions", "read", lambda: _json(_run(self, ask.run(id))))
            case ["GET", "actions", "runs", id, "jobs"]:
                return ask.need("actions", "read", lambda: _json({"total_count": 1, "jobs": _jobs(ask.run(id))}))
            case ["POST", "actions", "runs", id, "cancel"]:
                return ask.need("actions", "write", lambda: ask.cancel(id))
            case ["GET", "actions", "jobs", id, "logs"]:
                return ask.need("actions", "read", lambda: ask.job_log(id))
            case ["GET", "check-runs", id, "annotations"]:
                return ask.need("checks", "read", lambda: _json(ask.job(id).annotations))
            case _:
                raise _Refusal(404, "Not Found")

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


@dataclass
class _Ask:
    """One request about one repository, by a token that may see it."""

    github: FakeGitHub
    repository: Repository
    token: Token
    request: web.BaseRequest
    said: dict[str, Any]

    def need(self, permission: str, level: str, answer: Callable[[], web.Response]) -> web.Response:
        accepted = {"x-accepted-github-permissions": f"{permission}={level}"}
        may = _LEVELS.get(self.token.permissions.get(permission, ""), 1 if not self.repository.private and level == "read" else 0)
        if may < _LEVELS[level]:
            raise _Refusal(403, "Resource not accessible by personal access token", headers=accepted)
        if level == "write" and self.repository.archived:
            raise _Refusal(403, "Repository was archived so is read-only.", headers=accepted)
        response = answer()
        response.headers.update(accepted)
        return response

    def page(self, found: list[Any], default: int = 30) -> list[Any]:
        size = min(int(self.request.query.get("per_page", default)), 100)
        first = (int(self.request.query.get("page", 1)) - 1) * size
        return found[first : first + size]

    # --- code

    def _sha(self, ref: str) -> str:
        if not self.repository.commits:
            raise _Refusal(409, "Git Repository is empty.")
        sha = self.repository.find(ref)
        if sha is None:
            raise _Refusal(422, f"No commit found for SHA: {ref}")
        return sha

    def commit(self, ref: str) -> web.Response:
        sha = self._sha(ref)
        if self.request.headers.get("Accept") == "application/vnd.github.sha":
            return web.Response(text=sha, content_type="application/vnd.github.sha")
        return _json({**_commit(self.repository, self.repository.commits[sha]), "files": [{"patch": "x" * 300_000}]})

    def pulls(self, ref: str) -> web.Response:
        sha = self._sha(ref)
        return _json(self.page([_pull(self.repository, pull) for pull in self.repository.pulls if sha in pull.commits]))

    def check_runs(self, ref: str) -> web.Response:
        found = self.repository.check_runs.get(self._sha(ref), [])
        return _json({"total_count": len(found), "check_runs": self.page(found)})

    def status(self, ref: str) -> web.Response:
        found = self.repository.statuses.get(self._sha(ref), [])
        states = {status["state"] for status in found}
        state = "failure" if states & {"failure", "error"} else "pending" if "pending" in states or not states else "success"
        return _json({"state": state, "total_count": len(found), "statuses": self.page(found)})

    def compare(self, ends: str) -> web.Response:
        base, dots, head = ends.partition("...")
        shas = [self.repository.find(end) for end in (base, head)]
        if not dots or shas[0] is None or shas[1] is None:
            raise _Refusal(404, "Not Found")
        ahead, behind = self.repository.between(shas[0], shas[1]), self.repository.between(shas[1], shas[0])
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
        paged = "page" in self.request.query or "per_page" in self.request.query
        said = {
            "html_url": f"https://github.com/{self.repository.name}/compare/{base}...{head}", "status": status, "ahead_by": len(ahead),
            "behind_by": len(behind), "total_commits": len(ahead),
            "commits": [_commit(self.repository, commit) for commit in (self.page(ahead) if paged else ahead[:250])],
            "files": [{"filename": "a", "patch": "x" * 300_000}] if self.request.query.get("page", "1") == "1" else [],
        }  # fmt: skip
        return _json(said)

    # --- dispatches

    def repository_dispatch(self) -> web.Response:
        event_type, payload = self.said.get("event_type"), self.said.get("client_payload", {})
        if not isinstance(event_type, str) or not event_type:
            raise _Refusal(422, 'Invalid request.\n\n"event_type" wasn\'t supplied.')
        if len(event_type) > 100:
            raise _Refusal(422, "Invalid request.\n\nevent_type is too long (maximum is 100 characters).")
        if not isinstance(payload, dict):
            raise _Refusal(422, "Invalid request.\n\nFor 'properties/client_payload', nil is not an object.")
        if len(payload) > 10:
            raise _Refusal(422, f"No more than 10 properties are allowed; {len(payload)} were supplied.")
        if len(json.dumps(payload)) >= 65_536:
            raise _Refusal(422, "client_payload is too large.")
        self.github.dispatched.append(self.said)
        for workflow in self.repository.workflows.values():
            if workflow.on_dispatch == event_type:
                self._begin(workflow, "repository_dispatch", self.repository.default_branch, payload)
        return web.Response(status=204)

    def workflow(self, file: str) -> Workflow:
        for workflow in self.repository.workflows.values():
            if file in (workflow.file, str(workflow.id)):
                return workflow
        raise _Refusal(404, "Not Found")

    def workflow_dispatch(self, file: str) -> web.Response:
        workflow = self.workflow(file)
        allowed = {"ref", "inputs"} | (set() if self.github.enterprise else {"return_run_details"})
        strange = sorted(set(self.said) - allowed)
        if strange:
            raise _Refusal(422, f'Invalid request.\n\n"{strange[0]}" is not a permitted key.')
        ref, inputs = self.said.get("ref"), self.said.get("inputs", {})
        if not isinstance(ref, str) or not ref:
            raise _Refusal(422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
        most = 10 if self.github.enterprise else 25
        if len(inputs) > most:
            raise _Refusal(422, f"Invalid request.\n\nNo more than {most} properties are allowed; {len(inputs)} were supplied.")
        if ref.removeprefix("refs/heads/").removeprefix("refs/tags/") not in {**self.repository.branches, **self.repository.tags}:
            raise _Refusal(422, f"No ref found for: {ref}")
        if workflow.state != "active":
            raise _Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        if not workflow.trigger:
            raise _Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
        unexpected = [name for name in inputs if name not in workflow.inputs]
        if unexpected:
            raise _Refusal(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
        for name, required in workflow.inputs.items():
            if required and name not in inputs:
                raise _Refusal(422, f"Required input '{name}' not provided")
            if name in workflow.options and inputs.get(name) not in workflow.options[name]:
                raise _Refusal(422, f"Provided value '{inputs.get(name)}' for input '{name}' not in the list of allowed values")
        if sum(len(str(value)) for value in inputs.values()) > 65_535:
            raise _Refusal(422, "inputs are too large.")
        run = self._begin(workflow, "workflow_dispatch", ref, inputs)
        if not self.said.get("return_run_details") and self.request.headers.get("X-GitHub-Api-Version") != "2026-03-10":
            return web.Response(status=204)
        api = f"{self.github.url}/repos/{self.repository.name}/actions/runs/{run.id}"
        return _json({"workflow_run_id": run.id, "run_url": api, "html_url": f"https://github.com/{self.repository.name}/actions/runs/{run.id}"})

    def _begin(self, workflow: Workflow, event: str, ref: str, inputs: dict[str, Any]) -> Run:
        sha = self.repository.find(ref)
        assert sha is not None
        self.github._run_id += 1
        named = re.sub(r"{(\w+)}", lambda match: str(inputs.get(match[1], "")), workflow.run_name)
        run = Run(
            id=self.github._run_id, number=len(self.repository.runs) + 1, workflow=workflow, event=event, ref=ref, head_sha=sha, title=named, inputs=inputs,
            created_at=self.github.now(),
        )  # fmt: skip
        self.repository.runs[run.id] = run
        return run

    # --- runs

    def runs(self, workflow: Workflow | None) -> web.Response:
        asked = self.request.query
        created = asked.get("created", "")
        since = datetime.fromisoformat(created.removeprefix(">=")) if created else datetime.min.replace(tzinfo=UTC)
        if created and not created.startswith(">="):
            raise _Refusal(422, "Validation Failed")
        found = [
            run for run in sorted(self.repository.runs.values(), key=lambda run: -run.id)
            if (workflow is None or run.workflow is workflow) and asked.get("event") in (None, run.event) and run.created_at >= since
            and asked.get("head_sha") in (None, run.head_sha)
            and run.created_at + timedelta(seconds=self.github.lag_s) <= self.github.now()
        ]  # fmt: skip
        return _json({"total_count": len(found), "workflow_runs": [_run(self.github, run) for run in self.page(found)]})

    def run(self, id: str) -> Run:
        run = self.repository.runs.get(int(id)) if id.isdecimal() else None
        if run is None:
            raise _Refusal(404, "Not Found")
        return run

    def job(self, id: str) -> Run:
        return self.run(str(int(id) // 10))

    def job_log(self, id: str) -> web.Response:
        run = self.job(id)
        if run.status != "completed":
            raise _Refusal(404, "Not Found")
        return web.Response(status=302, headers={"Location": f"{self.github.url}/_logs/{run.job_id}"})

    def cancel(self, id: str) -> web.Response:
        run = self.run(id)
        if run.status == "completed":
            raise _Refusal(409, "Cannot cancel a workflow run that is completed.")
        run.status, run.conclusion = "completed", "cancelled"
        return _json({}, status=202)


def _secondary(retry_after_s: int | None) -> _Refusal:
    headers = {} if retry_after_s is None else {"retry-after": str(retry_after_s)}
    return _Refusal(403, "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.", headers=headers)


def _cut(request: web.BaseRequest, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response


def _read(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        raise _Refusal(400, "Problems parsing JSON") from None
    if not isinstance(found, dict):
        raise _Refusal(400, "Body should be a JSON object")
    return found


def _repository(repository: Repository) -> dict[str, Any]:
    return {
        "id": 1, "name": repository.name.partition("/")[2], "full_name": repository.name, "private": repository.private, "archived": repository.archived,
        "default_branch": repository.default_branch, "html_url": f"https://github.com/{repository.name}",
    }  # fmt: skip


def _commit(repository: Repository, commit: Commit) -> dict[str, Any]:
    return {
        "sha": commit.sha, "html_url": f"https://github.com/{repository.name}/commit/{commit.sha}",
        "commit": {"message": commit.message, "author": {"name": (commit.login or "somebody").title(), "email": "x@example.com"}},
        "author": {"login": commit.login} if commit.login else None, "committer": {"login": commit.committer},
        "parents": [{"sha": sha} for sha in commit.parents],
    }  # fmt: skip


def _pull(repository: Repository, pull: Any) -> dict[str, Any]:
    return {
        "number": pull.number, "title": pull.title, "user": {"login": pull.login}, "state": "closed", "merged_at": "2026-11-20T00:00:00Z",
        "html_url": f"https://github.com/{repository.name}/pull/{pull.number}",
    }  # fmt: skip


def _workflow(workflow: Workflow) -> dict[str, Any]:
    return {"id": workflow.id, "name": "Deploy", "path": f".github/workflows/{workflow.file}", "state": workflow.state}


def _run(github: FakeGitHub, run: Run) -> dict[str, Any]:
    name = next(repository.name for repository in github.repositories.values() if run.id in repository.runs)
    return {
        "id": run.id, "name": "Deploy", "display_title": run.title, "run_number": run.number, "event": run.event, "status": run.status,
        "conclusion": run.conclusion, "head_branch": run.ref, "head_sha": run.head_sha, "workflow_id": run.workflow.id, "check_suite_id": run.id,
        "created_at": run.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"), "html_url": f"https://github.com/{name}/actions/runs/{run.id}",
    }  # fmt: skip


def _jobs(run: Run) -> list[dict[str, Any]]:
    if run.status in ("queued", "waiting", "pending", "requested"):
        return [{"id": run.job_id, "name": "deploy", "status": run.status, "conclusion": None, "steps": []}]
    done = run.status == "completed"
    steps = [
        {"name": "Set up job", "status": "completed", "conclusion": "success", "number": 1},
        {"name": "Deploy", "status": "completed" if done else "in_progress", "conclusion": run.conclusion, "number": 2},
        {"name": "Complete job", "status": "completed" if done else "queued", "conclusion": "success" if done else None, "number": 3},
    ]
    return [{"id": run.job_id, "name": "deploy", "status": run.status, "conclusion": run.conclusion, "steps": steps}]


def _json(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=status, headers=headers, content_type="application/json")
