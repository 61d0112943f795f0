"""Requests that carry a name of their own, so that what is sent again is not done again."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata

request_keys = sa.Table(
    "request_keys", metadata,
    sa.Column("digest", sa.LargeBinary(16), primary_key=True, comment="of who asked, for what kind of thing, and the name that they gave it"),
    sa.Column("content", sa.LargeBinary(16), nullable=False, comment="digest of what was asked for: another under the same name is refused"),
    sa.Column("made", sa.Text, nullable=False, comment="the id of what came of it"),
    sa.Column("at", Instant, nullable=False),
    sa.Index("request_keys_at", "at"),
)
