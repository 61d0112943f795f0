"""한국어: PR과 리뷰. 병합은 닫기가 아니고, 초안은 초안입니다."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import addressed, inside, subject
from leverframe.core.wording.ko.shared import changed
from leverframe.core.wording.ko.words import WORDS
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told

_PULL_REQUEST = {
    "auto_merge_disabled": "{who} {noun} 자동 병합을 껐습니다: {it}",
    "auto_merge_enabled": "{who} {noun} 자동 병합을 켰습니다: {it}",
    "closed": "{who} {noun}을 병합하지 않고 닫았습니다: {it}",
    "converted_to_draft": "{who} PR을 초안으로 되돌렸습니다: {it}",
    "dequeued": "PR이 병합 대기열에서 빠졌습니다: {it}{reason}",
    "enqueued": "{who} PR을 병합 대기열에 넣었습니다: {it}",
    "ready_for_review": "👀 {who} PR의 리뷰 준비를 마쳤습니다: {it}",
    "review_request_removed": "{who} {reviewer}에게 보낸 {noun} 리뷰 요청을 취소했습니다: {it}",
    "review_requested": "👀 {who} {reviewer}에게 {noun} 리뷰를 요청했습니다: {it}",
    "synchronize": "{who} {noun}에 새 커밋을 푸시했습니다: {it}",
}


def pull_request(told: Told) -> Rich:
    noun = "초안 PR" if reading.flag(told.payload, "pull_request", "draft") else "PR"
    if told.action == "opened":
        return _opened(told)
    it = told.thing("pull_request")
    if told.action == "closed" and reading.is_merged(reading.mapping(told.payload, "pull_request")):
        base = told.text("pull_request", "base", "ref")
        into = (Code(base), Text(" 브랜치에 ")) if base else ()
        return phrase("🎉 {who} PR을 {into}병합했습니다: {it}", who=subject(told), it=it, into=into)
    template = _PULL_REQUEST.get(told.action)
    if template is None:
        return changed(told, "pull_request", noun) or general(told)
    reason = told.text("reason").lower()
    reason = WORDS.get(f"reason.{reason}", reason.replace("_", " "))
    return phrase(
        template, who=subject(told), noun=noun, it=it, reviewer=addressed(_reviewer(told)), reason=f" ({reason})" if reason else ""
    )


def _opened(told: Told) -> Rich:
    draft = " (초안)" if reading.flag(told.payload, "pull_request", "draft") else ""
    who = told.who or (Text("누군가"),)
    return phrase("🔔 새 PR by {who}: {it}{draft}", who=who, it=told.ref("pull_request"), draft=draft)


def _reviewer(told: Told) -> Rich:
    """Return who is asked for a review: a person or a team."""
    if reading.mapping(told.payload, "requested_reviewer"):
        return told.person("requested_reviewer")
    team = told.text("requested_team", "name")
    return told.linked(f"{team} 팀", "requested_team", "html_url") if team else (Text("누군가"),)


_SUBMITTED = {
    "approved": "✅ {who} PR을 승인했습니다: {it}",
    "changes_requested": "✋ {who} PR에 변경을 요청했습니다: {it}",
    "commented": "{who} PR을 리뷰했습니다: {it}",
    "dismissed": "{who} 남긴 PR 리뷰가 무효화되었습니다: {it}",
}


def pull_request_review(told: Told) -> Rich:
    who, it = subject(told), told.thing("pull_request", "review", "html_url")
    match told.action:
        case "submitted":
            state = told.text("review", "state").lower()
            return phrase(_SUBMITTED.get(state, _SUBMITTED["commented"]), who=who, it=it)
        case "edited":
            return phrase("{who} PR 리뷰를 수정했습니다: {it}", who=who, it=it)
        case "dismissed":
            return phrase("{who} {whom}의 PR 리뷰를 무효화했습니다: {it}", who=who, whom=addressed(told.person("review", "user")), it=it)
        case _:
            return general(told)


_REVIEW_COMMENT = {
    "created": "{who} PR의 {path}에 댓글을 남겼습니다: {it}",
    "edited": "{who} PR의 {path}에 남긴 댓글을 수정했습니다: {it}",
    "deleted": "{who} PR의 {path}에 남긴 댓글을 삭제했습니다: {it}",
}


def pull_request_review_comment(told: Told) -> Rich:
    if told.action not in _REVIEW_COMMENT:
        return general(told)
    path = told.text("comment", "path")
    where = (Code(path) if path else Text("변경 내용"),)
    it = told.thing("pull_request", "comment", "html_url")
    return phrase(_REVIEW_COMMENT[told.action], who=subject(told), path=where, it=it)


_THREAD = {
    "resolved": "{who} PR의 리뷰 대화를 해결했습니다: {it}",
    "unresolved": "{who} PR의 리뷰 대화를 다시 열었습니다: {it}",
}


def pull_request_review_thread(told: Told) -> Rich:
    if told.action not in _THREAD:
        return general(told)
    return phrase(_THREAD[told.action], who=subject(told), it=told.thing("pull_request"))


_MERGE_GROUP_ENDS = {"merged": "병합되었습니다", "invalidated": "무효가 되었습니다", "dequeued": "대기열에서 빠졌습니다"}


def merge_group(told: Told) -> Rich:
    base = told.text("merge_group", "base_ref").removeprefix("refs/heads/")
    queue = phrase("{inside}{base}병합 대기열", inside=inside(told), base=(Code(base), Text(" 브랜치 ")) if base else ())
    match told.action:
        case "checks_requested":
            return phrase("{queue}이 검사를 요청했습니다", queue=queue)
        case "destroyed":
            return phrase("{queue}의 그룹이 {end}", queue=queue, end=_MERGE_GROUP_ENDS.get(told.text("reason"), "해체되었습니다"))
        case _:
            return general(told)
