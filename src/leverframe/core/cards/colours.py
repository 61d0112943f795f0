"""A card's colour as a tone: what people read from a red or a green bar."""

from __future__ import annotations

import colorsys
import re
from collections.abc import Mapping

from leverframe.core.messages import Tone

_HEX = re.compile(r"#?(?:([0-9a-f]{3})|([0-9a-f]{6})(?:[0-9a-f]{2})?)", re.IGNORECASE)
_NAMED: Mapping[str, Tone] = {
    "red": "bad", "green": "good", "orange": "warning", "yellow": "warning",
    # Adaptive Cards' own: https://adaptivecards.io/explorer/TextBlock.html (color), …/Container.html (style)
    "attention": "bad", "good": "good", "warning": "warning",
}  # fmt: skip


def tone_of(colour: str) -> Tone:
    """Return the tone of ``0076D7``, ``#f00``, ``red`` or ``attention``; what says nothing (blue, grey, no colour at all) is ``neutral``."""
    colour = colour.strip()
    if (named := _NAMED.get(colour.lower())) is not None:
        return named
    found = _HEX.fullmatch(colour)
    if found is None:
        return "neutral"
    digits = found[2] or "".join(digit * 2 for digit in found[1])
    red, green, blue = (int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4))
    hue, _, saturation = colorsys.rgb_to_hls(red, green, blue)
    if saturation < 0.25 or max(red, green, blue) < 0.15:
        return "neutral"
    degrees = hue * 360
    if degrees < 18 or degrees >= 330:
        return "bad"
    if degrees < 66:
        return "warning"
    return "good" if degrees < 165 else "neutral"
