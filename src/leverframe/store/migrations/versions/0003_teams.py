"""The conversations that a bot was told of."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "conversations",
        sa.Column("chat", sa.Text, primary_key=True),
        sa.Column("conversation", sa.Text, primary_key=True, comment="the chat's own id of it"),
        sa.Column("service", sa.Text, nullable=False, comment="the address that it is posted to"),
        sa.Column("tenant", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False, comment="channel, group or personal"),
        sa.Column("room", sa.Text, nullable=False, comment="a channel's name"),
        sa.Column("team", sa.Text, nullable=False, comment="the name of its team"),
        sa.Column("person", sa.Text, nullable=False, comment="who the bot talks to, of a personal one"),
        sa.Column("told_at", sa.BigInteger, nullable=False),
    )
