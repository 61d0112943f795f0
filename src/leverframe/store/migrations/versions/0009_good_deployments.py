"""What runs where is found by when it succeeded, not by when it was asked for."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the index."""
    good = sa.text("state = 'succeeded'")
    op.create_index("deployments_good", "deployments", ["service", "environment", "changed_at"], sqlite_where=good, postgresql_where=good)
