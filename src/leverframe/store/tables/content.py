"""The back office: an index of what is in the buckets, and every change that is made to it."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata, partial_index

content_entries = sa.Table(
    "content_entries", metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("tag", sa.Text, nullable=False, comment="the state of the object that this row tells of"),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("modified_at", Instant, nullable=False),
    sa.Column("title", sa.Text, nullable=False),
    sa.Column("dated", sa.Text, nullable=False, comment="ISO 8601, from the entry's own first date; empty without one"),
    sa.Column("problem", sa.Text, nullable=False, comment="why it cannot be read"),
    sa.Column("search", sa.Text, nullable=False, comment="what a search looks through, in small letters"),
    sa.Column("seen", sa.BigInteger, nullable=False, comment="the look that saw the object last"),
    sa.Index("content_entries_newest", "site", "collection", "dated", "modified_at", "entry"),
    comment="what is in the buckets, as it was seen last; it can be made anew",
)

content_references = sa.Table(
    "content_references", metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("collection", sa.Text, primary_key=True),
    sa.Column("entry", sa.Text, primary_key=True),
    sa.Column("target_collection", sa.Text, primary_key=True),
    sa.Column("target", sa.Text, primary_key=True),
    sa.Index("content_references_to", "site", "target_collection", "target"),
    comment="which entry refers to which",
)

_OPEN = "state = 'storing'"
content_changes = sa.Table(
    "content_changes", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("site", sa.Text, nullable=False),
    sa.Column("collection", sa.Text, nullable=False),
    sa.Column("entry", sa.Text, nullable=False),
    sa.Column("key", sa.Text, nullable=False),
    sa.Column("act", sa.Text, nullable=False, comment="create, update, delete, upload, outside"),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("state", sa.Text, nullable=False, comment="storing, stored, failed"),
    sa.Column("expected", sa.Text, nullable=False, comment="the tag that the object had before; empty: there was none"),
    sa.Column("digest", sa.LargeBinary, comment="SHA-256 of what is written"),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON: title, what the entry refers to"),
    sa.Column("dispatch", sa.Text, comment="what publishes it"),
    sa.Column("audit_id", sa.BigInteger),
    sa.Column("due_at", Instant, nullable=False, comment="when to find out what became of it"),
    sa.Column("boot", sa.BigInteger, comment="the process that is at it"),
    sa.Index("content_changes_entry", "site", "collection", "entry", "id"),
    sa.Index("content_changes_site", "site", "id"),
    partial_index("content_changes_open", "site", "key", unique=True, where=_OPEN),
    partial_index("content_changes_due", "due_at", where=_OPEN),
    comment="written before the object is, so that what is stored is always published",
)

content_looks = sa.Table(
    "content_looks", metadata,
    sa.Column("site", sa.Text, primary_key=True),
    sa.Column("key", sa.Text, primary_key=True, comment="an object; of a whole collection its name after a slash"),
    sa.Column("actor", sa.Text, nullable=False, comment="who said that it may have changed"),
    sa.Column("due_at", Instant, nullable=False),
    sa.Column("asked", sa.Integer, nullable=False, server_default="1", comment="how often; what is asked while it is looked at is looked at again"),
    sa.Column("looked_at", Instant, comment="of a collection: when it was looked through last"),
    sa.Column("problem", sa.Text, nullable=False, comment="why looking failed"),
    sa.Column("boot", sa.BigInteger, comment="the process that is at it"),
    sa.Index("content_looks_due", "due_at"),
    comment="what is to be compared with the index",
)
