"""``POST /teams/incoming/{token}``: an incoming webhook as Teams had one, for cards that scripts and actions post.

The token is a hook token (``leverframe hook-tokens``). Where a connector's address meant one channel, the token's rooms say where the
card goes: those that it names without a wildcard, or the one that ``?room=slack:%23dev`` picks among those that it may write to. It never
reaches a log: there the path is masked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import msgspec

from leverframe.core.cards import CARD_EVENT
from leverframe.core.details import Detail
from leverframe.core.errors import Refused
from leverframe.ports import Clock, Source
from leverframe.store import tokens
from leverframe.store.database import Database
from leverframe.work.fanout import Carried

_WILD = frozenset("*?[")


class IncomingDoor:
    """Reads token and rooms. ``checks`` tells of each chat what is wrong with a room of it, if anything."""

    def __init__(self, database: Database, clock: Clock, source: Source, checks: Mapping[str, Callable[[str], Detail | None]]) -> None:
        self._database, self._clock, self._source, self._checks = database, clock, source, checks

    async def __call__(self, secret: str, query: Mapping[str, str]) -> tuple[Source, str, tuple[str, ...]]:
        """Return the source, the routing to keep (JSON) and what makes a repeat; raises ``Refused``."""
        now = self._clock.now()
        token = await self._database.read(tokens.hook_by_secret, secret, now)
        if token is None:
            raise Refused("hook_token_unknown")
        asked = query.get("room", "").strip()
        rooms = (asked,) if asked else tuple(room for room in token.rooms if not _WILD & set(room))
        if not rooms:
            raise Refused("hook_room_missing")
        for room in rooms:
            if not room.isprintable() or not token.reaches(room):
                raise Refused("hook_room_forbidden", repr(room)[:100])
            chat, _, name = room.partition(":")
            check = self._checks.get(chat)
            if check is None:
                raise Refused("chat_unknown", chat[:100])
            if wrong := check(name):
                raise Refused("hook_room_forbidden", wrong.within(room[:100]))
        if tokens.use_is_due(token, now):
            await self._database.write(tokens.used_hook, token.name, now)
        carried = Carried(name=f"cards {token.name}", to=rooms, events=(CARD_EVENT,))
        return self._source, msgspec.json.encode(carried).decode(), ("incoming", token.name, *rooms)
