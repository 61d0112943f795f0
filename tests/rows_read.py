"""How many rows a database reads for a piece of work: what is looked through shows, whatever the plan is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection

_STEPS_A_ROW = 40
"""SQLite counts the steps of its machine; at most so many are a row's that is found by an index, joined and returned."""


async def rows_read(database: Any, table: sa.Table, work: Callable[..., Any], **asked: Any) -> tuple[Any, float]:
    """Return what ``work(connection, **asked)`` returns, and how many rows of ``table`` PostgreSQL read for it, with a plan for any values.

    On SQLite the number is made from all its steps: a few more or fewer than the rows.
    """

    def on_postgresql(connection: Connection) -> tuple[Any, float]:
        connection.execute(sa.text("SET LOCAL plan_cache_mode = force_generic_plan"))
        read = sa.text("SELECT seq_tup_read + idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = :table")
        before = connection.execute(read, {"table": table.name}).scalar_one()
        found = work(connection, **asked)
        return found, connection.execute(read, {"table": table.name}).scalar_one() - before

    def on_sqlite(connection: Connection) -> tuple[Any, float]:
        steps = 0

        def another_ten() -> None:
            nonlocal steps
            steps += 10

        database._raw.set_progress_handler(another_ten, 10)
        found = work(connection, **asked)
        database._raw.set_progress_handler(None, 0)
        return found, steps / _STEPS_A_ROW

    counted: tuple[Any, float] = await database.write(on_sqlite if database.dialect == "sqlite" else on_postgresql)
    return counted
