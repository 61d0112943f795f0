"""The first tables. Instants are microseconds since 1970."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "events",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("dedupe", sa.LargeBinary(16), nullable=False, unique=True, comment="digest of source and delivery id, or of hook token, room and delivery id"),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("delivery_id", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("action", sa.Text),
        sa.Column("repo", sa.Text),
        sa.Column("carried", sa.Text, comment="JSON routing that the request carried itself (/hook); else NULL"),
        sa.Column("received_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "bodies",
        sa.Column("event_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("codec", sa.SmallInteger, nullable=False, comment="0 as it came, 1 zstandard"),
        sa.Column("headers", sa.LargeBinary, nullable=False, comment="JSON of the kept headers"),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "routing",
        sa.Column("event_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("next_at", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("boot", sa.BigInteger, comment="the process that holds it"),
        comment="events not yet turned into deliveries",
    )
    op.create_table(
        "destinations",
        sa.Column("name", sa.Text, primary_key=True, comment="chat:room"),
        sa.Column("due_at", sa.BigInteger, comment="when there may be something to send; NULL when nothing is owed"),
        sa.Column("failures", sa.Integer, nullable=False, server_default="0", comment="retryable failures in a row"),
        sa.Column("last_error", sa.Text),
        sa.Column("next_send_at", sa.BigInteger, comment="pacing: the room gets nothing more before"),
        sa.Column("boot", sa.BigInteger, comment="the process that holds it"),
        sa.Index("destinations_due", "due_at"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("event_id", sa.BigInteger, nullable=False),
        sa.Column("destination", sa.Text, nullable=False),
        sa.Column("order_key", sa.Text, nullable=False, comment="subject key, or empty: no order owed"),
        sa.Column("role", sa.SmallInteger, nullable=False, comment="0 alone, 1 card, 2 reply"),
        sa.Column("route", sa.Text, nullable=False),
        sa.Column("state", sa.SmallInteger, nullable=False, comment="0 owed, 1 sent, 2 dead, 3 coalesced into a later one, 4 muted"),
        sa.Column("attempt", sa.Integer, nullable=False, comment="tries so far; fences a late worker"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("scheduled_at", sa.BigInteger, nullable=False, comment="not sent before (quiet hours); start of the retry schedule; a replay sets it anew"),
        sa.Column("later", sa.SmallInteger, nullable=False, server_default="0", comment="1 when it was given a moment to wait for, else it is sent in its turn"),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("code", sa.Text, comment="why it is dead"),
        sa.Index("deliveries_owed", "destination", "later", "id", sqlite_where=sa.text("state = 0"), postgresql_where=sa.text("state = 0")),
        sa.Index(
            "deliveries_later", "destination", "scheduled_at", "id",
            sqlite_where=sa.text("state = 0 AND later = 1"), postgresql_where=sa.text("state = 0 AND later = 1"),
        ),
        sa.Index("deliveries_dead", "id", sqlite_where=sa.text("state = 2"), postgresql_where=sa.text("state = 2")),
        sa.Index("deliveries_event", "event_id"),
    )
    op.create_table(
        "attempts",
        sa.Column("delivery_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("outcome", sa.SmallInteger, nullable=False, comment="0 delivered, 1 to be retried, 2 rejected"),
        sa.Column("status", sa.Integer),
        sa.Column("code", sa.Text),
        sa.Column("detail", sa.Text, nullable=False),
    )
    op.create_table(
        "cards",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True, comment="source and subject key"),
        sa.Column("remote_id", sa.Text, nullable=False),
        sa.Column("remote_room", sa.Text),
        sa.Column("delivery_id", sa.BigInteger, nullable=False, comment="the delivery that the card shows now"),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.Column("anchor_only", sa.Boolean, nullable=False, server_default=sa.false(), comment="a comment that came before any card: replies go below it, updates do not touch it"),
        sa.Index("cards_posted", "posted_at"),
        comment="the message in a room that a subject's replies and updates belong to",
    )
    op.create_table(
        "label_waits",
        sa.Column("route", sa.Text, primary_key=True),
        sa.Column("subject", sa.Text, primary_key=True, comment="source and subject key"),
        sa.Column("event_id", sa.BigInteger, nullable=False, comment="the subject's latest event that the route took but for its labels"),
        sa.Column("fired_at", sa.BigInteger, comment="NULL while it waits; a label fires a route once per subject"),
        sa.Index("label_waits_event", "event_id"),
    )
    op.create_table(
        "mutes",
        sa.Column("target", sa.Text, primary_key=True, comment="route:NAME or room:CHAT:ROOM"),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("by", sa.Text, nullable=False),
    )
    op.create_table(
        "processes",
        sa.Column("boot", sa.BigInteger, primary_key=True, autoincrement=False, comment="a process's start, as an identifier"),
        sa.Column("node", sa.SmallInteger, nullable=False, unique=True, comment="the node bits of its identifiers"),
        sa.Column("started_at", sa.BigInteger, nullable=False),
        sa.Column("alive_until", sa.BigInteger, nullable=False, comment="its leases last until then; renewed by heartbeat"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("actor", sa.Text, nullable=False, comment="person:NAME, token:NAME, source:NAME, address or hub"),
        sa.Column("act", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("code", sa.Text, nullable=False, comment="ok, or the code of the refusal"),
        sa.Column("detail", sa.Text, nullable=False, comment="JSON, secrets redacted"),
        sa.Column("sequence", sa.BigInteger, unique=True, comment="its place in the chain; NULL until the chain has come to it"),
        sa.Column("link", sa.LargeBinary(32)),
        sa.Index("audit_unlinked", "id", sqlite_where=sa.text("sequence IS NULL"), postgresql_where=sa.text("sequence IS NULL")),
    )
    op.create_table(
        "audit_checkpoints",
        sa.Column("kind", sa.Text, primary_key=True, comment="head: the chain went so far; retention: it begins after this"),
        sa.Column("sequence", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("link", sa.LargeBinary(32), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("key", sa.Text, nullable=False, comment="the public key; empty where nobody signs"),
        sa.Column("signature", sa.LargeBinary(64), nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("disabled_at", sa.BigInteger),
    )
    op.create_table(
        "invitations",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True, comment="SHA-256 of the link's token"),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("role", sa.Text, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "sessions",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True, comment="SHA-256 of the cookie"),
        sa.Column("person", sa.Text, nullable=False),
        sa.Column("csrf", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "api_tokens",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("grants", sa.Text, nullable=False, comment="JSON list of grants"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("parent", sa.Text, comment="name of the token that it was issued with, and ends with"),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "hook_tokens",
        sa.Column("digest", sa.LargeBinary(32), primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        sa.Column("rooms", sa.Text, nullable=False, comment="JSON list of globs: slack:#dev-*"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("revoked_at", sa.BigInteger),
        sa.Column("used_at", sa.BigInteger),
    )
    op.create_table(
        "playground_messages",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("room", sa.Text, nullable=False),
        sa.Column("thread", sa.BigInteger, comment="id of the message it replies to"),
        sa.Column("author", sa.Text, nullable=False),
        sa.Column("icon", sa.Text),
        sa.Column("message", sa.Text, nullable=False, comment="JSON of the message"),
        sa.Column("posted_at", sa.BigInteger, nullable=False),
        sa.Column("edited_at", sa.BigInteger),
        sa.Index("playground_messages_room", "room", "id"),
    )
    op.create_table(
        "inbox",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("key", sa.LargeBinary(16), nullable=False, unique=True, comment="digest of the chat and of the request's own identity"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("room", sa.Text, nullable=False, comment="chat:room"),
        sa.Column("kind", sa.Text, nullable=False, comment="Said, Clicked or Submitted"),
        sa.Column("heard", sa.LargeBinary, nullable=False, comment="JSON of what was said, without what lets it be answered"),
        sa.Column("received_at", sa.BigInteger, nullable=False),
        sa.Column("boot", sa.BigInteger, comment="the process that holds it; NULL when it is done"),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("line", sa.Text, comment="the command as it was understood, secrets redacted"),
        sa.Column("code", sa.Text, comment="ok, or the code of the refusal"),
        sa.Column("detail", sa.Text, comment="what the refusal is about"),
        sa.Column("words", sa.Text, comment="the words that no grant covered"),
        sa.Column("answer", sa.LargeBinary, comment="JSON of what was answered, for a repeat"),
        sa.Index("inbox_waiting", "id", sqlite_where=sa.text("ended_at IS NULL"), postgresql_where=sa.text("ended_at IS NULL")),
        sa.Index("inbox_actor", "actor", "received_at"),
        sa.Index("inbox_room", "room", "received_at"),
    )
    op.create_table(
        "deployments",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("service", sa.Text, nullable=False),
        sa.Column("environment", sa.Text, nullable=False),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="what was decided on another is decided again"),
        sa.Column("asked_at", sa.BigInteger, nullable=False),
        sa.Column("changed_at", sa.BigInteger, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.deployments.Deployment"),
        sa.Index("deployments_where", "service", "environment", "id"),
        sa.Index("deployments_open", "lane", "id", sqlite_where=sa.text("state IN ('asked', 'waiting', 'queued', 'starting', 'running', 'unknown')"), postgresql_where=sa.text("state IN ('asked', 'waiting', 'queued', 'starting', 'running', 'unknown')")),
        sa.Index("deployments_holding", "lane", unique=True, sqlite_where=sa.text("state IN ('starting', 'running', 'unknown')"), postgresql_where=sa.text("state IN ('starting', 'running', 'unknown')")),
    )
    op.create_table(
        "lever_effects",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("deployment_id", sa.BigInteger, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of the effect"),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("boot", sa.BigInteger, comment="the process that does it"),
        sa.Index("lever_effects_due", "due_at"),
        sa.Index("lever_effects_deployment", "deployment_id"),
        comment="what must happen next to a deployment, written in the transaction that decided it",
    )
    op.create_table(
        "approvals",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("deployment_id", sa.BigInteger, nullable=False),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("result", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.approvals.Approval"),
        sa.Index("approvals_deployment", "deployment_id", "id"),
    )
    op.create_table(
        "locks",
        sa.Column("lane", sa.Text, primary_key=True),
        sa.Column("until", sa.BigInteger, comment="NULL: until somebody unlocks it"),
        sa.Column("told", sa.Boolean, nullable=False, server_default=sa.false(), comment="whether those who wait were told that it is over"),
        sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of core.lanes.Lock"),
        sa.Index("locks_until", "until"),
    )
    op.create_table(
        "chat_routes",
        sa.Column("destination", sa.Text, primary_key=True, comment="chat:room"),
        sa.Column("repo", sa.Text, primary_key=True, comment="owner/name, or a glob"),
        sa.Column("events", sa.Text, nullable=False, comment="JSON list; empty: what is posted by default"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "installations",
        sa.Column("chat", sa.Text, primary_key=True),
        sa.Column("team", sa.Text, primary_key=True),
        sa.Column("sealed", sa.Text, nullable=False, comment="the installation with its tokens, encrypted"),
        sa.Column("installed_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "install_states",
        sa.Column("digest", sa.Text, primary_key=True, comment="of what the browser holds that began to install"),
        sa.Column("until", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "plugin_calls",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("handler", sa.Text, nullable=False, comment="plugin, function and whether it hears events or happenings"),
        sa.Column("event_id", sa.BigInteger, comment="the event that it is to hear"),
        sa.Column("document", sa.LargeBinary, comment="JSON of what happened to a deployment"),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("boot", sa.BigInteger, comment="the process that is at it"),
        sa.Index("plugin_calls_due", "due_at", "id"),
        sa.Index("plugin_calls_event", "event_id"),
        comment="what handlers of plugins have yet to hear",
    )
    op.create_table(
        "plugin_memory",
        sa.Column("plugin", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False, comment="JSON"),
    )
