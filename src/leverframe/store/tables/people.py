"""Who may: people, their sessions, tokens, and the audit of what they did."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata, partial_index

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
    partial_index("audit_unlinked", "id", where="sequence IS NULL"),
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
