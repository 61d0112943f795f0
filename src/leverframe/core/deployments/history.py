"""What former deployments tell: which commit is live, and to which one a rollback goes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from leverframe.core.deployments.values import Deployment
from leverframe.core.shipping import Resolved


def live(done: Sequence[Deployment]) -> Resolved | None:
    """Return the last good commit of an environment. ``done`` are its deployments, the one that ended last first."""
    return next((one.commit for one in done if one.state == "succeeded"), None)


def rollback_target(done: Sequence[Deployment], *, under_way: bool = False) -> Resolved | None:
    """Return the commit that a rollback goes to, ``None`` when there is none. ``done`` are the environment's deployments, the one that ended last first.

    Where the last run went wrong, or nobody knows how it went or will go (``under_way``), that is the last good commit; else the good
    one before it, but none that was rolled back since.
    """
    goods = [(one, one.commit) for one in done if one.state == "succeeded" and one.commit is not None]
    now = live(done)
    if now is None or under_way or any(_ran_since(one, goods[0][0]) for one in done[: done.index(goods[0][0])]):
        return now
    bad = {now.sha}
    for (one, commit), (_, before) in pairwise([*goods, goods[-1]]):
        if commit.sha not in bad:
            return commit
        if one.kind == "rollback" and before.sha != commit.sha:
            bad.add(before.sha)
    return None


def _ran_since(one: Deployment, good: Deployment) -> bool:
    """Return whether it did anything after ``good`` had succeeded: one that failed before that may have been asked for again, in vain."""
    return any(each.started_at is not None and (each.ended_at is None or good.end is None or each.ended_at >= good.end.at) for each in one.tries)
