"""``kind = "github_actions"``: a workflow started by ``workflow_dispatch``.

https://docs.github.com/en/rest/actions/workflows#create-a-workflow-dispatch-event
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leverframe.core.dispatches import too_much
from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable
from leverframe.decoding import decoder
from leverframe.github.client import GitHub, quoted
from leverframe.github.errors import Trouble, invalid
from leverframe.github.repositories import SHA, GitHubRepositories
from leverframe.github.runs import Runs
from leverframe.net import Answer
from leverframe.ports import Clock, Order

_UNEXPECTED = re.compile(r'Unexpected inputs provided: \["([^"]*)"\]')


class Settings(BaseModel):
    """GitHub Actions, by `[github] token` (fine-grained: Actions read and write, Contents read)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["github_actions"] = "github_actions"


class Inputs(BaseModel):
    """What the workflow calls its inputs; an empty name leaves one out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    service: str = Field("service", description="The service's name.")
    env: str = Field("env", description="The environment's name.")
    ref: str = Field("", description="The branch or tag that was asked for; sent where the input is named.")
    sha: str = Field("", description="The exact commit that was approved; sent where the input is named.")
    correlation_id: str = Field("correlation_id", description="An id that is new for every try, by which the hub finds the run again.")


class Target(BaseModel):
    """An environment that a workflow of the service's repository deploys."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    workflow: str = Field(pattern=r"^([\w.-]+\.ya?ml|[1-9][0-9]*)$", description="The workflow's file name, such as `deploy.yml`, or its id. It needs the trigger `workflow_dispatch`.")
    inputs: Inputs = Field(
        Inputs.model_construct(),
        description="What the workflow calls its inputs: `{ service = \"app\", env = \"environment\" }`. With `sha = \"commit\"` it is told the exact commit, "
        "which it must check out; without, it runs at the branch or tag, and only while that is at the commit that was asked for. An empty name leaves "
        "an input out. `run-name: … ${{ inputs.correlation_id }}` lets a run be found again when GitHub's answer is lost.",
    )


class _Details(msgspec.Struct):
    workflow_run_id: int
    html_url: str | None = None


