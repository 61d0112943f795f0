"""Buttons of MessageCards: what they send to the hub, and who pressed them, where the caller proves it.

The token of whoever presses follows the rules of actionable messages: RS256, its issuer's keys, the hub's address as audience, and the
person's directory id as subject. Microsoft took its own issuer (``https://substrate.office.com/sts/``) out of service in June 2026; systems that
still show such cards may have another.
https://learn.microsoft.com/outlook/actionable-messages/security-requirements#verifying-that-requests-come-from-microsoft
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from leverframe.chats.teams.message_card import message_card
from leverframe.chats.teams.proof import verify_token
from leverframe.chats.teams.settings import Settings
from leverframe.core.conversation import Asker
from leverframe.core.errors import Refused
from leverframe.core.messages import Button, Message
from leverframe.core.payload import text
from leverframe.issuer_keys import IssuerKeys
from leverframe.ports import Clock

Sign = Callable[[Button, str], str | None]
"""Makes the token of a button of the delivery ``dlv_…``; ``None`` where the hub has no key to sign with."""


class CardPresses:
    """The MessageCards of one chat. Satisfies ``web.teams_actions.CardRoom``."""

    def __init__(self, name: str, settings: Settings, keys: IssuerKeys, clock: Clock, *, url: str, target: str, sign: Sign) -> None:
        """``url`` is the hub's address, which tokens are for; ``target`` is where buttons send to."""
        self._name, self._settings, self._keys, self._clock = name, settings, keys, clock
        self._audience, self._target, self._sign = url.rstrip("/"), target, sign

    async def prove(self, headers: Sequence[tuple[bytes, bytes]]) -> Asker | None:
        """Return who the caller's token proves; ``None`` when it brought none.

        A card that sends an ``Authorization`` of its own gets the token as ``Action-Authorization``. Raises ``Refused``:
        ``teams_token_invalid``, ``teams_token_expired``, ``teams_tenant_unknown``, ``teams_keys_unavailable``.
        """
        given = [(b"authorization", value) for name, value in headers if name.lower() == b"action-authorization"]
        given = given or [(b"authorization", value) for name, value in headers if name.lower() == b"authorization" and value.strip()]
        if not given:
            return None
        claims, _ = await verify_token(self._keys, given, app_id=self._audience, issuer=self._settings.card_issuer, now=self._clock.now())
        person, tenant = text(claims, "oid") or text(claims, "sub"), text(claims, "tid")
        if not person:
            raise Refused("teams_token_invalid", "sub")
        if self._settings.tenant_ids and tenant.lower() not in {one.lower() for one in self._settings.tenant_ids}:
            raise Refused("teams_tenant_unknown", tenant[:100] or "tid")
        several = len(self._settings.tenant_ids) > 1
        return Asker(chat=self._name, id=person[:200], team=tenant if several else "", name=text(claims, "preferred_username")[:200])

    def card(self, message: Message, delivery: str) -> bytes:
        """Return the message as a MessageCard whose buttons come back here."""

        def post(button: Button) -> Mapping[str, Any] | None:
            token = self._sign(button, delivery)
            return None if token is None else {"target": self._target, "body": json.dumps({"press": token})}

        return message_card(message, post)
