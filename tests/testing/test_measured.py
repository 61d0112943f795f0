"""What `/metrics` tells of the levers that people pull, from a hub with everything in it."""

from __future__ import annotations

import pytest

from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
SERVICES = '[services.web-app.environments.staging]\nrunner = "simulated"\n[runners.simulated]\nseconds = 0\n'
WHERE = {"service": "web-app", "environment": "staging"}


async def test_commands_and_deployments_are_counted_and_timed_by_where() -> None:
    """By command, service, environment and runner, with what came of them; of a command that names no service the place is empty."""
    async with Hub(config=SERVICES) as hub:
        await hub.slash("/lever deploy web-app staging")
        await hub.slash("/lever deploy web-app staging", user="U9")
        await hub.slash("/lever queue")
        assert hub.metric("leverframe_commands_total", command="deploy", code="ok", **WHERE) == 1
        assert hub.metric("leverframe_commands_total", command="deploy", code="not_allowed", **WHERE) == 1
        assert hub.metric("leverframe_command_seconds_count", command="deploy", **WHERE) == 2
        assert hub.metric("leverframe_command_seconds_count", command="queue", service="", environment="") == 1
        await hub.message("#ops", "✅", within_s=20)
        await hub.settled()
        assert hub.metric("leverframe_deployments_total", runner="simulated", result="succeeded", **WHERE) == 1
        assert hub.metric("leverframe_deployment_seconds_count", runner="simulated", **WHERE) == 1
