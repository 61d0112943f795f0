"""``kind = "repository_dispatch"``: a workflow of the default branch, started by an event of our own.

https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
"""

from __future__ import annotations

from typing import Literal

from msgspec.structs import replace
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from leverframe.core.runs import Absent, CancelRefused, CancelTaken, Finished, Found, Going, Lost, NotStarted, Run, Started, Unreachable
from leverframe.github.client import GitHub, sized
from leverframe.github.errors import Trouble, invalid
from leverframe.github.runs import Runs
from leverframe.ports import Clock, Order

MOST_BYTES = 65_536
"""GitHub takes less than that of ``client_payload``, and ten keys at its top: there are six."""


class Settings(BaseModel):
    """GitHub's `repository_dispatch`, by `[github] token` (fine-grained: Contents read and write, Actions read; to cancel, Actions write)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["repository_dispatch"] = "repository_dispatch"


class Target(BaseModel):
    """An environment that a workflow with `on: repository_dispatch` deploys.

    Its `client_payload` holds `service`, `env`, `ref`, `sha`, `correlation_id` and `parameters`; the workflow checks `sha` out, and its
    `run-name` must hold `${{ github.event.client_payload.correlation_id }}`: GitHub's answer names no run.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    event_type: str = Field("deploy", min_length=1, max_length=100, description="The event's type, as the workflow's `types` names it.")


class RepositoryDispatch:
    """Sends the event and follows the run that it starts. Satisfies ``ports.Runner``."""

    kind = "repository_dispatch"
    poll_every_s = 10.0

    def __init__(self, name: str, github: GitHub, clock: Clock) -> None:
        """``name`` is the runner's key in the configuration; ``github`` is shared and stays its owner's."""
        self.name = name
        self._github, self._runs = github, Runs(github, clock)

    async def start(self, order: Order) -> Started | NotStarted | Lost:
        """Send the event, once. GitHub tells no run: it is found by its name."""
        if not order.repository:
            return NotStarted(code="github_repository_missing", detail=order.service[:100])
        event_type, payload = order.event_type, order.payload
        if payload is None:
            try:
                event_type = Target.model_validate(dict(order.target)).event_type
            except ValidationError as error:
                return NotStarted(code="runner_target_invalid", detail=", ".join(".".join(map(str, wrong["loc"])) for wrong in error.errors())[:200])
            payload = {
                "service": order.service, "env": order.environment, "ref": order.ref, "sha": order.sha, "correlation_id": order.correlation_id,
                "parameters": dict(order.parameters),
            }  # fmt: skip
        if (size := sized(payload)) >= MOST_BYTES:
            return NotStarted(code="github_payload_too_large", detail=f"{size} bytes; less than {MOST_BYTES} are taken")
        answer = await self._github.post(order.repository, "/dispatches", {"event_type": event_type, "client_payload": payload}, once=True)
        if isinstance(answer, Trouble):
            return (await self._explained(order.repository, answer)).not_started()
        return Started(run=None, ends=not order.followed) if answer.status == 204 else invalid(answer).not_started()

    async def find(self, order: Order) -> Found | Absent | Unreachable:
        """Look for the run that has the correlation id in its name; one that was not told it has none to be found by."""
        if not order.followed:
            return Absent(sure=False)
        return await self._runs.find(order, event="repository_dispatch", workflow=None)

    async def poll(self, order: Order, run: Run) -> Going | Finished | Absent | Unreachable:
        """Return how the run stands. It runs at the default branch whatever was asked for: the workflow checks ``sha`` out."""
        return await self._runs.poll(order.repository or "", run, sha=None)

    async def cancel(self, order: Order, run: Run) -> CancelTaken | CancelRefused | Unreachable:
        """Ask GitHub to cancel the run."""
        return await self._runs.cancel(order.repository or "", run)

    async def close(self) -> None:
        """Nothing to let go of: the connections are the hub's shared ones."""

    async def _explained(self, repository: str, trouble: Trouble) -> Trouble:
        """Tell a repository that the token does not see from one that it may not write to: GitHub answers both with a 404."""
        if trouble.status != 404:
            return trouble
        if isinstance(await self._github.get(repository, "", dict[str, object]), Trouble):
            return replace(trouble, detail=repository)
        return replace(trouble, code="github_permission_missing")
