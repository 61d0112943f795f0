"""What the API answers and takes: ids as people see them, times in RFC 3339."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Word = Annotated[str, StringConstraints(max_length=500, pattern=r"^[^\x00]*$")]
StateName = Literal["owed", "sent", "dead", "coalesced", "muted"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Asked(BaseModel):
    # A field that is misspelt is told, not passed over.
    model_config = ConfigDict(extra="forbid", frozen=True)


class RouteFired(_Answer):
    """A route that made a delivery of the event."""

    route: str
    destination: str
    state: StateName


class Recovered(_Answer):
    """What did not come in when GitHub first tried, and was sent again."""

    first_tried_at: datetime
    status: str
    tries: int


class EventShape(_Answer):
    id: str
    source: str
    event: str
    name: str
    action: str | None
    repo: str | None
    delivery_id: str
    received_at: datetime
    fired: list[RouteFired]
    recovered: Recovered | None = Field(description="set when GitHub could not deliver it at first")


class EventList(_Answer):
    events: list[EventShape]
    next: str | None = Field(description="give it as before to read on; null at the end")


class EventWhole(EventShape):
    headers: dict[str, str] | None = Field(description="null when retention has removed the body; signatures are left out")
    payload: Any = Field(description="the JSON that came in; a string when it is no JSON")


class ExplanationShape(_Answer):
    route: str
    fired: bool
    reason: str
    destinations: list[str]


class Explanations(_Answer):
    routes: list[ExplanationShape]


class DeliveryShape(_Answer):
    id: str
    event_id: str
    event: str | None
    repo: str | None
    destination: str
    route: str
    state: StateName
    role: Literal["alone", "card", "reply"]
    thread: str | None
    attempts: int
    created_at: datetime
    scheduled_at: datetime
    ended_at: datetime | None
    code: str | None
    next_try_at: datetime | None = Field(description="when an owed one is tried next")
    waits: Literal["backing_off", "parked", "paused", "quiet_hours", "spread", "turn"] | None = Field(
        description="why an owed one was not sent yet: its destination or its key backs off, its webhook is paused, quiet hours, a retry at a rate, or it is its turn")
    waits_after: str | None = Field(description="what the destination refused with, when it or the key backs off")


class DeliveryList(_Answer):
    deliveries: list[DeliveryShape]
    next: str | None


class AttemptShape(_Answer):
    number: int
    started_at: datetime
    duration_ms: int
    outcome: Literal["delivered", "retry", "rejected"]
    status: int | None
    code: str | None
    remedy: str | None
    detail: str


class DeliveryWhole(DeliveryShape):
    tries: list[AttemptShape]
    remedy: str | None


class RetryAsked(_Asked):
    """Which deliveries: the dead ones unless another state is named, narrowed by every key that is given."""

    destination: Word | None = None
    route: Word | None = None
    since: Word | None = Field(None, description="2h, 3d or an ISO 8601 time")
    until: Word | None = None
    rate_per_s: float | None = Field(None, gt=0, le=10_000)
    state: StateName = "dead"
    dry_run: bool = False


class Retried(_Answer):
    count: int
    dry_run: bool = False


class RouteShape(_Answer):
    name: str
    source: str | None
    events: list[str]
    destinations: list[str]
    muted_until: datetime | None


class RouteList(_Answer):
    routes: list[RouteShape]


class ExplainAsked(_Asked):
    """An event as GitHub would send it: ``event`` is its X-GitHub-Event."""

    event: Word
    payload: dict[str, Any]
    source: Word | None = None


class TestAsked(_Asked):
    route: Word


class Tested(_Answer):
    destinations: list[str]


class MuteAsked(_Asked):
    target: Word = Field(description="route:NAME or room:CHAT:ROOM")
    until: Word = Field(description="2h, 3d or an ISO 8601 time")
    reason: Word = ""


class MuteShape(_Answer):
    target: str
    until: datetime
    reason: str
    by: str


class MuteList(_Answer):
    mutes: list[MuteShape]


class InviteAsked(_Asked):
    name: Word
    role: Word


class Invited(_Answer):
    name: str
    role: str
    link: str
    expires_at: datetime


class PersonShape(_Answer):
    name: str
    role: str
    created_at: datetime
    disabled_at: datetime | None


class InvitationShape(_Answer):
    name: str
    role: str
    expires_at: datetime


class PeopleList(_Answer):
    people: list[PersonShape]
    invitations: list[InvitationShape]


class ApiTokenAsked(_Asked):
    name: Word
    grants: list[Word] = Field(max_length=100)
    days: int = 90


class HookTokenAsked(_Asked):
    name: Word
    rooms: list[Word] = Field(max_length=100, description="globs of chat:room")
    days: int | None = None


class Issued(_Answer):
    name: str
    token: str = Field(description="shown once")


class ApiTokenShape(_Answer):
    name: str
    grants: list[str]
    by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class HookTokenShape(_Answer):
    name: str
    rooms: list[str]
    by: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None
    used_at: datetime | None


class ApiTokenList(_Answer):
    tokens: list[ApiTokenShape]


class HookTokenList(_Answer):
    tokens: list[HookTokenShape]


class AuditShape(_Answer):
    id: str
    at: datetime
    actor: str
    act: str
    target: str
    code: str
    detail: dict[str, Any]


class AuditList(_Answer):
    entries: list[AuditShape]
    next: str | None
