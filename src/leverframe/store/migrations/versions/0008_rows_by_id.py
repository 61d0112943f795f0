"""SQLite keeps the rows of what every event writes by their identifiers, without an index beside them. PostgreSQL does nothing here."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = {"events": "id", "bodies": "event_id", "routing": "event_id", "deliveries": "id", "attempts": None}


def upgrade() -> None:
    """Write the tables anew: SQLite cannot change a key where it is (https://sqlite.org/lang_altertable.html)."""
    connection = op.get_bind()
    if connection.dialect.name != "sqlite":
        return
    run = connection.exec_driver_sql
    for table, key in TABLES.items():
        made, *indexes = run("SELECT sql FROM sqlite_master WHERE tbl_name = ? AND sql IS NOT NULL ORDER BY type = 'index', rowid", (table,)).scalars().all()
        run(f"ALTER TABLE {table} RENAME TO {table}_before")
        run(made.replace(f"{key} BIGINT", f"{key} INTEGER", 1) if key else f"{made} WITHOUT ROWID")
        run(f"INSERT INTO {table} SELECT * FROM {table}_before ORDER BY 1")
        run(f"DROP TABLE {table}_before")
        for index in indexes:
            run(index)
