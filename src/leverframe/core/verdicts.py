"""Why a route fired, or did not, key by key and in words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, TypeAlias

import msgspec

from leverframe.core.errors import Locale
from leverframe.core.kept_details import of_definition

Code: TypeAlias = Literal[
    "holds", "no_value", "not_listed", "excluded", "posted_by_default", "not_posted_by_default", "ping", "paths_not_read", "paths_not_asked", "paths_not_told",
    "labels_any", "labels_all", "labels_none", "filter_false", "filter_failed",
]  # fmt: skip
_SHOWN = 5
"""Values named in a sentence; a push may touch thousands of files."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One key of one route, tested."""

    key: str
    """As it is written in the configuration: ``from``, ``repos`` …"""
    holds: bool
    expected: str
    """The route's own items, empty where the key was left out."""
    found: str | None
    """What the event has; ``None`` when it has no such thing. For a filter that failed and for paths that are not told: why."""
    code: Code


_EN: dict[Code, str] = {
    "holds": "{key}: {found} matches {expected}.",
    "no_value": "{key}: the route asks for {expected}, and this event has no {key}.",
    "not_listed": "{key}: {found} is not in {expected}.",
    "excluded": "{key}: {found} is excluded by {expected}.",
    "posted_by_default": "events: {found} is posted by default.",
    "not_posted_by_default": "events: {found} is not posted by default; name it in events.",
    "ping": "events: a ping only tests the webhook and reaches no route.",
    "paths_not_read": "paths: the files of the pull request are not known, so {expected} does not match; [github] token lets the hub ask.",
    "paths_not_asked": "paths: GitHub was not asked which files the pull request touches, so {expected} is left open.",
    "paths_not_told": "paths: {expected} does not match, because GitHub does not tell which files the pull request touches ({found}).",
    "labels_any": "labels: the route asks for one of {expected}; the labels here: {found}.",
    "labels_all": "labels: the route asks for all of {expected}; the labels here: {found}.",
    "labels_none": "labels: the route does not want {expected}; the labels here: {found}.",
    "filter_false": "where: {expected} is false.",
    "filter_failed": "where: {expected} has no answer: {found}.",
}
_KO: dict[Code, str] = {
    "holds": "{key}: {found} 값이 {expected} 조건에 맞습니다.",
    "no_value": "{key}: 라우트는 {expected} 조건을 두었는데, 이 이벤트에는 해당 값이 없습니다.",
    "not_listed": "{key}: {found} 값이 {expected} 목록에 없습니다.",
    "excluded": "{key}: {found} 값이 {expected} 조건으로 제외됩니다.",
    "posted_by_default": "events: {found} 이벤트는 기본으로 알립니다.",
    "not_posted_by_default": "events: {found} 이벤트는 기본으로 알리지 않습니다. events에 적으세요.",
    "ping": "events: ping은 웹훅을 시험할 뿐 어떤 라우트에도 닿지 않습니다.",
    "paths_not_read": "paths: 이 PR의 파일을 알 수 없어 {expected} 조건에 맞지 않습니다. [github] token을 넣으면 물어봅니다.",
    "paths_not_asked": "paths: 이 PR이 건드리는 파일을 GitHub에 묻지 않아 {expected} 조건은 따지지 않았습니다.",
    "paths_not_told": "paths: 이 PR이 건드리는 파일을 GitHub가 알려 주지 않아({found}) {expected} 조건에 맞지 않습니다.",
    "labels_any": "labels: 라우트는 {expected} 가운데 하나를 찾습니다. 지금 붙은 레이블: {found}.",
    "labels_all": "labels: 라우트는 {expected} 모두를 찾습니다. 지금 붙은 레이블: {found}.",
    "labels_none": "labels: 라우트는 {expected} 레이블을 원하지 않습니다. 지금 붙은 레이블: {found}.",
    "filter_false": "where: {expected} 식이 거짓입니다.",
    "filter_failed": "where: {expected} 식을 계산하지 못했습니다. 이유: {found}.",
}
_NOTHING = {"en": "none", "ko": "없음"}


def say(check: Check, locale: Locale = "en") -> str:
    """Return one sentence that tells what was tested and how it came out."""
    sentences = _KO if locale == "ko" else _EN
    nothing = _NOTHING[locale]
    found = check.found or nothing
    if check.code == "filter_failed" and locale == "ko":
        found = of_definition(found).ko
    return sentences[check.code].format(key=check.key, found=found, expected=check.expected or nothing)


def listed(values: Iterable[str]) -> str:
    """Return the first few of ``values`` for a sentence, and how many more there are."""
    every = tuple(values)
    more = f" … (+{len(every) - _SHOWN})" if len(every) > _SHOWN else ""
    return ", ".join(every[:_SHOWN]) + more
