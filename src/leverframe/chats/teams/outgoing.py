"""Outgoing webhooks: a team's own way to ask the hub something, without a bot. Who asks is what the body says, and nothing proves it.

https://learn.microsoft.com/en-us/microsoftteams/platform/webhooks-and-connectors/how-to/add-outgoing-webhook
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from leverframe.chats.teams import forms, reading
from leverframe.chats.teams.inbound import activity_of
from leverframe.chats.teams.proof import SKEW_S, verify_hmac
from leverframe.chats.teams.reading import Letter, Reading
from leverframe.chats.teams.render import CARD, card, encode, summary
from leverframe.chats.teams.settings import Settings
from leverframe.core.conversation import Answer, Choice, Heard
from leverframe.core.delivery import Outcome
from leverframe.core.details import about, detail
from leverframe.core.errors import Locale, Refused
from leverframe.core.messages import Message, Text
from leverframe.core.payload import moment
from leverframe.ports import ChatHeard


class TeamsOutgoing:
    """The outgoing webhooks of one chat."""

    kind = "teams"

    def __init__(self, name: str, settings: Settings, locale: Locale) -> None:
        """``name`` is the chat's key in the configuration."""
        self.name, self._locale, self._trusted = name, locale, settings.trust_outgoing
        self._secrets: Mapping[str, bytes] = {webhook: secret.reveal().encode() for webhook, secret in settings.outgoing.items()}
        self._tenants = frozenset(tenant.lower() for tenant in settings.tenant_ids)
        self._seal = forms.Seal(b"")

    def __repr__(self) -> str:
        return f"TeamsOutgoing({self.name!r}, {sorted(self._secrets)})"

    def has(self, webhook: str) -> bool:
        """Return whether there is an outgoing webhook of this name."""
        return webhook in self._secrets

    def hear(self, webhook: str, headers: Sequence[tuple[bytes, bytes]], body: bytes, *, now: datetime) -> ChatHeard:
        """Return what a signed request says.

        Raises ``Refused``: those of :func:`leverframe.chats.teams.proof.verify_hmac`, ``request_invalid`` (400), ``teams_stale``
        (401) and ``teams_tenant_unknown`` (403).
        """
        verify_hmac([self._secrets[webhook]], headers, body)
        activity = activity_of(body)
        sent_at = moment(activity, "timestamp")
        if sent_at is None:
            raise Refused("request_invalid", about("timestamp", "missing"))
        if abs((now - sent_at).total_seconds()) > SKEW_S:
            raise Refused("teams_stale", detail("clock_off", seconds=f"{(sent_at - now).total_seconds():+.0f}"))
        tenant = reading.tenant_of(activity)
        if self._tenants and tenant not in self._tenants:
            raise Refused("teams_tenant_unknown", tenant[:40] or detail("no_tenant_named"))
        letter = Letter(chat=self.name, now=now, several=len(self._tenants) > 1, seal=self._seal, proven=self._trusted)
        read = reading.read_outgoing(letter, activity)
        return OutgoingExchange(read, self._locale) if isinstance(read, Reading) else read

    def options(self, choices: Sequence[Choice]) -> bytes:
        """Return nothing: there are no forms here."""
        return b"{}"


class OutgoingExchange:
    """One thing that was said to an outgoing webhook: there is no way back but the request's own answer. Satisfies ``ports.Exchange``."""

    def __init__(self, read: Reading, locale: Locale) -> None:
        self._heard, self._locale = read.heard, locale

    @property
    def heard(self) -> Heard:
        """What was said."""
        return self._heard

    def body(self, answer: Answer) -> bytes:
        """Return the message that Teams shows in the channel, for everybody."""
        message = answer.message
        if message is None:
            shown = " ".join(answer.errors.values()) or (answer.form.title if answer.form is not None else "…")
            message = Message(headline=(Text(shown),))
        return _message(message)

    def working(self) -> bytes:
        """Return what is shown when the answer takes longer than Teams waits: it is had by asking again."""
        return _message(Message(headline=(Text(forms.said("working", self._locale)),), tone="progress"))

    async def prepare(self) -> None:
        """Do nothing: no form can be opened."""

    async def say(self, answer: Answer, *, answered: bool) -> Outcome | None:
        """Say nothing: nothing can be posted later."""
        return None


def _message(message: Message) -> bytes:
    return encode({"type": "message", "summary": summary(message), "attachments": [{"contentType": CARD, "content": card(message, {}, clicks=False)}]})
