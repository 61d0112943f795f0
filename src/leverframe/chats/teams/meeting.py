"""The chat of the bot with one person: where what only they are to see is said, made when there is none.

https://learn.microsoft.com/en-us/microsoftteams/platform/bots/how-to/conversations/send-proactive-messages#create-the-conversation
"""

from __future__ import annotations

from leverframe.chats.teams.connector import Connector
from leverframe.chats.teams.rooms import Found, Rooms
from leverframe.core.delivery import Delivered, Outcome, Rejected
from leverframe.ports import Reference


async def with_person(rooms: Rooms, connector: Connector, id: str, *, tenant: str = "", person: str | None = None) -> Found | Outcome:
    """Return where the bot and somebody (``id`` in Entra, ``person`` in Teams where that is known) talk, or why they cannot."""
    known = await rooms.with_person(id)
    if known is not None:
        return Found(conversation=known.conversation, service=known.service, tenant=known.tenant)
    service, tenant = rooms.service, tenant or rooms.tenant
    told, conversation = await connector.meet(service, tenant, person or id)
    if conversation is None:
        return Rejected(code="teams_not_in_room", detail="no conversation") if isinstance(told, Delivered) else told
    await rooms.learned(Reference(chat=rooms.name, conversation=conversation, service=service, tenant=tenant, kind="personal", person=id.lower()))
    return Found(conversation=conversation, service=service, tenant=tenant)
