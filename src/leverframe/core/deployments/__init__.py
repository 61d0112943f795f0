"""Deployments: what one is, what can happen to it, and what must happen then. Nothing here asks the clock or does anything.

``ask`` makes one; ``step`` takes it from one state to the next. What drives it writes the deployment (if its version is still
the one that was read) and a row for every effect in one transaction, and only then does what the effects say.
"""

from leverframe.core.deployments.dispatching import may_join, status
from leverframe.core.deployments.history import live, rollback_target
from leverframe.core.deployments.machine import PATIENCE, ask, step, still_wanted
from leverframe.core.deployments.snapshot import snapshot
from leverframe.core.deployments.stepped import Stepped
from leverframe.core.deployments.timeline import Moment, timeline
from leverframe.core.deployments.values import (
    ENDED,
    HOLDING,
    Deployment,
    Patience,
    Retry,
    Rules,
    State,
    Try,
    from_json,
    to_json,
)

__all__ = [
    "ENDED", "HOLDING", "PATIENCE", "Deployment", "Moment", "Patience", "Retry", "Rules", "State", "Stepped", "Try", "ask", "from_json", "live",
    "may_join", "rollback_target", "snapshot", "status", "step", "still_wanted", "timeline", "to_json",
]  # fmt: skip
