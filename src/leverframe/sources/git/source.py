"""What the hooks of linked repositories tell: who is speaking, and what was pushed. ``gitlink.sender`` is the other side.

Signed in the way of Standard Webhooks, with a key that is the project's own: a repository speaks for its project and for no other.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from urllib.parse import unquote

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.git_links import link_key
from leverframe.core.payload import text
from leverframe.core.projects import is_project
from leverframe.core.requests import delivery_id, json_object, kept_object, named
from leverframe.core.verifying import live_secrets, verify_standard_webhook
from leverframe.ports import Accepted
from leverframe.sources.git.shape import Pages, shaped


class GitSource:
    """The repositories that are linked to one source."""

    kind = "git"

    def __init__(self, name: str, secrets: Sequence[str], now: Callable[[], datetime], pages: Pages | None = None) -> None:
        """Take the source's key in the configuration, what the links' secrets are made of, what tells the time, and where things can be
        looked at. Raises ``ValueError`` for no secret and for an empty one.
        """
        self.name, self._now, self._pages = name, now, pages or Pages()
        self._secrets = live_secrets(name, secrets)

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the signature is looked at before anything else."""
        project = unquote(headers.get(b"x-leverframe-project", b"").decode("ascii", "replace"), errors="replace")
        verify_standard_webhook([link_key(secret, project) for secret in self._secrets], headers, body, self._now().timestamp())
        payload = json_object(headers, body)
        if not is_project(project):
            raise Refused("git_project_invalid")
        id = delivery_id(headers, b"webhook-id")
        return Accepted(name=named(text(payload, "event")) or "push", action=None, delivery_id=id, body=body, repo=project)

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            shaped(kept_object(accepted.body), accepted.repo or "", self._pages), id=id, source=self.name, kind=self.kind, name=accepted.name,
            action=accepted.action, delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip
