"""카드에 대해 하는 말, 한국어."""

from __future__ import annotations

from collections.abc import Sequence

from leverframe.core.cards import PressState
from leverframe.core.messages import Bold, Rich, Text

_STATES: dict[PressState, tuple[str, str]] = {
    "sending": ("⏳", "보내는 중입니다"), "done": ("✅", "보냈습니다"), "refused": ("❌", "처리되지 않았습니다"),
    "unknown": ("❓", "응답이 오지 않아 처리되었는지 알 수 없습니다. 다시 누르기 전에 대상 시스템에서 확인하세요"),
}  # fmt: skip


def a_card() -> str:
    """아무 말도 없는 카드를 부르는 이름."""
    return "카드"


def image() -> str:
    """제목이 없는 이미지를 부르는 이름."""
    return "이미지"


def only_there(names: Sequence[str]) -> str:
    """원래 앱에서만 누를 수 있는 버튼에 대해 하는 말."""
    return f"Teams에서만 쓸 수 있는 버튼: {', '.join(names)}"


def pressed(action: str, by: str, state: PressState, said: str, when: str) -> Rich:
    """버튼을 누른 결과."""
    sign, words = _STATES[state]
    return (Text(f"{sign} "), Bold(action), Text(f" ({by}, {when}): {said or words + '.'}"))
