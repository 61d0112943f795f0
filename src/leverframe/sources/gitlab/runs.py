"""GitLab's pipelines, jobs and deployments, in GitHub's shape: a pipeline is a workflow's run."""

from __future__ import annotations

from leverframe.core.payload import flag, mapping, number, text, web
from leverframe.sources.gitlab import places
from leverframe.sources.gitlab.places import Payload, Shaped, when

_ENDED = {"success": "success", "failed": "failure", "canceled": "cancelled", "skipped": "skipped"}
"""https://docs.gitlab.com/ci/pipelines/#pipeline-statuses"""


def pipeline(payload: Payload) -> Shaped:
    """A pipeline that waits for somebody has ended as far as it goes by itself: action required."""
    found, home = mapping(payload, "object_attributes"), places.home(payload)
    id, status = number(found, "id"), text(found, "status")
    conclusion = "action_required" if status == "manual" else _ENDED.get(status)
    page = web(found, "url") or (f"{home}/-/pipelines/{id}" if home and id is not None else None)
    commit = mapping(payload, "commit")
    run = {
        "id": id, "name": text(found, "name") or "Pipeline", "run_number": number(found, "iid"), "head_branch": _branch(found), "head_sha": text(found, "sha"),
        "event": text(found, "source"), "status": "completed" if conclusion else status, "conclusion": conclusion, "html_url": page,
        "created_at": when(found, "created_at"), "run_started_at": when(found, "created_at"), "updated_at": when(found, "finished_at"),
        "head_commit": {"id": text(commit, "id"), "message": text(commit, "message"), "author": mapping(commit, "author")},
        "actor": places.sender(payload),
    }  # fmt: skip
    action = "completed" if conclusion else "in_progress" if status == "running" else "requested"
    return "workflow_run", action, {"workflow_run": run, "run_html_url": page}


def job(payload: Payload) -> Shaped:
    """A job of a pipeline."""
    home, id, run_id, status = places.home(payload), number(payload, "build_id"), number(payload, "pipeline_id"), text(payload, "build_status")
    conclusion = _ENDED.get(status)
    found = {
        "id": id, "run_id": run_id, "name": text(payload, "build_name"), "workflow_name": "Pipeline", "head_branch": _branch(payload),
        "head_sha": text(payload, "sha"), "status": "completed" if conclusion else status, "conclusion": conclusion,
        "started_at": when(payload, "build_started_at"), "completed_at": when(payload, "build_finished_at"),
        "html_url": f"{home}/-/jobs/{id}" if home and id is not None else None, "runner_name": text(payload, "runner", "description"),
    }  # fmt: skip
    action = "completed" if conclusion else {"running": "in_progress", "manual": "waiting"}.get(status, "queued")
    return "workflow_job", action, {"workflow_job": found, "run_html_url": f"{home}/-/pipelines/{run_id}" if home and run_id is not None else None}


_DEPLOYED = {"created": "queued", "running": "in_progress", "success": "success", "failed": "failure", "canceled": "cancelled", "blocked": "waiting"}


def deployment(payload: Payload) -> Shaped:
    """A deployment's status; GitLab tells the beginning as one too."""
    status, environment = text(payload, "status"), text(payload, "environment")
    commit = text(payload, "commit_url").rpartition("/")[2]
    short = text(payload, "short_sha")
    return "deployment_status", "created", {
        "deployment": {
            "id": number(payload, "deployment_id"), "environment": environment, "ref": text(payload, "ref"),
            "sha": commit if commit.startswith(short) else short, "description": text(payload, "commit_title"),
        },
        "deployment_status": {
            "state": _DEPLOYED.get(status, status), "environment": environment, "log_url": web(payload, "deployable_url"),
            "environment_url": web(payload, "environment_external_url"), "creator": places.sender(payload),
            "created_at": when(payload, "status_changed_at"), "description": text(payload, "approval", "comment"),
        },
        **({"sender": approver} if (approver := places.person(mapping(payload, "approver"), payload)) else {}),
    }  # fmt: skip


def _branch(found: Payload) -> str | None:
    return None if flag(found, "tag") else text(found, "ref") or None
