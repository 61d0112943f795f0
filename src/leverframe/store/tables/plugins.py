"""What plugins have yet to hear, and what they remember."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata

plugin_calls = sa.Table(
    "plugin_calls", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("handler", sa.Text, nullable=False, comment="plugin, function and whether it hears events or happenings"),
    sa.Column("event_id", sa.BigInteger, comment="the event that it is to hear"),
    sa.Column("document", sa.LargeBinary, comment="JSON of what happened to a deployment"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("boot", sa.BigInteger, comment="the process that is at it"),
    sa.Index("plugin_calls_due", "due_at", "id"),
    sa.Index("plugin_calls_event", "event_id"),
    comment="what handlers of plugins have yet to hear",
)

plugin_memory = sa.Table(
    "plugin_memory", metadata,
    sa.Column("plugin", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True),
    sa.Column("value", sa.LargeBinary, nullable=False, comment="JSON"),
)
