"""What is said about cards, in English."""

from __future__ import annotations

from collections.abc import Sequence

from leverframe.core.cards import PressState
from leverframe.core.messages import Bold, Rich, Text

_STATES: dict[PressState, tuple[str, str]] = {
    "sending": ("⏳", "is being sent"), "done": ("✅", "was sent"), "refused": ("❌", "was not taken"),
    "unknown": ("❓", "may have been carried out: no answer came. Look at where it goes before pressing it again"),
}  # fmt: skip


def a_card() -> str:
    """Return what a card without any words is called."""
    return "A card"


def image() -> str:
    """Return what an image without a title is called."""
    return "Image"


def only_there(names: Sequence[str]) -> str:
    """Return what is said of buttons that only their own client can press."""
    return f"Only in Teams itself: {', '.join(names)}"


def pressed(action: str, by: str, state: PressState, said: str, when: str) -> Rich:
    """Return what came of a button."""
    sign, words = _STATES[state]
    return (Text(f"{sign} "), Bold(action), Text(f" ({by}, {when}): {said or words + '.'}"))
