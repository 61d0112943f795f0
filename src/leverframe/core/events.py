"""An event: what happened, normalised.

Names, actions and the shape of ``payload`` are GitHub's for every source (its webhook payloads are the field's common
language; see ``docs/decisions/0001-github-shapes.md``). A room for another forge builds that shape, so that routes,
wording, filters and outgoing formats are written once. The bytes that came in are kept beside it, untouched.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class Actor(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it, as the source names them."""

    login: str
    url: str | None = None
    avatar_url: str | None = None
    is_bot: bool = False


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """What an event is about, when that lives longer than the event: the thread of a conversation.

    ``key`` is unique within a source: ``acme/web#12``, ``acme/web/runs/99``, ``acme/web/deployments/7``.
    """

    kind: str
    """``issue``, ``pull_request``, ``workflow_run``, ``deployment``, ``discussion`` or ``alert``."""
    key: str
    number: int | None = None
    title: str = ""
    url: str | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that happened. ``None`` in a tested field means that this kind of event does not have it."""

    id: int
    source: str
    """The source's key in the configuration."""
    kind: str
    """The source's kind: ``github``, ``gitlab`` …"""
    name: str
    """GitHub's name of the event: ``pull_request``."""
    action: str | None
    delivery_id: str
    received_at: datetime
    repo: str | None
    """``owner/name``; ``None`` for an event of an organisation or of an app."""
    actor: Actor | None
    subject: Subject | None
    branches: tuple[str, ...] | None
    """Push and create: the branch; a pull request: its base; a workflow: its head branch. Never with ``refs/heads/``."""
    labels: tuple[str, ...] | None
    paths: tuple[str, ...] | None
    """Files touched; ``None`` when the payload does not tell (a pull request's are asked of GitHub)."""
    conclusion: str | None
    """``success``, ``failure`` … of a workflow, check, status or deployment status that has ended."""
    environment: str | None
    url: str | None
    """The best page for a person to open."""
    payload: Mapping[str, Any]

    @property
    def full_name(self) -> str:
        """``pull_request.opened``, or the bare name where there is no action."""
        return f"{self.name}.{self.action}" if self.action else self.name
