"""Cards whose buttons were pressed, and the presses."""

from __future__ import annotations

import sqlalchemy as sa

from leverframe.store.tables.columns import Instant, metadata, partial_index

posted_cards = sa.Table(
    "posted_cards", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False, comment="the event that posted it"),
    sa.Column("version", sa.Integer, nullable=False, comment="what was decided on another is decided again"),
    sa.Column("document", sa.LargeBinary, nullable=False, comment="JSON of store.posted_cards.PostedCard"),
    comment="cards as they stand now, from the first press of a button on; before, the event's body is the card",
)

card_presses = sa.Table(
    "card_presses", metadata,
    sa.Column("id", sa.BigInteger, primary_key=True, autoincrement=False, comment="the click in the inbox"),
    sa.Column("card_id", sa.BigInteger, nullable=False),
    sa.Column("button", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False, comment="the button's, as the card showed it"),
    sa.Column("state", sa.Text, nullable=False, comment="sending, done, refused or unknown"),
    sa.Column("by", sa.Text, nullable=False),
    sa.Column("by_name", sa.Text, nullable=False),
    sa.Column("at", Instant, nullable=False),
    sa.Column("boot", sa.BigInteger, nullable=False, comment="the process that sends it"),
    sa.Index("card_presses_card", "card_id", "id"),
    partial_index("card_presses_sending", "id", where="state = 'sending'"),
    comment="requests that buttons of cards sent, written before they are sent",
)
