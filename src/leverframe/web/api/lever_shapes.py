"""What the API answers and takes of commands and deployments."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field, StringConstraints

from leverframe.core.deployments import State
from leverframe.core.deployments.values import Kind
from leverframe.web.api.shapes import Word, _Answer, _Asked

Line = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]
"""As long as a body may be: what is too long for a command is told as a chat would."""


class CommandAsked(_Asked):
    """A line as people write it in a chat, without its mark."""

    line: Line = Field(description="deploy web-app staging")
    room: Word | None = Field(None, description="where its card is shown: slack:#dev")
    idempotency_key: Word | None = Field(None, description="a name of your own for this request: what comes again under it is answered as before, and not done again")
    dry_run: bool = Field(False, description="only tell what would happen")


class CommandDone(_Answer):
    ok: Literal[True] = True
    code: Literal["ok"] = "ok"
    line: str = Field(description="the command as it was understood; secrets are ***")
    text: str = Field(description="what is answered, as plain text")
    message: dict[str, Any] | None = Field(None, description="the same in blocks")
    deployment: str | None = Field(None, description="the deployment that came of it, or was acted on: dep_…")
    would: list[str] | None = Field(None, description="of a dry run: what would happen now")
    dry_run: bool = False


class ChangeShape(_Answer):
    title: str
    author: str
    url: str | None
    number: int | None
    sha: str


class ChecksShape(_Answer):
    state: str
    failing: list[str]
    waiting: list[str]


class VoteShown(_Answer):
    name: str
    approves: bool
    reason: str


class LockShape(_Answer):
    service: str
    environment: str
    by: str
    reason: str
    until: datetime | None = Field(description="null: until somebody unlocks it")
    waiting: list[str]


class FreezeShape(_Answer):
    until: datetime | None
    reason: str


class TryShape(_Answer):
    correlation_id: str
    result: str | None
    run_number: str
    run_url: str | None
    detail: str


class DeploymentShape(_Answer):
    """A deployment as its card shows it."""

    id: str
    version: int = Field(description="grows with every change; give it as seen to wait for the next")
    kind: Kind
    state: State
    ended: bool
    service: str
    environment: str
    lane: str
    ref: str
    sha: str
    sha_url: str | None
    from_sha: str = Field(description="what was live when it was asked")
    parameters: dict[str, str]
    requested_by: str
    requested_at: datetime
    changed_at: datetime
    cause: str
    reason: str
    break_glass: bool
    changes: list[ChangeShape]
    changes_total: int
    changes_url: str | None
    behind: bool
    checks: ChecksShape | None
    approvals_needed: int
    approvers: list[str]
    votes: list[VoteShown]
    expires_at: datetime | None
    place: int | None = Field(description="in the queue of its lane, from 1")
    behind_deployment: str
    freeze: FreezeShape | None
    lock: LockShape | None
    runner: str
    run_number: str
    run_url: str | None
    step: str
    trouble: str = Field(description="code of what is in the way just now")
    try_number: int
    tries: int
    former_tries: list[TryShape]
    cancelling_by: str
    started_at: datetime | None
    ended_at: datetime | None
    ended_by: str
    code: str = Field(description="why it ended badly")
    detail: str
    log_tail: str
    rollback_ref: str
    can_retry: bool


class DeploymentList(_Answer):
    deployments: list[DeploymentShape]
    next: str | None = Field(description="give it as before to read on; null at the end")


class PolicyShape(_Answer):
    required: int
    from_roles: list[str]
    allow_self: bool
    allow_authors: bool
    break_glass: list[str]


class VoteShape(_Answer):
    actor: str
    name: str
    approves: bool
    at: datetime
    reason: str


class ApprovalShape(_Answer):
    id: str
    digest: str = Field(description="of service, environment, commit, parameters and policy: what was shown")
    result: Literal["open", "won", "lost", "expired", "cancelled", "void", "glass_broken"]
    policy: PolicyShape
    requester: str | None
    opened_at: datetime
    expires_at: datetime
    votes: list[VoteShape]
    decided_at: datetime | None
    decided_by: str
    reason: str


class MomentShape(_Answer):
    at: datetime
    what: str
    by: str
    detail: str
    number: int = Field(description="which try it is about, from 1; 0 for none")
    run_number: str
    run_url: str | None


class DeploymentWhole(DeploymentShape):
    approvals: list[ApprovalShape]
    timeline: list[MomentShape]
    remedy: str | None = Field(description="what to do about its code")


class LiveShape(_Answer):
    deployment: str
    ref: str
    sha: str
    sha_url: str | None
    at: datetime | None
    by: str


class WaitingShape(_Answer):
    deployment: str
    state: State


class EnvironmentShape(_Answer):
    name: str
    lane: str
    runner: str
    after: str | None = Field(description="where the same commit must be live first")
    approvals: PolicyShape | None
    live: LiveShape | None
    active: WaitingShape | None
    waiting: list[WaitingShape]
    lock: LockShape | None
    freeze: FreezeShape | None


class ServiceShape(_Answer):
    name: str
    repository: str | None
    environments: list[EnvironmentShape]


class ServiceList(_Answer):
    services: list[ServiceShape]


class Completions(_Answer):
    completions: list[str] = Field(description="words that may stand in the place of the line's last one, or after it when it ends with a blank")
