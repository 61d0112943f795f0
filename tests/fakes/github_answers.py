"""What a fake GitHub answers about one repository, to a token that may see it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from aiohttp import web
from fakes.github_repository import Commit, Repository, Run, Workflow

if TYPE_CHECKING:
    from fakes.github import FakeGitHub

PERMISSIONS = {"metadata": "read", "contents": "write", "actions": "write", "checks": "read", "statuses": "read", "pull_requests": "read", "repository_hooks": "write", "organization_hooks": "write", "members": "read"}
_LEVELS = {"read": 1, "write": 2, "admin": 3}


@dataclass
class Token:
    """A token: which repositories it sees (globally all, if ``None``), and what it may there."""

    permissions: dict[str, str] = field(default_factory=lambda: dict(PERMISSIONS))
    repositories: list[str] | None = None
    expires_at: datetime | None = None
    sso: bool = False
    """Whether the organisation asks for single sign-on that the token lacks."""
    scopes: tuple[str, ...] | None = None
    """Of a classic token: its scopes; it has no permissions then."""
    owner: str | None = None
    """Of an app's token: the account that it is for."""
    ends_at: datetime | None = None
    """Of an app's token: when it ends, which no header tells."""
    integration: bool = False


SCOPES: dict[str, dict[str, tuple[str, ...]]] = {
    "repository_hooks": {"read": ("admin:repo_hook", "read:repo_hook", "repo", "write:repo_hook"), "write": ("admin:repo_hook", "repo", "write:repo_hook")},
    "organization_hooks": {"read": ("admin:org_hook",), "write": ("admin:org_hook",)},
}
"""Of classic tokens: any of these does; for everything else ``repo``, or for what is public ``public_repo``.

https://docs.github.com/en/apps/oauth-apps/building-oauth-apps/scopes-for-oauth-apps
"""


def admitted(token: Token, permission: str, level: str, *, private: bool) -> None:
    """Refuse a token that lacks a permission, or the scopes that stand for it."""
    if token.scopes is not None:
        accepted = SCOPES.get(permission, {}).get(level, ("repo",) if private else ("public_repo", "repo"))
        if not set(accepted) & set(token.scopes) and (private or level != "read" or permission in SCOPES):
            raise Refusal(404, "Not Found", headers={"x-accepted-oauth-scopes": ", ".join(accepted), "x-oauth-scopes": ", ".join(token.scopes)})
        return
    readable = not private and level == "read" and permission not in SCOPES
    if _LEVELS.get(token.permissions.get(permission, ""), 1 if readable else 0) < _LEVELS[level]:
        who = "integration" if token.integration else "personal access token"
        raise Refusal(403, f"Resource not accessible by {who}", headers={"x-accepted-github-permissions": f"{permission}={level}"})


