"""What the hub watches at GitHub: hooks whose delivery logs it reads, and deliveries that never came in."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata, partial_index

_OWED = "state = 0"
hook_watches = sa.Table(
    "hook_watches", metadata,
    sa.Column("holder", sa.Text, primary_key=True, comment="owner/name, owner or @app"),
    sa.Column("next_at", Instant, nullable=False),
    sa.Column("boot", sa.BigInteger, comment="the process that looks"),
    sa.Column("looked_at", Instant, comment="when GitHub last told of it"),
    sa.Column("code", sa.Text, comment="why the last look failed"),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON: the hooks as GitHub told them, and by hook how far its log is read"),
    comment="who has hooks that lead here",
)

recoveries = sa.Table(
    "recoveries", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("digest", sa.LargeBinary(16), nullable=False, unique=True, comment="what its event is, or will be, recognised by: events.dedupe"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("guid", sa.Text, nullable=False),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("hook", sa.BigInteger, nullable=False),
    sa.Column("delivery", sa.BigInteger, nullable=False, comment="GitHub's id of the attempt that is made again"),
    sa.Column("event", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("first_at", Instant, nullable=False, comment="when GitHub tried first"),
    sa.Column("status", sa.Text, nullable=False, comment="what GitHub says became of it"),
    sa.Column("state", sa.SmallInteger, nullable=False, comment="0 owed, 1 recovered, 2 lost"),
    sa.Column("tries", sa.Integer, nullable=False, server_default="0", comment="how often GitHub was asked to send it again"),
    sa.Column("next_at", Instant, nullable=False),
    sa.Column("event_id", sa.BigInteger, comment="the event that it became"),
    sa.Column("ended_at", Instant),
    sa.Column("code", sa.Text, comment="why it was given up"),
    partial_index("recoveries_owed", "holder", "next_at", where=_OWED),
    sa.Index("recoveries_ended", "ended_at"),
    comment="deliveries of GitHub's that never came in, and what became of them",
)
