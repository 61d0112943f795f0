"""What Jenkins' Notification plugin tells of builds: who is speaking, and how a build stands.

https://plugins.jenkins.io/notification/
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.git_links import project_of
from leverframe.core.payload import mapping, number, text, web
from leverframe.core.requests import clipped, digest_of, json_object, kept_object
from leverframe.core.verifying import live_secrets, verify_token
from leverframe.ports import Accepted

_ACTIONS = {"QUEUED": "requested", "STARTED": "in_progress", "COMPLETED": "completed", "FINALIZED": "completed"}
_ENDS = {"SUCCESS": "success", "FAILURE": "failure", "UNSTABLE": "failure", "ABORTED": "cancelled", "NOT_BUILT": "skipped"}


class JenkinsSource:
    """One Jenkins. The plugin can send no header of its own: it turns user and password of its address into basic authentication."""

    kind = "jenkins"

    def __init__(self, name: str, secrets: Sequence[str], *, user: str = "jenkins") -> None:
        """Take the source's key in the configuration, passwords and their user. Raises ``ValueError`` for no secret and for an empty one."""
        self.name = name
        self._proofs = [b"Basic " + b64encode(user.encode() + b":" + secret) for secret in live_secrets(name, secrets)]

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); who is speaking is looked at before anything else.

        A build's end is told twice, when its steps are done and when everything after them is: the second is a repeat.
        """
        verify_token(self._proofs, headers.get(b"authorization"))
        payload = json_object(headers, body)
        build = mapping(payload, "build")
        action = _ACTIONS.get(text(build, "phase"))
        if action is None:
            raise Refused("event_missing", "build.phase")
        id = digest_of(_job(payload).encode(), str(number(build, "number")).encode(), str(number(build, "queue_id")).encode(), action.encode())
        return Accepted(name="workflow_run", action=action, delivery_id=id, body=body, repo=clipped(project_of(text(build, "scm", "url"))))

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            _shaped(accepted, kept_object(accepted.body)), id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action,
            delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip


def _job(payload: Mapping[str, Any]) -> str:
    return text(payload, "url") or text(payload, "name")


def _shaped(accepted: Accepted, payload: Mapping[str, Any]) -> dict[str, Any]:
    build = mapping(payload, "build")
    branch = text(build, "scm", "branch").removeprefix("origin/").removeprefix("refs/remotes/origin/")
    page, its_number = web(build, "full_url"), number(build, "number")
    ended = _ENDS.get(text(build, "status")) if accepted.action == "completed" else None
    run: dict[str, Any] = {
        # Builds are counted for each job; a number of job and build is one of its own.
        "id": int(digest_of(_job(payload).encode(), str(its_number).encode())[:12], 16), "name": text(payload, "display_name") or text(payload, "name"),
        "run_number": its_number, "head_branch": branch or None, "head_sha": text(build, "scm", "commit"), "html_url": page, "conclusion": ended,
        "status": "completed" if ended else accepted.action,
    }  # fmt: skip
    began, took = number(build, "timestamp"), number(build, "duration")
    if began is not None and took and ended and 0 < began < 10**14 and 0 < took < 10**11:
        run["run_started_at"], run["updated_at"] = (datetime.fromtimestamp(at / 1000, UTC).isoformat() for at in (began - took, began))
    found: dict[str, Any] = {"action": accepted.action, "workflow_run": run, "original": payload}
    if page:
        found["run_html_url"] = page
    if accepted.repo:
        found["repository"] = {"full_name": accepted.repo, "name": accepted.repo.rpartition("/")[2]}
    return found
