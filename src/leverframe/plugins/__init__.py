"""Plugins: what their authors import. ``docs/how-to/plugins.md`` shows it all.

>>> from leverframe.plugins import command
>>> @command(acts=False, free=True)
... async def ping() -> str:
...     "Say whether the hub is there."
...     return "pong"
"""

from leverframe.core.conversation import Asker, Place
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.plugins.declaring import (
    Environment,
    Label,
    PersonId,
    Ref,
    Repository,
    Rest,
    RoomId,
    Secret,
    Service,
    chat,
    command,
    on_event,
    on_happening,
    on_message,
    runner,
)
from leverframe.plugins.values import Asked, Happening, Hub, Post, Refuse, Spoken, button, escape, link, post, say

__all__ = [
    "Asked", "Asker", "Environment", "Event", "Happening", "Hub", "Label", "Message", "PersonId", "Place", "Post", "Ref", "Refuse", "Repository",
    "Rest", "RoomId", "Secret", "Service", "Spoken", "button", "chat", "command", "escape", "link", "on_event", "on_happening", "on_message", "post",
    "runner", "say",
]  # fmt: skip