class GitHubActions:
    """Starts a workflow and follows its run. Satisfies ``ports.Runner``."""

    kind = "github_actions"
    poll_every_s = 10.0
    """Two requests of the five thousand an hour: https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""

    def __init__(self, name: str, github: GitHub, clock: Clock) -> None:
        """``name`` is the runner's key in the configuration; ``github`` is shared and stays its owner's."""
        self.name = name
        self._github, self._runs, self._repositories = github, Runs(github, clock), GitHubRepositories(github)
        self._tells_run = True
        """Until the server says that it does not know ``return_run_details`` (an Enterprise Server); asked again after a restart."""

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Dispatch the workflow, once.

        Where it takes no correlation id it is started without, if GitHub tells the run's id in its answer.
        """
        target = _target(order)
        if isinstance(target, NotStarted):
            return target
        repository, inputs = order.repository or "", _inputs(target.inputs, order)
        if (unfit := too_much(inputs)) is not None:
            return NotStarted(code=unfit.code, detail=unfit.detail)
        ref = await self._ref(repository, target, order)
        if isinstance(ref, NotStarted):
            return ref
        answer = await self._dispatch(repository, target, ref, inputs)
        if isinstance(answer, Trouble):
            return (await self._explained(repository, target, answer)).not_started()
        if answer.status == 204:
            return Started(run=None)
        try:
            details = decoder(_Details)(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return invalid(answer).not_started()
        return Started(run=Run(id=str(details.workflow_run_id), url=details.html_url))

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for the run that has the correlation id in its name."""
        target = _target(order)
        if isinstance(target, NotStarted):
            return Unreachable(code=target.code, detail=target.detail)
        return await self._runs.find(order, event="workflow_dispatch", workflow=target.workflow)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the run stands, and whether it ran at the order's commit where the workflow was not told it."""
        target = _target(order)
        if isinstance(target, NotStarted):
            return Unreachable(code=target.code, detail=target.detail)
        return await self._runs.poll(order.repository or "", run, sha=None if target.inputs.sha else order.sha)

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask GitHub to cancel the run."""
        return await self._runs.cancel(order.repository or "", run)

    async def close(self) -> None:
        """Nothing to let go of: the connections are the hub's shared ones."""

    async def _ref(self, repository: str, target: Target, order: Order) -> str | NotStarted:
        """Return the branch or tag to dispatch on. A workflow runs at what that is then: it must be the order's commit, unless the workflow is told it."""
        if not order.sha:  # no commit was decided on
            if order.ref:
                return order.ref
            default = await self._repositories.head(repository)
            return NotStarted(code=default.code, detail=default.detail, again=default.again, after_s=default.after_s) if isinstance(default, Trouble) else default
        is_commit = SHA.fullmatch(order.ref) is not None
        if is_commit and not target.inputs.sha:
            return NotStarted(code="github_commit_needs_input", detail=order.ref[:7])
        if target.inputs.sha and not is_commit:
            return order.ref
        found = await (self._repositories.head(repository) if is_commit else self._repositories.commit(repository, order.ref))
        if isinstance(found, Trouble):  # nothing was dispatched yet, whatever happened
            return NotStarted(code=found.code, detail=found.detail, again=found.again, after_s=found.after_s)
        if is_commit:
            return found
        if found != order.sha:
            return NotStarted(code="github_branch_moved", detail=f"{order.ref[:100]} is at {found[:7]}, not at {order.sha[:7]}")
        return order.ref

    async def _dispatch(self, repository: str, target: Target, ref: str, inputs: dict[str, str]) -> Answer | Trouble:
        """Dispatch; again, with less, only what GitHub refused with a 4xx for asking too much."""
        path, ours = quoted("actions", "workflows", target.workflow, "dispatches"), target.inputs.correlation_id
        while True:
            tells_run = self._tells_run
            body: dict[str, Any] = {"ref": ref, "inputs": inputs, **({"return_run_details": True} if tells_run else {})}
            answer = await self._github.post(repository, path, body, once=True)
            if not isinstance(answer, Trouble) or answer.status not in (400, 422):
                return answer
            if tells_run and "return_run_details" in answer.detail:
                self._tells_run = False
            elif tells_run and ours in inputs and _unexpected(answer.detail) == ours:
                # The workflow has no place for our id. It can do without: the answer names the run.
                inputs = {name: value for name, value in inputs.items() if name != ours}
            else:
                return answer

    async def _explained(self, repository: str, target: Target, trouble: Trouble) -> Trouble:
        """Tell apart what GitHub answers with the same 404: no such repository, no such workflow, no leave to start it."""
        if trouble.status != 404:
            return trouble
        seen = await self._github.get(repository, "", dict[str, object])
        if isinstance(seen, Trouble):
            return replace(trouble, detail=repository)
        workflow = await self._github.get(repository, quoted("actions", "workflows", target.workflow), dict[str, object])
        if isinstance(workflow, Trouble) and workflow.status == 404:
            return replace(trouble, code="github_workflow_unknown", detail=f"{repository}: {target.workflow}")
        return replace(trouble, code="github_permission_missing")


def _unexpected(detail: str) -> str | None:
    """Return the name of the one input that GitHub did not expect."""
    found = _UNEXPECTED.search(detail)
    return found[1] if found else None


def _target(order: Order) -> Target | NotStarted:
    """Return the environment's keys; what an earlier configuration left in the store may not fit any more."""
    if not order.repository:
        return NotStarted(code="github_repository_missing", detail=order.service[:100])
    try:
        return Target.model_validate(dict(order.target))
    except ValidationError as error:
        return NotStarted(code="runner_target_invalid", detail=", ".join(".".join(map(str, wrong["loc"])) for wrong in error.errors())[:200])


def _inputs(names: Inputs, order: Order) -> dict[str, str]:
    """Return the workflow's inputs: the order's parameters under their own names, then what the hub says under the workflow's."""
    said: Mapping[str, str] = {
        names.service: order.service, names.env: order.environment, names.ref: order.ref, names.sha: order.sha, names.correlation_id: order.correlation_id,
    }  # fmt: skip
    return {**order.parameters, **{name: value for name, value in said.items() if name}}
