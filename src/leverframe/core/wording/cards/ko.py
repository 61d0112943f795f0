"""카드에 대해 하는 말, 한국어."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from leverframe.core.cards import PressState, Wrong
from leverframe.core.messages import Bold, Rich, Text

_STATES: dict[PressState, tuple[str, str]] = {
    "done": ("✅", "보냈습니다"), "refused": ("❌", "처리되지 않았습니다"),
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


def sent(host: str) -> str:
    """대상이 아무 말도 하지 않았을 때 누른 사람에게 하는 말."""
    return f"{host}에 보냈습니다."


def beginning(host: str) -> str:
    """결과를 아직 모를 때 같은 클릭을 다시 보내면 듣는 말."""
    return f"{host}에 보내는 중입니다. 결과는 카드에 나타납니다."


def not_replaced(detail: str) -> str:
    """대상이 돌려준 카드를 보여 줄 수 없을 때 하는 말."""
    return f"대상이 돌려준 카드는 보여 줄 수 없습니다({detail})."


def dispatched(event_type: str, project: str) -> str:
    """GitHub가 디스패치를 받았다는 말."""
    return f"{project}에 {event_type} 이벤트를 보냈습니다."


def dispatch_waits(event_type: str, project: str) -> str:
    """디스패치를 맡았고 아직 보내지 않았다는 말."""
    return f"요청을 받았습니다. 보낼 수 있게 되는 대로 {project}에 {event_type} 이벤트를 보냅니다."


def dispatch_dead(event_type: str, project: str) -> str:
    """GitHub가 디스패치를 받지 않았다는 말. 이유가 뒤따릅니다."""
    return f"GitHub가 {project}의 {event_type} 이벤트를 받지 않았습니다."


def dispatch_lost(event_type: str, project: str) -> str:
    """GitHub가 받았는지 모른다는 말."""
    return f"GitHub의 응답을 받지 못해 {project}에 {event_type} 이벤트가 도착했는지 알 수 없습니다. 다시 누르기 전에 확인하세요."


CANCEL, WHICH, DATE_HINT = "닫기", "할 일", "2026-11-30처럼 날짜를 쓰세요."
_WRONG: Mapping[Wrong, str] = {
    "missing": "꼭 입력해야 합니다.", "date": "2026-11-30처럼 날짜를 쓰세요.", "choice": "고를 수 있는 값이 아닙니다.", "long": "너무 깁니다.",
}  # fmt: skip


def wrong(what: Wrong) -> str:
    """입력란 아래에 하는 말."""
    return _WRONG[what]
