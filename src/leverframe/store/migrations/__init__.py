"""Migrations: one file a revision in ``versions/``, numbered, upwards only (the way back is a backup).

A new revision: change ``tables.py``, write ``versions/NNNN_what.py``, set ``schema.HEAD``; a test compares what the two make.
Each runs on SQLite and on PostgreSQL, in the one transaction of :func:`upgrade`'s caller.
"""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection

HERE = Path(__file__).parent
VERSIONS = [HERE / "versions"]
"""Folders of revisions."""


def config(connection: Connection | None = None) -> Config:
    """Return Alembic's configuration of these migrations, for ``connection`` where one is given."""
    found = Config()
    for option, value in (("script_location", str(HERE)), ("path_separator", "newline"), ("version_locations", "\n".join(map(str, VERSIONS)))):
        found.set_main_option(option, value.replace("%", "%%"))
    found.attributes["connection"] = connection
    return found


def upgrade(connection: Connection) -> None:
    """Bring the database to the newest revision, in the transaction that ``connection`` is in.

    Raises what the database raises; then the caller rolls back, and nothing has changed.
    """
    command.upgrade(config(connection), "head")
