"""The back office: what is in the buckets of sites, and every change that is made to it."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

_OPEN = "state = 'storing'"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "content_entries",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("tag", sa.Text, nullable=False, comment="the state of the object that this row tells of"),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("modified_at", sa.BigInteger, nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("dated", sa.Text, nullable=False, comment="ISO 8601, from the entry's own first date; empty without one"),
        sa.Column("problem", sa.Text, nullable=False, comment="why it cannot be read"),
        sa.Column("search", sa.Text, nullable=False, comment="what a search looks through, in small letters"),
        sa.Column("seen", sa.BigInteger, nullable=False, comment="the look that saw the object last"),
        comment="what is in the buckets, as it was seen last; it can be made anew",
    )
    op.create_index("content_entries_newest", "content_entries", ["site", "collection", "dated", "modified_at", "entry"])
    op.create_table(
        "content_references",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("collection", sa.Text, primary_key=True),
        sa.Column("entry", sa.Text, primary_key=True),
        sa.Column("target_collection", sa.Text, primary_key=True),
        sa.Column("target", sa.Text, primary_key=True),
        comment="which entry refers to which",
    )
    op.create_index("content_references_to", "content_references", ["site", "target_collection", "target"])
    op.create_table(
        "content_changes",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("site", sa.Text, nullable=False),
        sa.Column("collection", sa.Text, nullable=False),
        sa.Column("entry", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("act", sa.Text, nullable=False, comment="create, update, delete, upload, outside"),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.Text, nullable=False, comment="storing, stored, failed"),
        sa.Column("expected", sa.Text, nullable=False, comment="the tag that the object had before; empty: there was none"),
        sa.Column("digest", sa.LargeBinary, comment="SHA-256 of what is written"),
        sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON: title, what the entry refers to"),
        sa.Column("dispatch", sa.Text, comment="what publishes it"),
        sa.Column("audit_id", sa.BigInteger),
        sa.Column("due_at", sa.BigInteger, nullable=False, comment="when to find out what became of it"),
        sa.Column("boot", sa.BigInteger, comment="the process that is at it"),
        comment="written before the object is, so that what is stored is always published",
    )
    op.create_index("content_changes_entry", "content_changes", ["site", "collection", "entry", "id"])
    op.create_index("content_changes_site", "content_changes", ["site", "id"])
    op.create_index("content_changes_open", "content_changes", ["site", "key"], unique=True, sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN))
    op.create_index("content_changes_due", "content_changes", ["due_at"], sqlite_where=sa.text(_OPEN), postgresql_where=sa.text(_OPEN))
    op.create_table(
        "content_looks",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("key", sa.Text, primary_key=True, comment="an object; of a whole collection its name after a slash"),
        sa.Column("actor", sa.Text, nullable=False, comment="who said that it may have changed"),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False, server_default="1", comment="how often; what is asked while it is looked at is looked at again"),
        sa.Column("looked_at", sa.BigInteger, comment="of a collection: when it was looked through last"),
        sa.Column("problem", sa.Text, nullable=False, comment="why looking failed"),
        sa.Column("boot", sa.BigInteger, comment="the process that is at it"),
        comment="what is to be compared with the index",
    )
    op.create_index("content_looks_due", "content_looks", ["due_at"])
