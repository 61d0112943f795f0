"""Subscriptions of projects, and the keys of theirs that wait apart."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "subscriptions",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("project", sa.Text, nullable=False),
        sa.Column("project_key", sa.Text, nullable=False, comment="the project's name, folded"),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("events", sa.Text, nullable=False, comment="JSON list of topics"),
        sa.Column("format", sa.Text, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("paused", sa.Boolean, nullable=False),
        sa.Column("health", sa.Text, nullable=False, comment="healthy, degraded, disabled"),
        sa.Column("reason", sa.Text, comment="code of why it is not healthy"),
        sa.Column("health_at", sa.BigInteger),
        sa.Column("failing_at", sa.BigInteger, comment="when it began to fail, if it has not succeeded since"),
        sa.Column("concurrency", sa.Integer, nullable=False),
        sa.Column("per_s", sa.Float, nullable=False),
        sa.Column("notify", sa.Text, nullable=False, comment="chat:room, or empty"),
        sa.Column("secrets", sa.LargeBinary, nullable=False, comment="JSON list of sealed secrets, the newest first, each with its end"),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("version", sa.Integer, nullable=False, comment="what was decided on another is refused"),
    )
    op.create_index("subscriptions_project", "subscriptions", ["project_key", "id"])
    op.create_table(
        "parked_keys",
        sa.Column("destination", sa.Text, primary_key=True),
        sa.Column("order_key", sa.Text, primary_key=True),
        sa.Column("due_at", sa.BigInteger, nullable=False, comment="when its first delivery is tried again"),
        sa.Column("failures", sa.Integer, nullable=False, comment="in a row"),
        sa.Column("code", sa.Text, comment="why it failed last"),
        comment="keys of a subscription whose first delivery failed: they wait apart, and the other keys go on",
    )
    op.create_index("parked_keys_due", "parked_keys", ["destination", "due_at"])
    op.create_index(
        "deliveries_parked", "deliveries", ["destination", "order_key", "id"],
        sqlite_where=sa.text("state = 0 AND later = 2"), postgresql_where=sa.text("state = 0 AND later = 2"),
    )  # fmt: skip
