"""Requests that carry a name of their own; what is no deployment stands beside them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "request_keys",
        sa.Column("digest", sa.LargeBinary(16), primary_key=True, comment="of who asked, for what kind of thing, and the name that they gave it"),
        sa.Column("content", sa.LargeBinary(16), nullable=False, comment="digest of what was asked for: another under the same name is refused"),
        sa.Column("made", sa.Text, nullable=False, comment="the id of what came of it"),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Index("request_keys_at", "at"),
    )
    op.add_column("deployments", sa.Column("family", sa.Text, nullable=False, server_default="deployment", comment="deployment or dispatch"))
    op.create_index("deployments_family", "deployments", ["family", "id"])
