"""Look: a card of the hub's, as one person may press it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec
from sqlalchemy import Connection

from leverframe.core import ids
from leverframe.core.events import Event
from leverframe.core.messages import Block, Button, Buttons, Message
from leverframe.core.wording.cards import PRESS
from leverframe.ports import Clock, Looked
from leverframe.store import shown_cards
from leverframe.store.database import Database
from leverframe.store.shown_cards import Shown
from leverframe.work.levers import Levers
from leverframe.work.library import Library
from leverframe.work.press import Presser
from leverframe.work.standing import Standing, Standings


class Looker:
    """Finds the card that somebody looks at, and leaves out the buttons that would do nothing for them."""

    def __init__(
        self, database: Database, clock: Clock, library: Library, standings: Standings, levers: Levers, presser: Presser | None,
        words: Callable[[Event, str], Message],
    ) -> None:  # fmt: skip
        """``words`` makes the message of an event, as the route of this name wants it."""
        self._database, self._clock, self._library = database, clock, library
        self._standings, self._levers, self._presser, self._words = standings, levers, presser, words

    async def __call__(self, looked: Looked) -> Message | None:
        """Return the card as it stands now; ``None`` where the message is none of the hub's cards there."""
        shown = await self._database.read(_shown, looked)
        event = None if shown is None else (await self._library.get([shown.event_id])).get(shown.event_id)
        if shown is None or event is None:
            return None
        message, standing = self._words(event, shown.route), self._standings.of(looked.by)
        blocks = await self._database.read(self._blocks, message, looked, standing)
        return msgspec.structs.replace(message, blocks=blocks)

    def _blocks(self, connection: Connection, message: Message, looked: Looked, standing: Standing) -> tuple[Block, ...]:
        def may(button: Button) -> bool:
            if not button.action:
                return True
            if button.action == PRESS:
                return self._presser is not None and self._presser.may_press(connection, standing, button.value)
            return self._levers.may_press(connection, looked.by, standing, button, self._clock.now())

        return tuple(
            Buttons(kept) if isinstance(block, Buttons) else block
            for block in message.blocks
            if not isinstance(block, Buttons) or (kept := tuple(button for button in block.buttons if may(button)))
        )


def _shown(connection: Connection, looked: Looked) -> Shown | None:
    """Return what the card shows now. What the client says of it is believed only where the chat says the same."""
    try:
        id = ids.read("dlv", looked.delivery)
    except ValueError:
        return None
    found = shown_cards.of_delivery(connection, id)
    if found is None or found.remote_id != looked.message or found.remote_room != looked.at.room or found.destination.partition(":")[0] != looked.at.chat:
        return None
    return found
