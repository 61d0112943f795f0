"""What a gate or a dispatch sends, as a page shows it: nothing that looks like a secret."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from leverframe.core import gates
from leverframe.core.deployments import Deployment
from leverframe.core.dispatches import Request, outgoing
from leverframe.core.gates import Act, Deed
from leverframe.core.redaction import redacted, redacted_detail

Answer = Literal["yes", "no", ""]


class Sending(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent, and on which answer (empty: whatever comes)."""

    answer: Answer
    deed: Deed
    name: str = ""
    """The event's type, the workflow's file, or the host that is called back."""
    ref: str = ""
    document: str = ""
    """Its payload or inputs, as JSON for people."""
    id: str = ""
    """By which the run is found."""


def deeds_of(deployment: Deployment) -> list[Sending]:
    """Return what a gate does on each answer, or what a dispatch sends; nothing of a deployment."""
    gate = deployment.gate
    if gate is None:
        return [] if deployment.dispatch is None else [_dispatched(deployment, "")]
    asks = not gate.of
    found = []
    if deployment.dispatch is not None:
        found.append(_dispatched(deployment, "yes" if asks else ""))
    elif gate.approve.deed != "none":
        found.append(_done(gate.approve, "yes" if asks else ""))
    if gate.reject.deed == "repository_dispatch":
        payload = redacted_detail(json.loads(gate.reject.payload))
        found.append(Sending(answer="no", deed="repository_dispatch", name=gate.reject.event_type, document=_pretty(payload)))
    elif gate.reject.deed != "none":
        found.append(_done(gate.reject, "no"))
    return found


def requests_of(deployment: Deployment) -> Sequence[Request]:
    """Return who asked for a dispatch, and why."""
    return deployment.dispatch.requests if deployment.dispatch is not None and deployment.gate is None else ()


def _dispatched(deployment: Deployment, answer: Answer) -> Sending:
    sent, last, gate = deployment.dispatch, deployment.last_try, deployment.gate
    assert sent is not None
    id = last.correlation_id if last is not None else deployment.id
    facts = None if gate is None else gates.facts(gate, id=deployment.id, by=deployment.approved_by)
    payload = outgoing(sent, project=deployment.service, correlation_id=id, facts=facts)
    return Sending(answer=answer, deed="repository_dispatch", name=sent.event_type, document=_pretty(redacted_detail(payload)), id=id if sent.marked else "")


def _done(act: Act, answer: Answer) -> Sending:
    match act.deed:
        case "workflow_dispatch":
            return Sending(answer=answer, deed=act.deed, name=act.workflow, ref=act.ref, document=_pretty(redacted_detail(act.inputs)) if act.inputs else "")
        case _:
            return Sending(answer=answer, deed=act.deed, name=redacted(urlsplit(act.url).hostname or ""))


def _pretty(document: Mapping[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)
