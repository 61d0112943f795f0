"""한국어: 이슈, PR, 토론에 공통되는 변화."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Rich, Text
from leverframe.core.wording.ko.grammar import addressed, subject
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_CHANGES = {
    "assigned": "{who} {whom} {noun} 담당자로 지정했습니다: {it}",
    "deleted": "{who} {noun_object} 삭제했습니다: {it}",
    "demilestoned": "{who} {noun_object} {milestone} 마일스톤에서 뺐습니다: {it}",
    "labeled": "{who} {noun}에 {label} 레이블을 붙였습니다: {it}",
    "locked": "🔒 {who} {noun_object} 잠갔습니다: {it}",
    "milestoned": "{who} {noun_object} {milestone} 마일스톤에 추가했습니다: {it}",
    "pinned": "📌 {who} {noun_object} 고정했습니다: {it}",
    "reopened": "{who} {noun_object} 다시 열었습니다: {it}",
    "transferred": "{who} {noun_object} {target}옮겼습니다: {it}",
    "unassigned": "{who} {whom} {noun} 담당자에서 제외했습니다: {it}",
    "unlabeled": "{who} {noun}에서 {label} 레이블을 뗐습니다: {it}",
    "unlocked": "{who} {noun}의 잠금을 해제했습니다: {it}",
    "unpinned": "{who} {noun}의 고정을 해제했습니다: {it}",
}
_UNNAMED = {
    **_CHANGES,
    "assigned": "{who} {noun} 담당자를 바꿨습니다: {it}",
    "labeled": "{who} {noun}의 레이블을 바꿨습니다: {it}",
    "unassigned": "{who} {noun} 담당자를 바꿨습니다: {it}",
    "unlabeled": "{who} {noun}의 레이블을 바꿨습니다: {it}",
}


def changed(told: Told, key: str, noun: str) -> Rich | None:
    """Return what was done to the ``noun`` at ``key`` of the payload; ``None`` when the action is not a common one."""
    if told.action == "edited":
        return _edited(told, key, noun)
    template = (_CHANGES if told.names_what_changed else _UNNAMED).get(told.action)
    if template is None:
        return None
    themselves = told.login and told.text("assignee", "login") == told.login
    target = told.text("changes", "new_repository", "full_name")
    milestone = told.named("milestone", "title") if told.text("milestone", "title") else told.named(key, "milestone", "title")
    return phrase(
        template,
        who=subject(told), noun=noun, noun_object=noun + particle(noun, "을/를"), it=told.thing(key),
        label=told.named("label", "name"), milestone=milestone, 
        whom=(Text("자신을"),) if themselves else addressed(told.person("assignee"), "을/를"),
        target=f"{target}{particle(target, '으로/로')} " if target else "다른 저장소로 ",
    )  # fmt: skip


def _edited(told: Told, key: str, noun: str) -> Rich:
    changes = reading.mapping(told.payload, "changes")
    template = "{who} {noun_object} 수정했습니다: {it}"
    if "title" in changes:
        template = "{who} {noun} 제목을 바꿨습니다: {it}"
    elif "base" in changes:
        template = "{who} {noun}의 대상 브랜치를 바꿨습니다: {it}"
    elif "body" in changes:
        template = "{who} {noun} 설명을 수정했습니다: {it}"
    return phrase(template, who=subject(told), noun=noun, noun_object=noun + particle(noun, "을/를"), it=told.thing(key))
