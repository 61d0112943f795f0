"""What former deployments tell: which commit is live, and to which one a rollback goes."""

from __future__ import annotations

from collections.abc import Sequence

from leverframe.core.deployments.values import Deployment
from leverframe.core.shipping import Resolved


def live(done: Sequence[Deployment]) -> Resolved | None:
    """Return the last good commit of an environment. ``done`` are its deployments, the newest first."""
    return next((one.commit for one in done if one.state == "succeeded"), None)


def rollback_target(done: Sequence[Deployment]) -> Resolved | None:
    """Return the commit that a rollback goes to, ``None`` when there is none. ``done`` are the environment's deployments, newest first.

    Where the last run went wrong, or nobody knows how it went, that is the last good commit; else the good one before it, but none
    that was rolled back since.
    """
    now, wrong = live(done), False
    for one in done:
        if one.state == "succeeded":
            break
        wrong = wrong or any(each.started_at is not None for each in one.tries)
    if now is None or wrong:
        return now
    bad = {now.sha}
    for one in done:
        if one.state != "succeeded" or one.commit is None:
            continue
        if one.commit.sha not in bad:
            return one.commit
        if one.kind == "rollback" and one.base is not None and one.base != one.commit.sha:
            bad.add(one.base)
    return None
