"""Every table. ``migrations/`` brings an older database here; a test compares the two.

Instants are microseconds since 1970 in a ``BIGINT`` (:class:`Instant` gives aware UTC datetimes), the same on SQLite and
PostgreSQL. Identifiers are the numbers of ``core.ids``; what grows with time lands at the end of its tree.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import sqlalchemy as sa

_UNIX = datetime(1970, 1, 1, tzinfo=UTC)


def to_us(instant: datetime) -> int:
    """Return microseconds since 1970 of an aware instant."""
    return (instant - _UNIX) // timedelta(microseconds=1)


def from_us(us: int) -> datetime:
    """Return the aware UTC instant of microseconds since 1970."""
    return _UNIX + timedelta(microseconds=us)


class Instant(sa.types.TypeDecorator[datetime]):
    """An aware UTC instant, kept as microseconds since 1970."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> int | None:
        return None if value is None else to_us(value)

    def process_result_value(self, value: int | None, dialect: Any) -> datetime | None:
        return None if value is None else from_us(value)


metadata = sa.MetaData()

events = sa.Table(
    "events", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
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
    sa.Column("event_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("codec", sa.SmallInteger, nullable=False, comment="0 as it came, 1 zstandard"),
    sa.Column("headers", sa.LargeBinary, nullable=False, comment="JSON of the kept headers"),
    sa.Column("body", sa.LargeBinary, nullable=False),
)

routing = sa.Table(
    "routing", metadata,
    sa.Column("event_id", sa.BigInteger, primary_key=True, autoincrement=False),
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
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
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
    sa.Index("deliveries_owed", "destination", "later", "id", sqlite_where=sa.text("state = 0"), postgresql_where=sa.text("state = 0")),
    sa.Index(
        "deliveries_later", "destination", "scheduled_at", "id",
        sqlite_where=sa.text("state = 0 AND later = 1"), postgresql_where=sa.text("state = 0 AND later = 1"),
    ),
    sa.Index("deliveries_dead", "id", sqlite_where=sa.text("state = 2"), postgresql_where=sa.text("state = 2")),
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

audit = sa.Table(
    "audit", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("actor", sa.Text, nullable=False, comment="person:NAME, token:NAME, source:NAME, address or hub"),
    sa.Column("act", sa.Text, nullable=False),
    sa.Column("target", sa.Text, nullable=False),
    sa.Column("code", sa.Text, nullable=False, comment="ok, or the code of the refusal"),
    sa.Column("detail", sa.Text, nullable=False, comment="JSON, secrets redacted"),
    sa.Column("sequence", sa.BigInteger, unique=True, comment="its place in the chain; NULL until the chain has come to it"),
    sa.Column("link", sa.LargeBinary(32)),
    sa.Index("audit_unlinked", "id", sqlite_where=sa.text("sequence IS NULL"), postgresql_where=sa.text("sequence IS NULL")),
)

audit_checkpoints = sa.Table(
    "audit_checkpoints", metadata,
    sa.Column("kind", sa.Text, primary_key=True, comment="head: the chain went so far; retention: it begins after this"),
    sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("link", sa.LargeBinary(32), nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("key", sa.Text, nullable=False, comment="the public key; empty where nobody signs"),
    sa.Column("signature", sa.LargeBinary(64), nullable=False),
)

people = sa.Table(
    "people", metadata,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("disabled_at", Instant),
)

invitations = sa.Table(
    "invitations", metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True, comment="SHA-256 of the link's token"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
    sa.Column("used_at", Instant),
)

sessions = sa.Table(
    "sessions", metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True, comment="SHA-256 of the cookie"),
    sa.Column("person", sa.Text, nullable=False),
    sa.Column("csrf", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant, nullable=False),
)

api_tokens = sa.Table(
    "api_tokens", metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("grants", sa.Text, nullable=False, comment="JSON list of grants"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("parent", sa.Text, comment="name of the token that it was issued with, and ends with"),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("used_at", Instant),
)

hook_tokens = sa.Table(
    "hook_tokens", metadata,
    sa.Column("digest", sa.LargeBinary(32), primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    sa.Column("rooms", sa.Text, nullable=False, comment="JSON list of globs: slack:#dev-*"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
    sa.Column("expires_at", Instant),
    sa.Column("revoked_at", Instant),
    sa.Column("used_at", Instant),
)

playground_messages = sa.Table(
    "playground_messages", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("room", sa.Text, nullable=False),
    sa.Column("thread", sa.BigInteger, comment="id of the message it replies to"),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("icon", sa.Text),
    sa.Column("message", sa.Text, nullable=False, comment="JSON of the message"),
    sa.Column("posted_at", Instant, nullable=False),
    sa.Column("edited_at", Instant),
    sa.Index("playground_messages_room", "room", "id"),
)

inbox = sa.Table(
    "inbox", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True, comment="digest of the chat and of the request's own identity"),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("room", sa.Text, nullable=False, comment="chat:room"),
    sa.Column("kind", sa.Text, nullable=False, comment="Said, Clicked or Submitted"),
    sa.Column("heard", sa.LargeBinary, nullable=False, comment="JSON of what was said, without what lets it be answered"),
    sa.Column("received_at", Instant, nullable=False),
    sa.Column("boot", sa.BigInteger, comment="the process that holds it; NULL when it is done"),
    sa.Column("ended_at", Instant),
    sa.Column("line", sa.Text, comment="the command as it was understood, secrets redacted"),
    sa.Column("code", sa.Text, comment="ok, or the code of the refusal"),
    sa.Column("detail", sa.Text, comment="what the refusal is about"),
    sa.Column("words", sa.Text, comment="the words that no grant covered"),
    sa.Column("answer", sa.LargeBinary, comment="JSON of what was answered, for a repeat"),
    sa.Index("inbox_waiting", "id", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")),
    sa.Index("inbox_actor", "actor", "received_at"),
    sa.Index("inbox_room", "room", "received_at"),
)

_OPEN = "state IN ('asked', 'waiting', 'queued', 'starting', 'running', 'unknown')"
_HOLDING = "state IN ('starting', 'running', 'unknown')"
deployments = sa.Table(
    "deployments", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("service", sa.Text, nullable=False),
    sa.Column("environment", sa.Text, nullable=False),
    sa.Column("lane", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False, comment="what was decided on another is decided again"),
    sa.Column("asked_at", Instant, nullable=False),
    sa.Column("changed_at", Instant, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.deployments.Deployment"),
    sa.Index("deployments_where", "service", "environment", "id"),
    sa.Index("deployments_open", "lane", "id", sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN)),
    sa.Index("deployments_holding", "lane", unique=True, sqlite_where=sa.text(_HOLDING), postgresql_where=sa.text(_HOLDING)),
)

lever_effects = sa.Table(
    "lever_effects", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("deployment_id", sa.BigInteger, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of the effect"),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("boot", sa.BigInteger, comment="the process that does it"),
    sa.Index("lever_effects_due", "due_at"),
    sa.Index("lever_effects_deployment", "deployment_id"),
    comment="what must happen next to a deployment, written in the transaction that decided it",
)

approvals = sa.Table(
    "approvals", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("deployment_id", sa.BigInteger, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("result", sa.Text, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.approvals.Approval"),
    sa.Index("approvals_deployment", "deployment_id", "id"),
)

locks = sa.Table(
    "locks", metadata,
    sa.Column("lane", sa.Text, primary_key=True),
    sa.Column("until", Instant, comment="NULL: until somebody unlocks it"),
    sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false(), comment="whether those who wait were told that it is over"),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.lanes.Lock"),
    sa.Index("locks_until", "until"),
)

chat_routes = sa.Table(
    "chat_routes", metadata,
    sa.Column("destination", sa.Text, primary_key=True, comment="chat:room"),
    sa.Column("repo", sa.Text, primary_key=True, comment="owner/name, or a glob"),
    sa.Column("events", sa.Text, nullable=False, comment="JSON list; empty: what is posted by default"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("created_at", Instant, nullable=False),
)

installations = sa.Table(
    "installations", metadata,
    sa.Column("chat", sa.Text, primary_key=True),
    sa.Column("team", sa.Text, primary_key=True),
    sa.Column("sealed", sa.Text, nullable=False, comment="the installation with its tokens, encrypted"),
    sa.Column("installed_at", Instant, nullable=False),
)

install_states = sa.Table(
    "install_states", metadata,
    sa.Column("digest", sa.Text, primary_key=True, comment="of what the browser holds that began to install"),
    sa.Column("until", Instant, nullable=False),
)

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
