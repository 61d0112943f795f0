"""What a payload format is asked for: the bytes for one event, and the headers that prove one try at sending them.

The two are apart because the bytes are the same for everybody who subscribed to the event in this format, and at every try: they are made
once for a thousand subscribers. The headers hold the delivery's id, the moment of the try and the subscription's signatures.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Protocol

import msgspec

from leverframe.core.discreet import Discreet
from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.projects import Project, Pusher


class Occasion(msgspec.Struct, frozen=True, kw_only=True):
    """One event of one project, to be put into a payload."""

    event: Event
    headers: Mapping[str, str]
    """Those that were kept of the request that brought the event, by lower-case name."""
    body: bytes
    """What that request said, to the byte."""
    project: Project
    pushers: Mapping[str, Pusher] = {}
    """By login and by e-mail address, folded."""
    hub_url: str = ""
    locale: Locale = "en"
    zone: tzinfo


class Payload(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent, whoever it is for: the body, and the headers that belong to it."""

    body: bytes
    headers: Mapping[str, str]


class Ignored(msgspec.Struct, frozen=True):
    """The format has nothing to say about this event; ``reason`` is for the delivery's record."""

    reason: str


class Sending(Discreet, frozen=True, kw_only=True):
    """One try at one delivery."""

    unshown = frozenset({"secrets"})
    delivery_id: str
    """``dlv_…``: the same at every try, and another for every subscription. Holds no full stop."""
    attempt_at: datetime
    """When this try is made."""
    secrets: tuple[str, ...]
    """The subscription's live secrets, the newest first; none when it has none."""


class Format(Protocol):
    """One format of payloads. Pure: it neither waits nor asks the clock; never raises, whatever an event holds."""

    name: str
    """As a subscription names it: ``github``."""
    topics: frozenset[str] | None
    """The topics that it can tell of; ``None`` is all."""
    sends: tuple[str, str]
    """What it sends for them, in English and Korean, for people who choose."""

    def render(self, occasion: Occasion) -> Payload | Ignored:
        """Return the body with its headers, the same for everybody who subscribed to the event in this format."""
        ...

    def sign(self, payload: Payload, sending: Sending) -> dict[str, str]:
        """Return all headers of one try: the payload's own, and what proves it with every live secret."""
        ...
