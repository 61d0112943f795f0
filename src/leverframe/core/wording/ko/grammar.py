"""한국어 문장의 재료. What Korean sentences are made of."""

from __future__ import annotations

from leverframe.core.messages import Person, Rich, Text
from leverframe.core.wording.particles import Pair, particle
from leverframe.core.wording.told import Told

_SOMEBODY: Rich = (Text("누군가가"),)
_HONORIFIC = Text("님이")
_NOBODY: Rich = (Text("누군가"),)


def subject(told: Told) -> Rich:
    """Return who did it with its particle: people are addressed with 님, bots are not."""
    if not told.who:
        return _SOMEBODY
    if told.is_bot:
        return (*told.who, Text(particle(told.login, "이/가")))
    return (*told.who, _HONORIFIC)


def inside(told: Told, joint: str = "의 ") -> str:
    """Return where it happened, with the particle after it; nothing when that is unknown."""
    return told.repo + joint if told.repo else ""


def count(number: int, noun: str) -> str:
    """Return ``커밋 3개``."""
    return f"{noun} {number:,}개"


def duration(seconds: int) -> str:
    """Return seconds as ``1시간 2분`` or ``2분 5초``."""
    hours, rest = divmod(seconds, 3600)
    minutes, left = divmod(rest, 60)
    if hours:
        return f"{hours:,}시간 {minutes}분" if minutes else f"{hours:,}시간"
    if minutes:
        return f"{minutes}분 {left}초" if left else f"{minutes}분"
    return f"{left}초"


def earlier(number: int) -> str:
    """Return how many commits came before those listed."""
    return f"… 이전 {count(number, '커밋')}"


def addressed(person: Rich, pair: Pair | None = None) -> Rich:
    """Return somebody (or a team) as a sentence names them, people with 님, followed by the particle of ``pair``; also when nobody is named."""
    person = person or _NOBODY
    last = person[-1]
    if isinstance(last, Person):
        return (*person, Text("님" + (particle("님", pair) if pair else "")))
    return (*person, Text(particle(last.text, pair))) if pair else person


def files(number: int) -> str:
    """Return how many files changed."""
    return count(number, "파일")
