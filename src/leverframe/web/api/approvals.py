"""Approvals in the API: a pipeline asks, waits for the decision, and takes its question back."""

from __future__ import annotations

import json
import secrets
from base64 import b64encode
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request
from pydantic import ConfigDict, Field, StringConstraints

from leverframe.core.addresses import read_url
from leverframe.core.approvals import Policy
from leverframe.core.commands.values import duration_s
from leverframe.core.details import about
from leverframe.core.dispatches import EVENT_TYPE
from leverframe.core.errors import Locale, Refused
from leverframe.core.gates import Act, Decision, Reference
from leverframe.core.kept_details import kept
from leverframe.core.payload import is_web
from leverframe.store import deployments
from leverframe.web import approvals
from leverframe.web.api.asked import Asked, Count, OurDesk, cursor, locale_of, remedy_of, who
from leverframe.web.api.levers import OurLevers, Wait, place_of
from leverframe.web.api.shapes import Word, _Answer, _Asked
from leverframe.web.desk import Desk
from leverframe.web.levers import LeverDesk
from leverframe.work.approve import Question

router = APIRouter()

MOST_ROOMS, MOST_LINKS, MOST_INPUTS = 20, 20, 100
Title = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]*$", strip_whitespace=True)]
Words = Annotated[str, StringConstraints(max_length=3_000, pattern=r"^[^\x00]*$")]


class LinkAsked(_Asked):
    label: Title
    url: Word


class DispatchAct(_Asked):
    event_type: Word = EVENT_TYPE
    client_payload: dict[str, Any] = Field({}, description="any object that GitHub takes; the hub adds the key leverframe, with the decision")


class WorkflowAct(_Asked):
    workflow: Annotated[str, StringConstraints(pattern=r"^([\w.-]+\.ya?ml|[1-9][0-9]*)$", max_length=200)] = Field(description="deploy.yml")
    ref: Word = Field("", description="branch or tag; the default branch if left out")
    inputs: dict[Word, str] = Field({}, max_length=MOST_INPUTS, description="its inputs, at most 24; correlation_id is added where the workflow takes it")


class CallbackAct(_Asked):
    url: Word = Field(description="https://…; an address of the inside needs [outbound] allow")
    secret: Word | None = Field(None, min_length=16, description="what it is signed with (Standard Webhooks): whsec_…; left out, one is made and told once")


class ActAsked(_Asked):
    """One of the three; none: the answer is all that is wanted."""

    repository_dispatch: DispatchAct | None = None
    workflow_dispatch: WorkflowAct | None = None
    callback: CallbackAct | None = None


class PolicyAsked(_Asked):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=False)

    required: Annotated[int, Field(strict=True, ge=1, le=50)] = 1
    from_roles: list[Word] = Field([], alias="from", max_length=50, description="roles whose members count; left out, everybody with the grant approve PROJECT ENVIRONMENT")
    allow_self: bool = Field(False, alias="self", description="whether whoever asked counts")
    expires: Word = Field("4h", description="how long is asked")
    break_glass: list[Word] = Field([], max_length=50)


class ApprovalAsked(_Asked):
    """A question to people, and what is done on their answer."""

    project: Word = Field(description="owner/name on GitHub")
    environment: Word = Field("", description="what it is for: production; part of the grants approve PROJECT ENVIRONMENT")
    title: Title = Field(description="what is asked, in one line")
    text: Words = Field("", description="what will happen")
    links: list[LinkAsked] = Field([], max_length=MOST_LINKS)
    policy: Word | PolicyAsked = Field(PolicyAsked.model_validate({}), description="a name of [policies], or the policy itself")
    rooms: list[Word] = Field([], max_length=MOST_ROOMS, description="where it is asked, all at once: [\"slack:#deploys\", \"teams:#release\"]")
    on_approve: ActAsked = ActAsked()
    on_reject: ActAsked = Field(ActAsked(), description="done when somebody says no, and when nobody says anything in time")
    requested_by: Word | None = Field(None, description="for whom a token asks, whose own vote is not to count: github:octocat. Who signs in with a token of GitHub's is known already")
    idempotency_key: Word | None = Field(None, description="a name of your own for this request: what comes again under it is answered as before, and not asked twice")


class VoteTold(_Answer):
    name: str
    approves: bool
    reason: str


class LinkTold(_Answer):
    label: str
    url: str


class ApprovalTold(_Answer):
    """A question, how it was decided, and what came of it."""

    id: str
    version: int
    project: str
    environment: str
    title: str
    text: str
    links: list[LinkTold]
    requested_by: str
    requested_at: datetime
    decision: Decision
    decided_at: datetime | None
    decided_by: list[str]
    reason: str
    votes: list[VoteTold]
    required: int
    expires_at: datetime | None
    break_glass: bool
    followed: bool = Field(description="whether the run of a yes is looked for; false where the payload has no key left for the hub")
    on_approve: str
    on_reject: str
    outcome: Literal["accepted", "sent", "run_found", "succeeded", "failed", "cancelled", "unknown", "dead", "done"] | None = Field(
        description="of what was to be done once it was approved: dead was refused and may be retried, unknown is to be settled by somebody; null until then")
    ended: bool
    ended_at: datetime | None
    run_number: str
    run_url: str | None
    code: str
    detail: str
    remedy: str | None
    follow_ups: list[str] = Field(description="the levers that were pulled on a no: dep_…")


class ApprovalOpened(ApprovalTold):
    repeated: bool = Field(description="whether it is the same request, sent again")
    secrets: dict[str, str] = Field(description="of callbacks whose secret was made here, by on_approve and on_reject; told this once")


