"""What is said about cards, in English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leverframe.core.cards import PressState, Wrong
from leverframe.core.messages import Bold, Rich, Text

_STATES: dict[PressState, tuple[str, str]] = {
    "done": ("✅", "was sent"), "refused": ("❌", "was not taken"),
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


def sent(host: str) -> str:
    """Return what is said to who pressed where the target said nothing itself."""
    return f"Sent to {host}."


def beginning(host: str) -> str:
    """Return what a repeat of the same click hears while nobody knows yet."""
    return f"It is being sent to {host}. The card will show what came of it."


def not_replaced(detail: str) -> str:
    """Return what is said where the card that the target answered with cannot be shown."""
    return f"The card that it answered with cannot be shown ({detail})."


def dispatched(event_type: str, project: str) -> str:
    """Return that GitHub took a dispatch."""
    return f"Sent {event_type} to {project}."


def dispatch_waits(event_type: str, project: str) -> str:
    """Return that a dispatch is kept and not sent yet."""
    return f"Taken: {event_type} will be sent to {project} as soon as that is possible."


def dispatch_dead(event_type: str, project: str) -> str:
    """Return that GitHub did not take a dispatch; why follows."""
    return f"GitHub did not take {event_type} for {project}."


def dispatch_lost(event_type: str, project: str) -> str:
    """Return that nobody knows whether GitHub took a dispatch."""
    return f"GitHub's answer was lost: nobody knows whether {event_type} came to {project}. Look there before pressing again."


CANCEL, WHICH, DATE_HINT = "Close", "What to do", "A day, as 2026-11-30."
_WRONG: Mapping[Wrong, str] = {
    "missing": "This has to be filled in.", "date": "Write a day, as 2026-11-30.", "choice": "This is none of the choices.", "long": "This is too long.",
}  # fmt: skip


def wrong(what: Wrong) -> str:
    """Return what is said below a field."""
    return _WRONG[what]
