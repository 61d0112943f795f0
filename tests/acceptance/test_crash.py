"""Killed at any moment, the hub keeps its word: what it answered 202 arrives. ``make chaos`` does the same in twenty rounds."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest

from acceptance.crashing import crash
from acceptance.processes import Hub, arrivals


@pytest.mark.parametrize("seed", [1])
def test_what_was_answered_202_arrives_though_the_hub_is_killed(database_url: Any, tmp_path: Path, seed: int) -> None:
    """Three kills at moments that nobody chose, and every event that was accepted is said at least once; nothing unexpected is logged."""
    with arrivals() as noted:
        hub = Hub(tmp_path / "hub", database=database_url, api_url=noted.slack.url)
        account = crash(hub, noted, rounds=3, chance=random.Random(seed))
        assert account.accepted > 50
        assert account.lost == frozenset()
        assert account.complaints == []
