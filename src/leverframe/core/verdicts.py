"""Why a route fired, or did not, key by key and in words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

from leverframe.core.errors import Locale

Code: TypeAlias = Literal[
    "holds", "no_value", "not_listed", "excluded", "posted_by_default", "not_posted_by_default", "ping", "paths_not_read",
    "labels_any", "labels_all", "labels_none", "filter_false", "filter_failed",
]  # fmt: skip
_SHOWN = 5
"""Values named in a sentence; a push may touch thousands of files."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One key of one route, tested."""

    key: str
    """As it is written in the configuration: ``from``, ``repos`` …"""
    holds: bool
    expected: str
    """The route's own items, empty where the key was left out."""
    found: str | None
    """What the event has; ``None`` when it has no such thing. For a filter that failed: why."""
    code: Code


_EN: dict[Code, str] = {
    "holds": "{key}: {found} matches {expected}.",
    "no_value": "{key}: this event has none, so {expected} does not match.",
    "not_listed": "{key}: {found} is not in {expected}.",
    "excluded": "{key}: {found} is excluded by {expected}.",
    "posted_by_default": "events: {found} is posted by default.",
    "not_posted_by_default": "events: {found} is not posted by default; name it in events.",
    "ping": "events: a ping only tests the webhook and reaches no route.",
    "paths_not_read": "paths: the files of the pull request are not known, so {expected} does not match; [github] token lets the hub ask.",
    "labels_any": "labels: {found} holds none of {expected}.",
    "labels_all": "labels: {found} does not hold all of {expected}.",
    "labels_none": "labels: {found} holds one of {expected}, which the route does not want.",
    "filter_false": "where: {expected} is false.",
    "filter_failed": "where: {expected} has no answer: {found}.",
}
_KO: dict[Code, str] = {
    "holds": "{key}: {found} 값이 {expected} 조건에 맞습니다.",
    "no_value": "{key}: 이 이벤트에는 해당 값이 없어 {expected} 조건에 맞지 않습니다.",
    "not_listed": "{key}: {found} 값이 {expected} 목록에 없습니다.",
    "excluded": "{key}: {found} 값이 {expected} 조건으로 제외됩니다.",
    "posted_by_default": "events: {found} 이벤트는 기본으로 알립니다.",
    "not_posted_by_default": "events: {found} 이벤트는 기본으로 알리지 않습니다. events에 적으세요.",
    "ping": "events: ping은 웹훅을 시험할 뿐 어떤 라우트에도 닿지 않습니다.",
    "paths_not_read": "paths: 이 PR의 파일을 알 수 없어 {expected} 조건에 맞지 않습니다. [github] token을 넣으면 물어봅니다.",
    "labels_any": "labels: {found} 가운데 {expected} 레이블이 하나도 없습니다.",
    "labels_all": "labels: {found} 가운데 {expected} 레이블이 모두 있지는 않습니다.",
    "labels_none": "labels: {found} 가운데 원하지 않는 {expected} 레이블이 있습니다.",
    "filter_false": "where: {expected} 식이 거짓입니다.",
    "filter_failed": "where: {expected} 식을 계산하지 못했습니다. 이유: {found}",
}
_NOTHING = {"en": "nothing", "ko": "(없음)"}


def say(check: Check, locale: Locale = "en") -> str:
    """Return one sentence that tells what was tested and how it came out."""
    sentences = _KO if locale == "ko" else _EN
    nothing = _NOTHING[locale]
    return sentences[check.code].format(key=check.key, found=check.found or nothing, expected=check.expected or nothing)


def listed(values: Iterable[str]) -> str:
    """Return the first few of ``values`` for a sentence, and how many more there are."""
    every = tuple(values)
    more = f" … (+{len(every) - _SHOWN})" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
