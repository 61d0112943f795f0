"""한국어: 이슈와 댓글, 이슈 간의 관계, 마일스톤, 레이블, 토론."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Rich
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import inside, subject
from leverframe.core.wording.ko.shared import changed
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_REASONS = {"not_planned": "계획 없음으로 ", "duplicate": "중복으로 ", "completed": "완료로 "}


def issues(told: Told) -> Rich:
    who, it = subject(told), told.thing("issue")
    match told.action:
        case "opened":
            return phrase("{who} 이슈를 열었습니다: {it}", who=who, it=it)
        case "closed":
            reason = _REASONS.get(told.text("issue", "state_reason"), "")
            return phrase("{who} 이슈를 {reason}닫았습니다: {it}", who=who, it=it, reason=reason)
        case "typed":
            kind = told.named("type", "name")
            return phrase(
                "{who} 이슈 유형을 {type}{to} 지정했습니다: {it}",
                who=who, it=it, type=kind, to=particle(told.text("type", "name"), "으로/로"),
            )  # fmt: skip
        case "untyped":
            return phrase("{who} 이슈에서 {type} 유형을 뺐습니다: {it}", who=who, it=it, type=told.named("type", "name"))
        case _:
            return changed(told, "issue", "이슈") or general(told)


_COMMENT = {
    "created": "{who} {noun}에 댓글을 남겼습니다: {it}",
    "edited": "{who} {noun}의 댓글을 수정했습니다: {it}",
    "deleted": "{who} {noun}의 댓글을 삭제했습니다: {it}",
}


def issue_comment(told: Told) -> Rich:
    if told.action not in _COMMENT:
        return general(told)
    noun = "PR" if reading.mapping(told.payload, "issue", "pull_request") else "이슈"
    return phrase(_COMMENT[told.action], who=subject(told), noun=noun, it=told.thing("issue", "comment", "html_url"))


_SUB_ISSUES = {
    "parent_issue_added": "{who} 상위 이슈를 지정했습니다: {sub} → {parent}",
    "parent_issue_removed": "{who} 상위 이슈 지정을 해제했습니다: {sub} → {parent}",
    "sub_issue_added": "{who} 하위 이슈를 추가했습니다: {parent} → {sub}",
    "sub_issue_removed": "{who} 하위 이슈를 제거했습니다: {parent} → {sub}",
}


def sub_issues(told: Told) -> Rich:
    if told.action not in _SUB_ISSUES:
        return general(told)
    return phrase(_SUB_ISSUES[told.action], who=subject(told), sub=told.thing("sub_issue"), parent=told.thing("parent_issue"))


_DEPENDENCIES = {
    "blocked_by_added": "{who} 이슈를 막는 선행 이슈를 지정했습니다: {blocked} ← {blocking}",
    "blocked_by_removed": "{who} 이슈를 막는 선행 이슈 지정을 해제했습니다: {blocked} ← {blocking}",
    "blocking_added": "{who} 이슈가 막는 후속 이슈를 지정했습니다: {blocking} → {blocked}",
    "blocking_removed": "{who} 이슈가 막는 후속 이슈 지정을 해제했습니다: {blocking} → {blocked}",
}


def issue_dependencies(told: Told) -> Rich:
    if told.action not in _DEPENDENCIES:
        return general(told)
    return phrase(_DEPENDENCIES[told.action], who=subject(told), blocked=told.thing("blocked_issue"), blocking=told.thing("blocking_issue"))


_MILESTONE = {
    "closed": "{who} {inside}{it} 마일스톤을 닫았습니다",
    "created": "{who} {at}{it} 마일스톤을 만들었습니다",
    "deleted": "{who} {inside}{it} 마일스톤을 삭제했습니다",
    "edited": "{who} {inside}{it} 마일스톤을 수정했습니다",
    "opened": "{who} {inside}{it} 마일스톤을 다시 열었습니다",
}


def milestone(told: Told) -> Rich:
    if told.action not in _MILESTONE:
        return general(told)
    it = told.linked(told.text("milestone", "title") or "?", "milestone", "html_url")
    return phrase(_MILESTONE[told.action], who=subject(told), it=it, inside=inside(told), at=inside(told, "에 "))


def label(told: Told) -> Rich:
    name, old = told.named("label", "name"), told.text("changes", "name", "from")
    match told.action:
        case "edited" if old:
            return phrase(
                "{who} {inside}{old} 레이블의 이름을 {name}{to} 바꿨습니다",
                who=subject(told), old=told.named("changes", "name", "from"), name=name, inside=inside(told),
                to=particle(told.text("label", "name"), "으로/로"),
            )  # fmt: skip
        case "created":
            return phrase("{who} {at}{name} 레이블을 만들었습니다", who=subject(told), name=name, at=inside(told, "에 "))
        case "deleted":
            return phrase("{who} {inside}{name} 레이블을 삭제했습니다", who=subject(told), name=name, inside=inside(told))
        case "edited":
            return phrase("{who} {inside}{name} 레이블을 수정했습니다", who=subject(told), name=name, inside=inside(told))
        case _:
            return general(told)


def discussion(told: Told) -> Rich:
    who, it = subject(told), told.thing("discussion")
    match told.action:
        case "created":
            return phrase("💬 {who} 토론을 시작했습니다: {it}", who=who, it=it)
        case "answered":
            return phrase("✅ {who} 토론에서 답변을 채택했습니다: {it}", who=who, it=it)
        case "unanswered":
            return phrase("{who} 토론의 답변 채택을 취소했습니다: {it}", who=who, it=it)
        case "closed":
            return phrase("{who} 토론을 닫았습니다: {it}", who=who, it=it)
        case "category_changed":
            category = told.named("discussion", "category", "name")
            return phrase("{who} 토론을 {category} 카테고리로 옮겼습니다: {it}", who=who, it=it, category=category)
        case _:
            return changed(told, "discussion", "토론") or general(told)


def discussion_comment(told: Told) -> Rich:
    if told.action not in _COMMENT:
        return general(told)
    return phrase(_COMMENT[told.action], who=subject(told), noun="토론", it=told.thing("discussion", "comment", "html_url"))
