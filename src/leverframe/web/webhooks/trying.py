"""What a webhook is sent when somebody tries it: what GitHub sends first to a new one, or for a format that tells of pushes only a push."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from leverframe.core.subscriptions import Subscription
from leverframe.core.topics import topic_of
from leverframe.ports.payloads import Format

ZEN = "Try it before you trust it."
_NONE = "0" * 40


def trial(subscription: Subscription, format: Format, by: str, day: str) -> tuple[str, Mapping[str, Any]]:
    """Return the event's name and payload, in GitHub's shape; ``day`` is the present moment as ISO 8601.

    https://docs.github.com/en/webhooks/webhook-events-and-payloads#ping
    """
    owner, _, name = subscription.project.rpartition("/")
    repository = {"name": name, "full_name": subscription.project, "owner": {"login": owner}}
    sender = {"login": by, "type": "User"}
    if format.topics is None or topic_of("ping") in format.topics:
        hook = {"type": "Repository", "id": subscription.shown_id, "name": "web", "active": subscription.active, "events": list(subscription.events)}
        return "ping", {"zen": ZEN, "hook_id": subscription.shown_id, "hook": hook, "repository": repository, "sender": sender}
    person = {"name": by, "email": ""}
    commit = {
        "id": _NONE, "message": f"{ZEN}\n", "timestamp": day, "author": person, "committer": person, "added": [], "removed": [], "modified": [],
    }  # fmt: skip
    return "push", {
        "ref": "refs/heads/leverframe-test", "before": _NONE, "after": _NONE, "created": False, "deleted": False, "forced": False,
        "commits": [commit], "head_commit": commit, "pusher": person, "sender": sender, "repository": repository,
    }  # fmt: skip
