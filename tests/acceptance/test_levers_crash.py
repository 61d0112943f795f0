"""Killed at any moment, the hub pulls no lever twice and forgets none. ``make chaos`` does the same in twenty rounds."""

from __future__ import annotations

import random
from pathlib import Path

from acceptance.pulling import pull


def test_every_lever_is_pulled_once_though_the_hub_is_killed(tmp_path: Path) -> None:
    """People deploy and approve in Slack while the process is killed: each word becomes one deployment, each is started once, every card tells its end."""
    found = pull(tmp_path, rounds=2, chance=random.Random("levers"))
    assert found.accepted > 10 and found.good, found