class ApprovalList(_Answer):
    approvals: list[ApprovalTold]
    next: str | None


async def _told(desk: Desk, gate: Any, locale: Locale) -> dict[str, Any]:
    whole = approvals.shown(gate)
    said_no = gate.gate.reject.deed != "none" and whole["decision"] not in ("pending", "approved")
    follows = await desk.database.read(deployments.following, gate) if said_no else []
    return {**whole, "detail": kept(whole["detail"], locale), "remedy": remedy_of(whole["code"], locale), "follow_ups": [one.id for one in follows]}


@router.post("/api/approvals", response_model=ApprovalOpened, status_code=201)
async def ask_for_approval(desk: OurDesk, found: OurLevers, asked: ApprovalAsked, request: Request) -> Any:
    """Ask people for approval."""
    made: dict[str, str] = {}
    for act in (asked.on_approve, asked.on_reject):
        if act.callback is not None and found.look_at is not None:
            await found.look_at(act.callback.url)
    opened = await approvals.ask(desk, who(request), Question(
        project=asked.project, environment=asked.environment, title=asked.title, text=asked.text,
        links=[_link(one) for one in asked.links], policy=_policy(asked.policy, found, desk),
        places=[place_of(desk, room) for room in dict.fromkeys(asked.rooms)], approve=_act(asked.on_approve, "on_approve", made),
        reject=_act(asked.on_reject, "on_reject", made), requester=asked.requested_by, key=asked.idempotency_key,
    ))  # fmt: skip
    return {**await _told(desk, opened.deployment, locale_of(request)), "repeated": opened.repeated, "secrets": {} if opened.repeated else made}


@router.get("/api/approvals", response_model=ApprovalList)
async def list_approvals(desk: OurDesk, request: Request, project: Asked = None, before: Asked = None, limit: Count = 50) -> Any:
    """Approvals that were asked for, newest first."""
    rows = await desk.database.read(deployments.past, service=project, family="gate", before=cursor("dep", before), limit=limit + 1)
    return {"approvals": [await _told(desk, one, locale_of(request)) for one in rows[:limit]], "next": rows[limit - 1].id if len(rows) > limit else None}


@router.get("/api/approvals/{approval}", response_model=ApprovalTold)
async def read_approval(
    desk: OurDesk, approval: Word, request: Request, wait: Wait = 0,
    until: Annotated[Literal["decided", "ended"], Query(description="what is waited for")] = "decided",
) -> Any:  # fmt: skip
    """How an approval stands; wait for the decision, or for the end."""
    gate = await approvals.waited(desk, who(request), approval, wait_s=wait, to_the_end=until == "ended")
    return await _told(desk, gate, locale_of(request))


@router.post("/api/approvals/{approval}/cancel", response_model=ApprovalTold)
async def cancel_approval(desk: OurDesk, approval: Word, request: Request) -> Any:
    """Take a question back."""
    return await _told(desk, await approvals.act(desk, who(request), approval, "cancel"), locale_of(request))


@router.post("/api/approvals/{approval}/retry", response_model=ApprovalTold)
async def retry_approval(desk: OurDesk, approval: Word, request: Request) -> Any:
    """Do anew what could not be done on the answer."""
    return await _told(desk, await approvals.act(desk, who(request), approval, "retry"), locale_of(request))


def _policy(asked: str | PolicyAsked, found: LeverDesk, desk: Desk) -> Policy:
    """Return the policy that is asked for; raises ``Refused`` for one that nobody could meet: it is told now, not when nobody has answered."""
    if isinstance(asked, str):
        if asked not in found.policies:
            raise Refused("policy_unknown", asked[:100])
        return found.policies[asked]
    expires_s = duration_s(asked.expires)
    if expires_s is None:
        raise Refused("request_invalid", f"policy.expires: {asked.expires[:50]}")
    for role in (*asked.from_roles, *asked.break_glass):
        if role not in desk.roles:
            raise Refused("request_invalid", about("policy", "none_of", met=role[:50], known=", ".join(sorted(desk.roles))[:200]))
    return Policy(
        required=asked.required, from_roles=tuple(asked.from_roles), allow_self=asked.allow_self, expires_s=float(expires_s), break_glass=tuple(asked.break_glass)
    )


def _act(asked: ActAsked, name: str, made: dict[str, str]) -> Act:
    """Return what is to be done; raises ``Refused`` where it is two things."""
    given = [one for one in (asked.repository_dispatch, asked.workflow_dispatch, asked.callback) if one is not None]
    if len(given) > 1:
        raise Refused("request_invalid", about(name, "one_of", known="repository_dispatch, workflow_dispatch, callback"))
    if asked.repository_dispatch is not None:
        try:
            payload = json.dumps(asked.repository_dispatch.client_payload, allow_nan=False)
        except ValueError:
            raise Refused("dispatch_payload_invalid", name) from None
        return Act(deed="repository_dispatch", event_type=asked.repository_dispatch.event_type, payload=payload)
    if asked.workflow_dispatch is not None:
        one = asked.workflow_dispatch
        return Act(deed="workflow_dispatch", workflow=one.workflow, ref=one.ref, inputs=one.inputs)
    if asked.callback is not None:
        secret = asked.callback.secret
        if secret is None:
            secret = made[name] = f"whsec_{b64encode(secrets.token_bytes(32)).decode()}"
        read_url(asked.callback.url)
        return Act(deed="callback", url=asked.callback.url, secret=secret)
    return Act()


def _link(asked: LinkAsked) -> Reference:
    if not is_web(asked.url):
        raise Refused("request_invalid", f"links: {asked.url[:100]}")
    return Reference(label=asked.label, url=asked.url)
