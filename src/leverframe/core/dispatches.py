"""Dispatches: an event of our own that starts workflows in a repository, as GitHub takes it (``repository_dispatch``).

https://docs.github.com/en/rest/repos/repos#create-a-repository-dispatch-event
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec.structs import replace

EVENT_TYPE = "webhook"
"""What is sent where nothing else is asked for."""
MOST_TYPE = 100
"""Characters of an event type that GitHub takes."""
MOST_KEYS = 10
"""Keys at the top of a payload that GitHub takes."""
MOST_BYTES = 65_535
"""Bytes of a payload that GitHub takes: less than 64 KB."""
MOST_INPUTS = 25
"""Inputs of a workflow that GitHub takes."""
MOST_CHARACTERS = 65_535
"""Of all inputs together: https://docs.github.com/en/actions/reference/workflows-and-actions/events-that-trigger-workflows#providing-inputs"""
OURS = "leverframe"
"""The key at the payload's top under which the workflow finds what the hub knows of it."""
LISTED = 500
"""Requests that one dispatch lists; more only count."""
MOST_IN_FLIGHT = 20
"""How many runs of one project a configuration may ask for at once."""
_LANE = "dispatch:"
_PROJECT = re.compile(r"(?!\.{1,2}/)[A-Za-z0-9_.-]{1,100}/(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_REASON, _NAME = 500, 100
_ID = "dep_00000000000000-9999"
"""As long as a correlation id is at most."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's wish that became part of a dispatch."""

    at: datetime
    by: str | None = None
    by_name: str = ""
    reason: str = ""


class Dispatch(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent, and for whom."""

    event_type: str
    payload: str
    """The JSON object that was asked for, all ASCII."""
    environment: str = ""
    """What the workflow is told that it is for; empty: nothing."""
    requests: tuple[Request, ...] = ()
    """Who asked, the first first."""
    joined: int = 1
    """How many asked."""
    joins: bool = False
    """Whether others may join it until it is sent."""
    followed: bool = True
    """Whether the run that it starts is looked for; else it has ended once GitHub took it."""

    @property
    def marked(self) -> bool:
        """Whether it has room for what the hub adds: by it the run is found."""
        return len(json.loads(self.payload)) < MOST_KEYS


class Manner(msgspec.Struct, frozen=True, kw_only=True):
    """``[dispatches."owner/name"]``: how dispatches to a project are made."""

    window_s: float = 0.0
    """So long others may join the first one before it is sent."""
    in_flight: int = 1
    """How many runs at once."""
    followed: bool = True
    room: str | None = None
    runner: str = "repository_dispatch"


class Unfit(msgspec.Struct, frozen=True, kw_only=True):
    """GitHub would not take it; ``code`` is one of the table of refusals."""

    code: str
    detail: str = ""


def prepare(
    *, project: str, event_type: str, payload: Mapping[str, Any], request: Request, environment: str = "", joins: bool = False, followed: bool = True,
    facts: Mapping[str, str] | None = None,
) -> Dispatch | Unfit:  # fmt: skip
    """Return the dispatch of one request, or why GitHub would refuse it: its limits are told before anything is accepted.

    ``facts`` are as large as what the hub will add to what it always adds.
    """
    if not event_type or len(event_type) > MOST_TYPE or not event_type.isprintable() or event_type != event_type.strip():
        return Unfit(code="dispatch_type_invalid", detail=f"{len(event_type)}")
    if len(payload) > MOST_KEYS:
        return Unfit(code="dispatch_keys_too_many", detail=f"{len(payload)}")
    if OURS in payload:
        return Unfit(code="dispatch_key_taken", detail=OURS)
    try:
        kept = json.dumps(payload, ensure_ascii=True, allow_nan=False, separators=(",", ":"))
        json.dumps(payload, ensure_ascii=False).encode()
    except (ValueError, TypeError, RecursionError):  # NaN, half a surrogate pair, something that is no JSON
        return Unfit(code="dispatch_payload_invalid")
    short = replace(request, reason=request.reason[:_REASON], by_name=request.by_name[:_NAME])
    made = Dispatch(event_type=event_type, payload=kept, environment=environment, requests=(short,), joins=joins)
    made = replace(made, followed=followed and made.marked)
    size = len(json.dumps(outgoing(made, project=project, correlation_id=_ID, facts=facts), ensure_ascii=False, separators=(",", ":")).encode())
    return Unfit(code="dispatch_too_large", detail=f"{size:,}") if size > MOST_BYTES else made


def too_much(inputs: Mapping[str, str]) -> Unfit | None:
    """Return why GitHub would refuse these inputs of a workflow, ``None`` where it would not."""
    if len(inputs) > MOST_INPUTS:
        return Unfit(code="github_inputs_too_many", detail=f"{len(inputs)} of {MOST_INPUTS}")
    if sum(len(name) + len(value) for name, value in inputs.items()) > MOST_CHARACTERS:
        return Unfit(code="github_payload_too_large", detail=f"more than {MOST_CHARACTERS} characters of inputs")
    return None


def joined(before: Dispatch, later: Dispatch) -> Dispatch:
    """Return the two as one: the later payload, everybody's reasons."""
    requests = (*before.requests, *later.requests)
    return replace(later, requests=requests[:LISTED], joined=before.joined + later.joined, joins=before.joins)


def outgoing(dispatch: Dispatch, *, project: str, correlation_id: str, facts: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Return the ``client_payload``: what was asked for, unchanged, and beside it what the hub knows (``facts`` too), if there is a key left."""
    payload: dict[str, Any] = json.loads(dispatch.payload)
    if not dispatch.marked:
        return payload
    ours = {"id": correlation_id, "project": project, "event_type": dispatch.event_type}
    environment = {"environment": dispatch.environment} if dispatch.environment else {}
    return {**payload, OURS: {**ours, **environment, **(facts or {})}}


def is_project(name: str) -> bool:
    """Return whether a repository of GitHub's may be called so: ``owner/name``."""
    return _PROJECT.fullmatch(name) is not None


def lane_of_project(project: str) -> str:
    """Return the lane of a project's dispatches. GitHub does not tell names apart by their case."""
    return f"{_LANE}{project.lower()}"


def is_lane(lane: str) -> bool:
    """Return whether it is a :func:`lane_of_project`."""
    return lane.startswith(_LANE)
