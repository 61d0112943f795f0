"""What chats keep: what was said to the hub, the playground, subscriptions of rooms, installations."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata, partial_index

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
    partial_index("inbox_waiting", "id", where="ended_at IS NULL"),
    sa.Index("inbox_actor", "actor", "received_at"),
    sa.Index("inbox_room", "room", "received_at"),
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
