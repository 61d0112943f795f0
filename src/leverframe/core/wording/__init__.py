"""Wording: from an event to what people read, in English or Korean.

``en`` and ``ko`` hold functions of the same names, one per event, each returning the headline of the event it is named
after; what stands below the headline is read from the payload once, in ``blocks``, and labelled with the language's
words. Nothing is escaped here: every chat room escapes for its own format.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import tzinfo

from leverframe.core.cards import TEAMS
from leverframe.core.errors import Locale
from leverframe.core.events import Event
from leverframe.core.messages import Message
from leverframe.core.wording import cards, webhooks
from leverframe.core.wording.blocks import BLOCKS
from leverframe.core.wording.blocks.fields import quote
from leverframe.core.wording.buttons import buttons
from leverframe.core.wording.en import VOICE as ENGLISH
from leverframe.core.wording.footers import footer
from leverframe.core.wording.ko import VOICE as KOREAN
from leverframe.core.wording.levers import HUB, LEVERS, word
from leverframe.core.wording.told import tell
from leverframe.core.wording.tones import tone_of
from leverframe.core.wording.voice import Voice

__all__ = ["compose"]

VOICES: Mapping[Locale, Voice] = {"en": ENGLISH, "ko": KOREAN}


def compose(event: Event, locale: Locale, zone: tzinfo) -> Message:
    """Return what to say about ``event`` in ``locale``, with times in ``zone``.

    Never raises, whatever the payload holds. The headline stands alone; the blocks below add people's own words, how
    the subject stands, a button where somebody has to act, and where and when it happened.
    """
    if event.kind == HUB and (said := webhooks.word(event, locale) or word(event, LEVERS[locale], zone)) is not None:
        return said
    if event.kind == TEAMS:
        return cards.word(event, locale, zone)
    voice = VOICES[locale]
    told = tell(event)
    headline = voice.sentences.get(event.name, voice.general)(told)
    below = BLOCKS.get(event.name)
    found = below(told, voice) if below is not None else quote(told, "about", "body")
    mood = tone_of(told)
    return Message(headline=headline, blocks=(*found, *buttons(told, mood, voice), footer(told, headline, mood, zone)), tone=mood)