class Refusal(Exception):
    def __init__(self, status: int, message: str, *, headers: Mapping[str, str] | None = None, errors: list[Any] | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.headers, self.errors = status, message, dict(headers or {}), errors


@dataclass
class Ask:
    """One request about one repository, by a token that may see it."""

    github: FakeGitHub
    repository: Repository
    token: Token
    request: web.BaseRequest
    said: dict[str, Any]

    def need(self, permission: str, level: str, answer: Callable[[], web.Response]) -> web.Response:
        admitted(self.token, permission, level, private=self.repository.private)
        if level == "write" and self.repository.archived:
            raise Refusal(403, "Repository was archived so is read-only.", headers={"x-accepted-github-permissions": f"{permission}={level}"})
        response = answer()
        response.headers.update({"x-accepted-github-permissions": f"{permission}={level}"})
        return response

    def page(self, found: list[Any], default: int = 30) -> list[Any]:
        size = min(int(self.request.query.get("per_page", default)), 100)
        first = (int(self.request.query.get("page", 1)) - 1) * size
        return found[first : first + size]

    def itself(self) -> web.Response:
        return json_answer(_repository(self.repository))

    def files(self, number: str) -> web.Response:
        if number not in self.repository.files:
            raise Refusal(404, "Not Found")
        return json_answer(self.page(self.repository.files[number]))

    # --- code

    def _sha(self, ref: str) -> str:
        if not self.repository.commits:
            raise Refusal(409, "Git Repository is empty.")
        sha = self.repository.find(ref)
        if sha is None:
            raise Refusal(422, f"No commit found for SHA: {ref}")
        return sha

    def commit(self, ref: str) -> web.Response:
        sha = self._sha(ref)
        if self.request.headers.get("Accept") == "application/vnd.github.sha":
            return web.Response(text=sha, content_type="application/vnd.github.sha")
        return json_answer({**_commit(self.repository, self.repository.commits[sha]), "files": [{"patch": "x" * 300_000}]})

    def pulls(self, ref: str) -> web.Response:
        sha = self._sha(ref)
        return json_answer(self.page([_pull(self.repository, pull) for pull in self.repository.pulls if sha in pull.commits]))

    def check_runs(self, ref: str) -> web.Response:
        found = self.repository.check_runs.get(self._sha(ref), [])
        return json_answer({"total_count": len(found), "check_runs": self.page(found)})

    def status(self, ref: str) -> web.Response:
        found = self.repository.statuses.get(self._sha(ref), [])
        states = {status["state"] for status in found}
        state = "failure" if states & {"failure", "error"} else "pending" if "pending" in states or not states else "success"
        return json_answer({"state": state, "total_count": len(found), "statuses": self.page(found)})

    def compare(self, ends: str) -> web.Response:
        base, dots, head = ends.partition("...")
        shas = [self.repository.find(end) for end in (base, head)]
        if not dots or shas[0] is None or shas[1] is None:
            raise Refusal(404, "Not Found")
        ahead, behind = self.repository.between(shas[0], shas[1]), self.repository.between(shas[1], shas[0])
        status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
        paged = "page" in self.request.query or "per_page" in self.request.query
        said = {
            "html_url": f"https://github.com/{self.repository.name}/compare/{base}...{head}", "status": status, "ahead_by": len(ahead),
            "behind_by": len(behind), "total_commits": len(ahead),
            "commits": [_commit(self.repository, commit) for commit in (self.page(ahead) if paged else ahead[:250])],
            "files": [{"filename": "a", "patch": "x" * 300_000}] if self.request.query.get("page", "1") == "1" else [],
        }  # fmt: skip
        return json_answer(said)

    # --- dispatches

    def repository_dispatch(self) -> web.Response:
        event_type, payload = self.said.get("event_type"), self.said.get("client_payload", {})
        if not isinstance(event_type, str) or not event_type:
            raise Refusal(422, 'Invalid request.\n\n"event_type" wasn\'t supplied.')
        if len(event_type) > 100:
            raise Refusal(422, "Invalid request.\n\nevent_type is too long (maximum is 100 characters).")
        if not isinstance(payload, dict):
            raise Refusal(422, "Invalid request.\n\nFor 'properties/client_payload', nil is not an object.")
        if len(payload) > 10:
            raise Refusal(422, f"No more than 10 properties are allowed; {len(payload)} were supplied.")
        if len(json.dumps(payload)) >= 65_536:
            raise Refusal(422, "client_payload is too large.")
        self.github.dispatched.append(self.said)
        for workflow in self.repository.workflows.values():
            if workflow.on_dispatch == event_type:
                self._begin(workflow, "repository_dispatch", self.repository.default_branch, payload)
        return web.Response(status=204)

    def workflow(self, file: str) -> Workflow:
        for workflow in self.repository.workflows.values():
            if file in (workflow.file, str(workflow.id)):
                return workflow
        raise Refusal(404, "Not Found")

    def workflow_dispatch(self, file: str) -> web.Response:
        workflow = self.workflow(file)
        allowed = {"ref", "inputs"} | (set() if self.github.enterprise else {"return_run_details"})
        strange = sorted(set(self.said) - allowed)
        if strange:
            raise Refusal(422, f'Invalid request.\n\n"{strange[0]}" is not a permitted key.')
        ref, inputs = self.said.get("ref"), self.said.get("inputs", {})
        if not isinstance(ref, str) or not ref:
            raise Refusal(422, 'Invalid request.\n\n"ref" wasn\'t supplied.')
        most = 10 if self.github.enterprise else 25
        if len(inputs) > most:
            raise Refusal(422, f"Invalid request.\n\nNo more than {most} properties are allowed; {len(inputs)} were supplied.")
        if ref.removeprefix("refs/heads/").removeprefix("refs/tags/") not in {**self.repository.branches, **self.repository.tags}:
            raise Refusal(422, f"No ref found for: {ref}")
        if workflow.state != "active":
            raise Refusal(422, "Cannot trigger a 'workflow_dispatch' on a disabled workflow")
        if not workflow.trigger:
            raise Refusal(422, "Workflow does not have 'workflow_dispatch' trigger")
        unexpected = [name for name in inputs if name not in workflow.inputs]
        if unexpected:
            raise Refusal(422, f"Unexpected inputs provided: {json.dumps(unexpected)}")
        for name, required in workflow.inputs.items():
            if required and name not in inputs:
                raise Refusal(422, f"Required input '{name}' not provided")
            if name in workflow.options and inputs.get(name) not in workflow.options[name]:
                raise Refusal(422, f"Provided value '{inputs.get(name)}' for input '{name}' not in the list of allowed values")
        if sum(len(str(value)) for value in inputs.values()) > 65_535:
            raise Refusal(422, "inputs are too large.")
        run = self._begin(workflow, "workflow_dispatch", ref, inputs)
        if not self.said.get("return_run_details") and self.request.headers.get("X-GitHub-Api-Version") != "2026-03-10":
            return web.Response(status=204)
        api = f"{self.github.url}/repos/{self.repository.name}/actions/runs/{run.id}"
        return json_answer({"workflow_run_id": run.id, "run_url": api, "html_url": f"https://github.com/{self.repository.name}/actions/runs/{run.id}"})

    def _begin(self, workflow: Workflow, event: str, ref: str, inputs: dict[str, Any]) -> Run:
        sha = self.repository.find(ref)
        assert sha is not None
        self.github._run_id += 1
        named = re.sub(r"{([\w.]+)}", lambda match: _found(inputs, match[1].split(".")), workflow.run_name)
        run = Run(
            id=self.github._run_id, number=len(self.repository.runs) + 1, workflow=workflow, event=event, ref=ref, head_sha=sha, title=named, inputs=inputs,
            created_at=self.github.now(),
        )  # fmt: skip
        self.repository.runs[run.id] = run
        return run

    def review(self, id: str) -> web.Response:
        """Take an app's answer to its deployment protection rule, or its report of how things stand: ten at most."""
        name, state, comment = self.said.get("environment_name"), self.said.get("state"), self.said.get("comment")
        if not isinstance(name, str) or not isinstance(comment, str) or len(comment) > 1_024 or state not in (None, "approved", "rejected"):
            raise Refusal(422, "Validation Failed")
        known = self.github.reviews.setdefault((self.repository.name, id, name), [])
        if any(one is not None for one, _ in known):
            raise Refusal(422, "There is no pending custom deployment protection rule for this environment.")
        if state is None and len(known) >= 10:
            raise Refusal(422, "No more status reports are allowed.")
        known.append((state, comment))
        return web.Response(status=204)

    # --- runs

    def workflows(self) -> web.Response:
        found = [_workflow(one) for one in self.repository.workflows.values()]
        return json_answer({"total_count": len(found), "workflows": self.page(found)})

    def content(self, path: str) -> web.Response:
        workflow = self.repository.workflows.get(path.removeprefix(".github/workflows/"))
        if workflow is None or workflow.text is None:
            raise Refusal(404, "Not Found")
        return web.Response(text=workflow.text, content_type="application/vnd.github.raw+json")

    def one_workflow(self, file: str) -> web.Response:
        return json_answer(_workflow(self.workflow(file)))

    def one_run(self, id: str) -> web.Response:
        return json_answer(_run(self.github, self.run(id)))

    def jobs(self, id: str) -> web.Response:
        return json_answer({"total_count": 1, "jobs": _jobs(self.run(id))})

    def annotations(self, id: str) -> web.Response:
        return json_answer(self.job(id).annotations)

    def runs(self, workflow: Workflow | None) -> web.Response:
        asked = self.request.query
        created = asked.get("created", "")
        since = datetime.fromisoformat(created.removeprefix(">=")) if created else datetime.min.replace(tzinfo=UTC)
        if created and not created.startswith(">="):
            raise Refusal(422, "Validation Failed")
        found = [
            run for run in sorted(self.repository.runs.values(), key=lambda run: -run.id)
            if (workflow is None or run.workflow is workflow) and asked.get("event") in (None, run.event) and run.created_at >= since
            and asked.get("head_sha") in (None, run.head_sha)
            and run.created_at + timedelta(seconds=self.github.lag_s) <= self.github.now()
        ]  # fmt: skip
        return json_answer({"total_count": len(found), "workflow_runs": [_run(self.github, run) for run in self.page(found)]})

    def run(self, id: str) -> Run:
        run = self.repository.runs.get(int(id)) if id.isdecimal() else None
        if run is None:
            raise Refusal(404, "Not Found")
        return run

    def job(self, id: str) -> Run:
        return self.run(str(int(id) // 10))

    def job_log(self, id: str) -> web.Response:
        run = self.job(id)
        if run.status != "completed":
            raise Refusal(404, "Not Found")
        return web.Response(status=302, headers={"Location": f"{self.github.url}/_logs/{run.job_id}"})

    def cancel(self, id: str) -> web.Response:
        run = self.run(id)
        if run.status == "completed":
            raise Refusal(409, "Cannot cancel a workflow run that is completed.")
        run.status, run.conclusion = "completed", "cancelled"
        return json_answer({}, status=202)


def _repository(repository: Repository) -> dict[str, Any]:
    return {
        "id": 1, "name": repository.name.partition("/")[2], "full_name": repository.name, "private": repository.private, "archived": repository.archived,
        "default_branch": repository.default_branch, "html_url": f"https://github.com/{repository.name}", "permissions": dict(repository.may),
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


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), status=status, headers=headers, content_type="application/json")


def _found(inputs: Any, path: list[str]) -> str:
    """Return what an expression of a workflow finds, the empty text where there is nothing."""
    for name in path:
        inputs = inputs.get(name, "") if isinstance(inputs, dict) else ""
    return str(inputs)
