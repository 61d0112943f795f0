"""Killed at any moment, the hub keeps its word: what it answered 202 arrives. ``make chaos`` does the same in twenty rounds."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from services.postgres import Server

from acceptance.crashing import Account, crash
from acceptance.processes import Hub, arrivals


def test_what_was_answered_202_arrives_though_the_hub_is_killed(tmp_path: Path, postgres_server: Server) -> None:
    """Three kills at moments that nobody chose, and every event that was accepted is said at least once; nothing unexpected is logged.

    A hub on SQLite and one on PostgreSQL, side by side.
    """

    def account(kind: str, url: str) -> Account:
        with arrivals() as noted:
            return crash(Hub(tmp_path / kind, database=url, api_url=noted.slack.url), noted, rounds=3, chance=random.Random(kind))

    on_server = postgres_server.create_database()
    databases = {"sqlite": f"sqlite:///{tmp_path}/hub.db", "postgresql": on_server}
    with ThreadPoolExecutor() as pool:
        for kind, found in zip(databases, pool.map(account, databases, databases.values()), strict=True):
            assert found.accepted > 50, kind
            assert (found.lost, found.complaints) == (frozenset(), []), kind
    postgres_server.drop_database(on_server)
