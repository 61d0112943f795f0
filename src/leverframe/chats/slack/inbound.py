"""What comes in from Slack: proven, read, and answered.

https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from leverframe.chats.slack import forms, reading
from leverframe.chats.slack.reading import Letter, Read, Reading
from leverframe.chats.slack.respond import SlackExchange, Voice
from leverframe.chats.slack.settings import Settings
from leverframe.chats.slack.signature import verify
from leverframe.chats.slack.tokens import Tokens
from leverframe.core.conversation import Asker, Choice, Place, Submitted
from leverframe.core.delivery import Outcome
from leverframe.core.details import detail
from leverframe.core.errors import Locale, Refused
from leverframe.core.messages import Message
from leverframe.net import Outbound
from leverframe.ports import ChatHeard, Nothing, OptionsWanted

log = logging.getLogger(__name__)


class SlackInbound:
    """One Slack app in one workspace (or several). Satisfies ``ports.ChatInbound``."""

    kind = "slack"

    def __init__(
        self, name: str, settings: Settings, outbound: Outbound, locale: Locale, tokens: Tokens | None = None, overhears: Callable[[str], bool] | None = None
    ) -> None:
        """``name`` is the chat's key in the configuration; ``outbound`` is shared and stays its owner's to close.

        ``tokens`` are shared with what installs the app; left out, there is only that of the configuration. ``overhears``
        tells whether there is an answer to words that nobody said to the hub.
        """
        self.name, self._overhears = name, overhears
        self._secrets = tuple(secret.reveal().encode() for secret in settings.signing_secrets)
        self._team, self._app = settings.team_id, settings.app_id
        self._voice = Voice(settings, outbound, locale, tokens or Tokens(name, settings))

    def __repr__(self) -> str:
        return f"SlackInbound({self.name!r})"

    def hear(self, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, now: datetime) -> ChatHeard:
        """Return what a signed request says, whichever of Slack's doors it came by; see :class:`leverframe.ports.ChatInbound`.

        Raises ``Refused``: those of :func:`leverframe.chats.slack.signature.verify`, ``request_invalid`` (400),
        ``slack_team_unknown`` and ``slack_app_unknown`` (403).
        """
        sent_s = verify(self._secrets, headers, body, now)
        return self._heard(reading.read_body(Letter(chat=self.name, now=now, digest=reading.digest(sent_s, body), overhears=self._overhears), body))

    def hear_envelope(self, kind: str, envelope_id: str, payload: Mapping[str, Any], *, now: datetime) -> ChatHeard:
        """Return what an envelope of Socket Mode says: ``kind`` is its ``type``. The connection itself proves that it is Slack.

        Raises ``Refused`` like :meth:`hear`. https://docs.slack.dev/apis/events-api/using-socket-mode
        """
        letter = Letter(chat=self.name, now=now, digest=envelope_id, overhears=self._overhears)
        match kind:
            case "slash_commands":
                return self._heard(reading.read_slash(letter, payload))
            case "interactive":
                return self._heard(reading.read_interaction(letter, payload))
            case "events_api":
                return self._heard(reading.read_event(letter, payload))
            case _:
                return Nothing(reason=f"{kind[:60]} is nothing for the hub")

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return the answer to ``OptionsWanted``: the first hundred that Slack can carry."""
        return forms.encode({"options": forms.options(choices)})

    async def whisper(self, by: Asker, at: Place, message: Message, *, answer_to: str | None = None) -> Outcome:
        """Say it where only ``by`` sees it: by the command's own address, else ephemerally in the room, else directly."""
        return await self._voice.within(by.team).whisper(by, at, message, answer_to=answer_to)

    async def direct(self, by: Asker, message: Message) -> Outcome:
        """Say it to ``by`` in a direct message of the app's."""
        return await self._voice.within(by.team).direct(by, message)

    def _heard(self, read: Read) -> ChatHeard:
        if not isinstance(read, Reading):
            return read
        if self._team is not None and read.team != self._team:
            raise Refused("slack_team_unknown", read.team[:40] or detail("no_workspace_named"))
        if self._app is not None and read.app and read.app != self._app:
            raise Refused("slack_app_unknown", read.app[:40])
        said = read.heard
        if isinstance(said, OptionsWanted):
            return said
        if not isinstance(said, Submitted) and said.answer_to is not None and not self._voice.may_call(said.answer_to):
            log.warning("%s: an answer's address is not Slack's and is not used", self.name)
            said = replace(said, answer_to=None)
        return SlackExchange(said, read.surface, read.view, self._voice.within(read.team))
