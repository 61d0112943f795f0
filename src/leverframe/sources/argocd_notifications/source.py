"""What Argo CD's notifications tell of syncs: who is speaking, and how a sync stands. The template is in docs/how-to/sources.md.

https://argo-cd.readthedocs.io/en/stable/operator-manual/notifications/services/webhook/
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.git_links import project_of
from leverframe.core.payload import text, web
from leverframe.core.requests import clipped, digest_of, json_object, kept_object
from leverframe.core.verifying import live_secrets, verify_token
from leverframe.ports import Accepted

_STATES = {"Running": "in_progress", "Terminating": "in_progress", "Succeeded": "success", "Failed": "failure", "Error": "error"}
"""https://github.com/argoproj/gitops-engine/blob/master/pkg/sync/common/types.go"""


class ArgocdNotificationsSource:
    """One Argo CD."""

    kind = "argocd_notifications"

    def __init__(self, name: str, secrets: Sequence[str]) -> None:
        """Take the source's key in the configuration and the tokens. Raises ``ValueError`` for none and for an empty one."""
        self.name, self._proofs = name, [b"Bearer " + secret for secret in live_secrets(name, secrets)]

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the token is looked at before anything else.

        Argo CD sends no id: application, operation, phase and health tell one notification from another.
        """
        verify_token(self._proofs, headers.get(b"authorization"))
        payload = json_object(headers, body)
        if not text(payload, "app") or not text(payload, "phase"):
            raise Refused("event_missing", "app, phase")
        told = [text(payload, key).encode() for key in ("app", "started_at", "revision", "phase", "health")]
        return Accepted(
            name="deployment_status", action="created", delivery_id=digest_of(*told), body=body, repo=clipped(project_of(text(payload, "repository")))
        )

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            _shaped(accepted, kept_object(accepted.body)), id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action,
            delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip


def _shaped(accepted: Accepted, payload: Mapping[str, Any]) -> dict[str, Any]:
    phase, health = text(payload, "phase"), text(payload, "health")
    state = _STATES.get(phase, phase.lower())
    if state == "success" and health == "Degraded":
        state = "failure"  # everything was applied, and does not run
    environment = text(payload, "environment") or text(payload, "app")
    operation = digest_of(text(payload, "app").encode(), text(payload, "started_at").encode(), text(payload, "revision").encode())
    revision, words = text(payload, "revision"), text(payload, "message")
    found: dict[str, Any] = {
        "action": "created",
        "deployment": {
            "id": int(operation[:12], 16), "environment": environment, "ref": text(payload, "target") or revision[:12], "sha": revision,
            "description": text(payload, "app"),
        },
        "deployment_status": {
            "state": state, "environment": environment, "description": f"{words} ({health})" if words and health else words or health,
            "log_url": web(payload, "url"), "environment_url": web(payload, "environment_url"), "created_at": text(payload, "at") or None,
        },
        "original": payload,
    }  # fmt: skip
    if accepted.repo:
        found["repository"] = {"full_name": accepted.repo, "name": accepted.repo.rpartition("/")[2]}
    return found
