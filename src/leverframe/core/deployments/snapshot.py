"""A deployment as its card shows it: plain JSON with names of its own, so that how it is kept may change."""

from __future__ import annotations

from typing import Any

import msgspec

from leverframe.core.deployments.values import Deployment, Try

SEALED = "\x1fsealed:"
"""What a parameter begins with that is a secret: it is opened for the runner only. Nobody can type the first character."""


def snapshot(deployment: Deployment) -> dict[str, Any]:
    """Return what is to be shown of a deployment; instants are ISO 8601, and what there is nothing of is ``None`` or empty."""
    commit, shipping, end, last = deployment.commit, deployment.shipping, deployment.end, deployment.last_try
    policy, approval, glass, cancel = deployment.rules.policy, deployment.approval, deployment.glass, deployment.cancel
    run, gate = last.run if last is not None else None, deployment.gate
    started = [one.started_at for one in deployment.tries if one.started_at is not None]
    found = {
        "id": deployment.id,
        "kind": deployment.kind,
        "state": deployment.state,
        "service": deployment.service,
        "environment": deployment.environment,
        "lane": deployment.lane,
        "ref": commit.ref if commit is not None else deployment.ref or "",
        "sha": commit.sha if commit is not None else "",
        "sha_url": commit.url if commit is not None else None,
        "from_sha": deployment.base or "",
        "parameters": {name: "***" if value.startswith(SEALED) else value for name, value in deployment.parameters.items()},
        "requested_by": deployment.by_name or deployment.by or "",
        "requested_at": deployment.asked_at,
        "cause": deployment.cause,
        "reason": glass.reason if glass is not None else deployment.reason,
        "break_glass": glass is not None,
        "changes": shipping.changes if shipping is not None else (),
        "changes_total": shipping.total if shipping is not None else 0,
        "changes_url": shipping.url if shipping is not None else None,
        "behind": shipping is not None and shipping.behind,
        "checks": deployment.checks,
        "approvals_needed": policy.required if policy is not None and glass is None else 0,
        "approvers": policy.from_roles if policy is not None else (),
        "votes": [{"name": one.name or one.actor, "approves": one.approves, "reason": one.reason} for one in approval.votes] if approval else [],
        "expires_at": deployment.deadline,
        **_held(deployment),
        "reasons": [one.reason for one in deployment.dispatch.requests if one.reason] if deployment.dispatch is not None else [],
        "title": gate.title if gate is not None else "",
        "text": gate.text if gate is not None else "",
        "links": [{"label": one.label, "url": one.url} for one in gate.links] if gate is not None else [],
        "deed": gate.approve.deed if gate is not None else "",
        "accepted": last is not None and last.accepted,
        "joined": deployment.dispatch.joined if deployment.dispatch is not None else 0,
        "runner": deployment.runner,
        "run_number": (run.number or "") if run is not None else "",
        "run_url": run.url if run is not None else None,
        "step": last.step if last is not None else "",
        "waits_there": last is not None and last.review,
        "trouble": last.trouble if last is not None else "",
        "try_number": max(1, len(deployment.tries)),
        "tries": max(1, len(deployment.tries), deployment.former_tries + 1 + deployment.rules.retry.times),
        "former_tries": [_try(one) for one in deployment.tries[:-1]],
        "cancelling_by": "" if cancel is None else cancel.by_name or cancel.by,
        "started_at": min(started) if started else None,
        "ended_at": end.at if end is not None else None,
        "ended_by": "" if end is None else end.by_name or end.by,
        "code": end.code if end is not None else "",
        "detail": end.detail if end is not None else last.detail if last is not None else "",
        "log_tail": last.log_tail if last is not None else "",
        "rollback_ref": deployment.base if end is not None and end.rollback else "",
        "can_retry": deployment.state == "failed" or (deployment.kind == "dispatch" and deployment.state == "expired"),
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(found))
    return plain


def _held(deployment: Deployment) -> dict[str, Any]:
    held = deployment.held
    lock = held.lock if held is not None else None
    return {
        "place": held.lane.place if held is not None and held.lane is not None else None,
        "behind_deployment": held.lane.by if held is not None and held.lane is not None else "",
        "freeze": held.freeze if held is not None else None,
        "begins_at": held.early.until if held is not None and held.early is not None else None,
        "lock": None if lock is None else {
            "service": deployment.service, "environment": deployment.environment, "by": lock.by_name or lock.by, "reason": lock.reason,
            "until": lock.until, "waiting": lock.waiters,
        },
    }  # fmt: skip


def _try(one: Try) -> dict[str, Any]:
    run = one.run
    return {
        "correlation_id": one.correlation_id, "result": one.result, "run_number": (run.number or "") if run is not None else "",
        "run_url": run.url if run is not None else None, "detail": one.detail,
    }  # fmt: skip
