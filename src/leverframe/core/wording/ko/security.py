"""한국어: 보안 경고와 권고. 스캐너가 찾은 것은 행위자 없이, 사람의 결정은 그 사람과 함께 알립니다."""

from __future__ import annotations

from leverframe.core.messages import Rich
from leverframe.core.wording.alerts import read_alert
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import addressed, inside, subject
from leverframe.core.wording.ko.words import WORDS
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told


def _alert(told: Told, templates: dict[str, str], noun: str) -> Rich:
    """Return the sentence of ``templates`` for the action."""
    template = templates.get(told.action)
    if template is None:
        return general(told)
    alert = read_alert(told)
    severity = WORDS.get(f"severity.{alert.severity}", alert.severity)
    return phrase(
        template,
        who=subject(told), noun=noun, it=alert.it, inside=inside(told), at=inside(told, "에 "), found=inside(told, "에서 "),
        severity=f" (심각도 {severity})" if severity else "",
        whom=addressed(told.person("assignee")), whom_object=addressed(told.person("assignee"), "을/를"),
    )  # fmt: skip


_DEPENDABOT = {
    "auto_dismissed": "{inside}{noun}가 규칙에 따라 무시되었습니다: {it}",
    "auto_reopened": "⚠️ {inside}{noun}가 규칙에 따라 다시 열렸습니다: {it}{severity}",
    "created": "🔒 {at}새 {noun}가 있습니다: {it}{severity}",
    "dismissed": "{who} {inside}{noun}를 무시했습니다: {it}",
    "fixed": "✅ {inside}{noun}가 해결되었습니다: {it}",
    "reintroduced": "⚠️ {inside}{noun}가 다시 나타났습니다: {it}{severity}",
    "reopened": "⚠️ {who} {inside}{noun}를 다시 열었습니다: {it}{severity}",
}


def dependabot_alert(told: Told) -> Rich:
    return _alert(told, _DEPENDABOT, "Dependabot 경고")


_VULNERABILITY = {
    "create": "🔒 {at}새 {noun}가 있습니다: {it}{severity}",
    "dismiss": "{who} {inside}{noun}를 무시했습니다: {it}",
    "reopen": "⚠️ {who} {inside}{noun}를 다시 열었습니다: {it}{severity}",
    "resolve": "✅ {inside}{noun}가 해결되었습니다: {it}",
}


def repository_vulnerability_alert(told: Told) -> Rich:
    return _alert(told, _VULNERABILITY, "Dependabot 경고")


_SECRET = {
    "assigned": "{who} {inside}{noun}를 {whom}에게 할당했습니다: {it}",
    "created": "🔒 {at}새 {noun}가 있습니다: {it}",
    "publicly_leaked": "🔒 {inside}시크릿이 외부에 공개되었습니다: {it}",
    "reopened": "⚠️ {who} {inside}{noun}를 다시 열었습니다: {it}",
    "resolved": "{who} {inside}{noun}를 해결했습니다: {it}",
    "unassigned": "{who} {inside}{noun} 담당자에서 {whom_object} 제외했습니다: {it}",
    "validated": "{found}발견된 시크릿의 유효성을 확인했습니다: {it}",
}


def secret_scanning_alert(told: Told) -> Rich:
    return _alert(told, _SECRET, "시크릿 스캔 경고")


def secret_scanning_alert_location(told: Told) -> Rich:
    return _alert(told, {"created": "🔒 {found}알려진 시크릿이 다른 곳에서도 발견되었습니다: {it}"}, "")


def secret_scanning_scan(told: Told) -> Rich:
    kind = told.text("type").replace("_", " ")
    if told.action != "completed":
        return general(told)
    return phrase("{inside}시크릿 스캔{kind}이 끝났습니다", kind=f"({kind})" if kind else "", inside=inside(told))


_CODE = {
    "appeared_in_branch": "⚠️ {inside}{noun}가 다른 브랜치에서도 나타났습니다: {it}{severity}",
    "closed_by_user": "{who} {inside}{noun}를 무시했습니다: {it}",
    "created": "🔒 {at}새 {noun}가 있습니다: {it}{severity}",
    "fixed": "✅ {inside}{noun}가 해결되었습니다: {it}",
    "reopened": "⚠️ {inside}{noun}가 다시 나타났습니다: {it}{severity}",
    "reopened_by_user": "⚠️ {who} {inside}{noun}를 다시 열었습니다: {it}{severity}",
}


def code_scanning_alert(told: Told) -> Rich:
    return _alert(told, _CODE, "코드 스캔 경고")


_ADVISORY = {
    "published": "🔒 {inside}보안 권고가 공개되었습니다: {it}{severity}",
    "reported": "🔒 {who} {inside}취약점을 신고했습니다: {it}{severity}",
    "updated": "{inside}보안 권고가 수정되었습니다: {it}{severity}",
    "withdrawn": "{inside}보안 권고가 철회되었습니다: {it}",
}


def repository_advisory(told: Told) -> Rich:
    return _alert(told, _ADVISORY, "")


def security_advisory(told: Told) -> Rich:
    return _alert(told, _ADVISORY, "")


def security_and_analysis(told: Told) -> Rich:
    return phrase("{who} {inside}보안 설정을 바꿨습니다", who=subject(told), inside=inside(told))
