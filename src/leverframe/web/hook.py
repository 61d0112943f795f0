"""``POST /hook``: GitHub's webhook at an address that carries its own routing.

The address is issued by the hub (``leverframe hook-tokens``): the token proves who is speaking, says which rooms it may
write to, and can be revoked. It never reaches a log: only the path is written there.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping

import msgspec

from leverframe.core.details import Detail, about
from leverframe.core.errors import Refused
from leverframe.core.github_events import misspelt
from leverframe.core.routes import POST_BY_DEFAULT
from leverframe.ports import Clock, Source
from leverframe.store import tokens
from leverframe.store.database import Database
from leverframe.work.fanout import Carried

EVENTS = (*POST_BY_DEFAULT, "gollum")
"""Sent when the address names no events: what is worth a message, and the wiki."""
_OF_SLACK = re.compile(r"xox[a-z]-|xapp-|T[A-Z0-9]+/B[A-Z0-9]+/|https?://hooks\.slack\.com|[A-Za-z0-9]{24}\Z")
"""Slack's tokens, its webhooks' addresses, and the 24 letters of its first incoming webhooks."""
_ROOM_ID = re.compile(r"[CDG][A-Z0-9]{6,30}")
"""A channel by its id; anything else is a name, with or without its #."""
_EVENT = re.compile(r"\*|[a-z0-9_]{1,100}(\.[a-z0-9_]{1,100})?")


class Workspace(msgspec.Struct, frozen=True, kw_only=True):
    """A chat that ``/hook`` may write to."""

    chat: str
    is_called: Callable[[str], Awaitable[bool | None]]
    """Whether its workspace has this subdomain; ``None`` when nobody can tell now."""
    check_room: Callable[[str], Detail | None]


class HookDoor:
    """Reads token and routing from the query."""

    def __init__(self, database: Database, clock: Clock, source: Source, workspaces: tuple[Workspace, ...]) -> None:
        """``workspaces`` in the order of the configuration: without ``subdomain`` the first is written to."""
        self._database, self._clock, self._source, self._workspaces = database, clock, source, workspaces

    async def __call__(self, query: Mapping[str, str]) -> tuple[Source, str, tuple[str, ...]]:
        """Return the source, the routing to keep (JSON) and what makes a repeat; raises ``Refused``."""
        secret = query.get("token", "")
        now = self._clock.now()
        token = await self._database.read(tokens.hook_by_secret, secret, now)
        if token is None:
            raise Refused("hook_token_foreign" if _OF_SLACK.match(secret) else "hook_token_unknown")
        workspace = await self._workspace(query.get("subdomain", ""))
        if not (name := query.get("room", "").strip()):
            raise Refused("hook_room_missing")
        if not name.isprintable():
            raise Refused("hook_room_forbidden", repr(name)[:100])
        room = name if _ROOM_ID.fullmatch(name) else f"#{name.removeprefix('#')}"
        destination = f"{workspace.chat}:{room}"
        if not token.reaches(destination):
            raise Refused("hook_room_forbidden", destination[:100])
        if (wrong := workspace.check_room(room)) is not None:
            raise Refused("hook_room_forbidden", wrong.within(destination[:100]))
        events = tuple(event for event in (part.strip() for part in query.get("events", "").split(",")) if event)
        if wrong_events := [event for event in events if not _EVENT.fullmatch(event)]:
            raise Refused("request_invalid", f"events: {wrong_events[0][:100]!r}")
        for event in events:
            if (meant := misspelt(event)) is not None:
                raise Refused("hook_event_misspelt", about(event[:100], "perhaps", near=meant))
        if tokens.use_is_due(token, now):
            await self._database.write(tokens.used_hook, token.name, now)
        carried = Carried(name=f"hook {token.name}", to=(destination,), events=events or EVENTS)
        return self._source, msgspec.json.encode(carried).decode(), ("hook", token.name, destination)

    async def _workspace(self, subdomain: str) -> Workspace:
        unsure = []
        for workspace in self._workspaces:
            called = not subdomain or await workspace.is_called(subdomain)
            if called:
                return workspace
            unsure += [workspace] if called is None else []
        if unsure and len(self._workspaces) == 1:
            return unsure[0]  # no other could be meant, and GitHub sends an event only once
        for workspace in unsure:
            if workspace.chat == subdomain.casefold():
                return workspace
        if unsure:
            raise Refused("hook_workspace_not_told", subdomain[:100], retry_after_s=60)
        raise Refused("hook_workspace_unknown", subdomain[:100])
