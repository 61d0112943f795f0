"""What the API answers and takes about GitHub's webhooks."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from leverframe.web.api.shapes import Word

Events = Annotated[list[Word], Field(max_length=200)]
Of = Field(description="what has the hook: OWNER/REPO, OWNER (an organisation) or @app (the hub's own GitHub App)")
RecoveryState = Literal["owed", "recovered", "lost"]
ContentType = Literal["json", "form"]


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LastResponse(_Answer):
    code: int | None
    status: str
    message: str


class HookShape(_Answer):
    id: int
    url: str
    source: str | None = Field(description="the source of the hub that it leads to; null where it leads elsewhere")
    events: list[str]
    missing: list[str] = Field(description="events that the routes need and it does not hear")
    active: bool
    content_type: str
    insecure_ssl: bool
    health: Literal["ok", "failing", "silent", "off"]
    last_response: LastResponse
    warnings: list[str]
    github: dict[str, Any] = Field(description="GitHub's own object, whole; its secret is masked there")


class HookList(_Answer):
    of: str
    hooks: list[HookShape]


class HookAsked(_Asked):
    """A hook that leads to a source of the hub's (``source``: the only one, if left out), or to ``url`` with a ``secret`` of its own."""

    of: Word = Of
    events: Events
    source: Word | None = None
    url: Word | None = None
    secret: Word | None = None
    content_type: ContentType = "json"
    insecure_ssl: bool = False
    active: bool = True


class HookChange(_Asked):
    """What is to change; what is not named stays as it is, the secret too."""

    of: Word = Of
    add_events: Events = []
    remove_events: Events = []
    active: bool | None = None
    content_type: ContentType | None = None
    insecure_ssl: bool | None = None
    url: Word | None = None
    secret: Word | None = None


class HookNamed(_Asked):
    of: Word = Of


class Asked204(_Answer):
    asked: bool = True


class DeliveryLine(_Answer):
    id: int
    guid: str
    delivered_at: str
    event: str
    action: str
    status: str
    status_code: int
    redelivery: bool
    github: dict[str, Any]


class DeliveryLog(_Answer):
    deliveries: list[DeliveryLine]
    next: str | None = Field(description="give it as cursor to read on; null at the end")


class RecoveryShape(_Answer):
    id: str
    of: str
    hook: int
    source: str
    delivery_id: str
    event: str
    first_tried_at: datetime
    status: str = Field(description="what GitHub says became of it")
    state: RecoveryState
    tries: int = Field(description="how often GitHub was asked to send it again")
    next_at: datetime | None
    event_id: str | None
    ended_at: datetime | None
    code: str | None


class RecoveryList(_Answer):
    recoveries: list[RecoveryShape]
    next: str | None


class WatchShape(_Answer):
    of: str
    declared: bool = Field(description="whether the configuration names it; else something came by its hook")
    hooks: list[int] = Field(description="those that lead here")
    looked_at: datetime | None = Field(description="when GitHub last told of it")
    code: str | None = Field(description="why it did not the last time")
    detail: str | None
    remedy: str | None


class WatchList(_Answer):
    watches: list[WatchShape]


class SyncAsked(_Asked):
    dry_run: bool = False
    of: Word | None = Field(None, description="only this one's hooks")
    secret: bool = Field(False, description="write the secrets anew, as after a change of [sources.NAME] secrets")


class PlanShape(_Answer):
    of: str
    hook: int | None
    state: Literal["unchanged", "planned", "done", "failed"]
    lines: list[str] = Field(description="like a diff: + added, - taken away, ~ changed")
    removes: bool
    warnings: list[str]
    code: str | None
    detail: str | None


class Synced(_Answer):
    dry_run: bool
    config: str = Field(description="the file that declares them, on the hub's machine")
    config_read_at: datetime = Field(description="when the hub read it: at its start")
    config_changed: bool = Field(description="whether the file has been edited since: then the plan is not of what it says now, and the hub wants a restart")
    hooks: list[PlanShape]
