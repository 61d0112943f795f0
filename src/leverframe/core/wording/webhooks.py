"""What a room is told of a project's webhook: it fails, was switched off, or came back."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.errors import PROBLEMS, Locale
from leverframe.core.events import Event
from leverframe.core.messages import Bold, Code, Message, Paragraph, Text, Tone
from leverframe.core.wording.quoting import one_line

HEALTH = "webhook_health"
"""The hub's own event."""
_SAID: dict[str, tuple[Tone, str, str]] = {
    "degraded": ("warning", " does not take what it is sent: what happens waits for it.", "에서 전송을 받지 않습니다. 새 이벤트는 쌓아 두고 기다립니다."),
    "disabled": ("bad", " was switched off: nothing more is sent to it.", "이 꺼졌습니다. 더 보내지 않습니다."),
    "recovered": ("good", " takes what it is sent again.", "에서 다시 전송을 받습니다."),
}


def word(event: Event, locale: Locale) -> Message | None:
    """Return the message; ``None`` for what this version does not know."""
    said = _SAID.get(event.action or "")
    if event.name != HEALTH or said is None:
        return None
    tone, en, ko = said
    id, project = (one_line(reading.text(event.payload, "hook", key), 200) for key in ("id", "project"))
    headline = (Text("웹훅 " if locale == "ko" else "The webhook "), Code(id or "?"), Text(" (" if project else ""), Bold(project), Text(")" if project else ""))
    problem = PROBLEMS.get(reading.text(event.payload, "hook", "reason"))
    why = [] if problem is None else [Paragraph((Text(" ".join(problem.ko if locale == "ko" else problem.en)),))]
    return Message(headline=(*headline, Text(ko if locale == "ko" else en)), blocks=tuple(why), tone=tone)
