"""Tokens of buttons that leave the hub in a card: what a button does, of which card, until when, and the hub's signature under it.

Whoever shows one has seen the card; who that is, the token does not say. It is good once for each person (``key``), so that a press which
is sent again does nothing twice, and two approvers who see one card may both say yes.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Sequence
from datetime import datetime

import msgspec

from leverframe.core.errors import Refused
from leverframe.decoding import decoder

PREFIX = "lfb1."
LONGEST = 4_096
LIFE_S = 7 * 86_400
"""Seconds that a button works; what it is about ends by its own rules, mostly sooner."""


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What a token says."""

    action: str
    value: str
    chat: str
    """The chat's key in the configuration."""
    card: str
    """Id of the delivery that showed it: ``dlv_…``."""
    ends: int
    """Seconds since 1970."""
    nonce: str


def sign(signed: Signed, key: bytes) -> str:
    """Return the token."""
    body = _encoded(msgspec.json.encode(signed))
    return f"{PREFIX}{body}.{_encoded(_mac(body, key))}"


def read(token: str, keys: Sequence[bytes], now: datetime) -> Signed:
    """Return what a token says. Raises ``Refused``: ``card_token_invalid`` for one that the hub never signed, ``card_token_expired``."""
    head, _, mac = token.removeprefix(PREFIX).partition(".")
    if not token.startswith(PREFIX) or len(token) > LONGEST or not token.isascii():
        raise Refused("card_token_invalid")
    given = _decoded(mac)
    proven = False
    for key in keys:  # all of them, whichever it was
        proven |= hmac.compare_digest(_mac(head, key), given)
    if not proven:
        raise Refused("card_token_invalid")
    try:
        signed = decoder(Signed)(_decoded(head))
    except (msgspec.DecodeError, ValueError):
        raise Refused("card_token_invalid") from None  # another version's
    if now.timestamp() >= signed.ends:
        raise Refused("card_token_expired")
    return signed


def _mac(body: str, key: bytes) -> bytes:
    return hmac.digest(key, PREFIX.encode() + body.encode(), "sha256")


def _encoded(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return b""
