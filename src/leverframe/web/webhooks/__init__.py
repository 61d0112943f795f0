"""A project's webhooks, as pages that work without JavaScript and as JSON: ``/{owner}/{project}/webhooks``."""

from __future__ import annotations

from leverframe.web.desk import Desk
from leverframe.web.doors import Door
from leverframe.web.webhooks.desk import HookDesk


def hook_doors(desk: Desk, hooks: HookDesk) -> tuple[Door, ...]:
    """Return the doors of projects' webhooks: behind all others."""
    from leverframe.web.webhooks.pages import WebhookPages

    return WebhookPages(desk, hooks).doors()
