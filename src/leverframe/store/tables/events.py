"""Events, what is owed for them, and what came of each try."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, RowId, metadata, partial_index

events = sa.Table(
    "events", metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=False),
    sa.Column("dedupe", sa.LargeBinary(16), nullable=False, unique=True, comment="digest of source and delivery id, or of hook token, room and delivery id"),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("delivery_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("action", sa.Text),
    sa.Column("repo", sa.Text),
    sa.Column("carried", sa.Text, comment="JSON routing that the request carried itself (/hook); else NULL"),
    sa.Column("received_at", Instant, nullable=False),
)

bodies = sa.Table(
    "bodies", metadata,
    sa.Column("event_id", RowId, primary_key=True, autoincrement=False),
    sa.Column("codec", sa.SmallInteger, nullable=False, comment="0 as it came, 1 zstandard"),
    sa.Column("headers", sa.LargeBinary, nullable=False, comment="JSON of the kept headers"),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

routing = sa.Table(
    "routing", metadata,
    sa.Column("event_id", RowId, primary_key=True, autoincrement=False),
    sa.Column("next_at", Instant, nullable=False, server_default="0"),
    sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
    sa.Column("boot", sa.BigInteger, comment="the process that holds it"),
    comment="events not yet turned into deliveries",
)

destinations = sa.Table(
    "destinations", metadata,
    sa.Column("name", sa.Text, primary_key=True, comment="chat:room"),
    sa.Column("due_at", Instant, comment="when there may be something to send; NULL when nothing is owed"),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0", comment="retryable failures in a row"),
    sa.Column("last_error", sa.Text),
    sa.Column("next_send_at", Instant, comment="pacing: the room gets nothing more before"),
    sa.Column("boot", sa.BigInteger, comment="the process that holds it"),
    sa.Index("destinations_due", "due_at"),
)

deliveries = sa.Table(
    "deliveries", metadata,
    sa.Column("id", RowId, primary_key=True, autoincrement=False),
    sa.Column("event_id", sa.BigInteger, nullable=False),
    sa.Column("destination", sa.Text, nullable=False),
    sa.Column("order_key", sa.Text, nullable=False, comment="subject key, or empty: no order owed"),
    sa.Column("role", sa.SmallInteger, nullable=False, comment="0 alone, 1 card, 2 reply"),
    sa.Column("route", sa.Text, nullable=False),
    sa.Column("state", sa.SmallInteger, nullable=False, comment="0 owed, 1 sent, 2 dead, 3 coalesced into a later one, 4 muted"),
    sa.Column("attempt", sa.Integer, nullable=False, comment="tries so far; fences a late worker"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("scheduled_at", Instant, nullable=False, comment="not sent before (quiet hours); start of the retry schedule; a replay sets it anew"),
    sa.Column("later", sa.SmallInteger, nullable=False, server_default="0", comment="1 when it was given a moment to wait for, else it is sent in its turn"),
    sa.Column("ended_at", Instant),
    sa.Column("code", sa.Text, comment="why it is dead"),
    partial_index("deliveries_owed", "destination", "later", "id", where="state = 0"),
    partial_index("deliveries_later", "destination", "scheduled_at", "id", where="state = 0 AND later = 1"),
    partial_index("deliveries_parked", "destination", "order_key", "id", where="state = 0 AND later = 2"),
    partial_index("deliveries_dead", "id", where="state = 2"),
    sa.Index("deliveries_event", "event_id"),
)

attempts = sa.Table(
    "attempts", metadata,
    sa.Column("delivery_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("duration_ms", sa.Integer, nullable=False),
    sa.Column("outcome", sa.SmallInteger, nullable=False, comment="0 delivered, 1 to be retried, 2 rejected"),
    sa.Column("status", sa.Integer),
    sa.Column("code", sa.Text),
    sa.Column("detail", sa.Text, nullable=False),
    sqlite_with_rowid=False,
)

cards = sa.Table(
    "cards", metadata,
    sa.Column("destination", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True, comment="source and subject key"),
    sa.Column("remote_id", sa.Text, nullable=False),
    sa.Column("remote_room", sa.Text),
    sa.Column("delivery_id", sa.BigInteger, nullable=False, comment="the delivery that the card shows now"),
    sa.Column("posted_at", Instant, nullable=False),
    sa.Column("anchor_only", sa.Boolean, nullable=False, server_default=sa.false(), comment="a comment that came before any card: replies go below it, updates do not touch it"),
    sa.Index("cards_posted", "posted_at"),
    comment="the message in a room that a subject's replies and updates belong to",
)

label_waits = sa.Table(
    "label_waits", metadata,
    sa.Column("route", sa.Text, primary_key=True),
    sa.Column("subject", sa.Text, primary_key=True, comment="source and subject key"),
    sa.Column("event_id", sa.BigInteger, nullable=False, comment="the subject's latest event that the route took but for its labels"),
    sa.Column("fired_at", Instant, comment="NULL while it waits; a label fires a route once per subject"),
    sa.Index("label_waits_event", "event_id"),
)

mutes = sa.Table(
    "mutes", metadata,
    sa.Column("target", sa.Text, primary_key=True, comment="route:NAME or room:CHAT:ROOM"),
    sa.Column("until", Instant, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("by", sa.Text, nullable=False),
)

processes = sa.Table(
    "processes", metadata,
    sa.Column("boot", sa.BigInteger, primary_key=True, autoincrement=False, comment="a process's start, as an identifier"),
    sa.Column("node", sa.SmallInteger, nullable=False, unique=True, comment="the node bits of its identifiers"),
    sa.Column("started_at", Instant, nullable=False),
    sa.Column("alive_until", Instant, nullable=False, comment="its leases last until then; renewed by heartbeat"),
)
