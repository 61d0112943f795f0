"""Cards whose buttons were pressed, and the presses."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make them."""
    op.create_table(
        "posted_cards",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False, comment="the event that posted it"),
        sa.Column("version", sa.Integer, nullable=False, comment="what was decided on another is decided again"),
        sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of store.posted_cards.PostedCard"),
        comment="cards as they stand now, from the first press of a button on; before, the event's body is the card",
    )
    op.create_table(
        "card_presses",
        sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False, comment="the click in the inbox"),
        sa.Column("card_id", sa.BigInteger, nullable=False),
        sa.Column("button", sa.Text, nullable=False),
        sa.Column("name", sa.Text, nullable=False, comment="the button's, as the card showed it"),
        sa.Column("state", sa.Text, nullable=False, comment="sending, done, refused or unknown"),
        sa.Column("by", sa.Text, nullable=False),
        sa.Column("by_name", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("boot", sa.BigInteger, nullable=False, comment="the process that sends it"),
        comment="requests that buttons of cards sent, written before they are sent",
    )
    op.create_index("card_presses_card", "card_presses", ["card_id", "id"])
    sending = sa.text("state = 'sending'")
    op.create_index("card_presses_sending", "card_presses", ["id"], sqlite_where=sending, postgresql_where=sending)
