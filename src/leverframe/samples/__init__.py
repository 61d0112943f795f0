"""Sample events: a day of one team on GitHub, in GitHub's own shape.

An issue is opened, a branch pushed, a pull request opened for it, the build fails and passes, people review, it is
merged, released and deployed; the wiki is edited. Sent in order they tell that story; each can be sent alone.
"""

from __future__ import annotations

import json

import msgspec

from leverframe.ports import Accepted
from leverframe.samples.events import PAYLOADS
from leverframe.samples.story import Ids, Story

__all__ = ["Ids", "Sample", "Story", "accepted", "load", "names", "title"]


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One event, ready to be signed and sent."""

    name: str
    """The sample's own name: GitHub's event, or ``event.what`` where there are several."""
    event: str
    """What GitHub sends as ``X-GitHub-Event``."""
    payload: bytes
    """JSON, as GitHub writes it: UTF-8, no spaces."""
    title_en: str
    title_ko: str


_TITLES = {
    "issues.opened": ("Issue opened", "이슈 등록"),
    "issue_comment": ("Comment", "댓글"),
    "push": ("Push", "푸시"),
    "pull_request.opened": ("PR opened", "PR 등록"),
    "workflow_run.failed": ("CI failed", "CI 실패"),
    "pull_request_review.changes_requested": ("Changes requested", "변경 요청"),
    "pull_request_review_comment": ("Review comment", "리뷰 댓글"),
    "workflow_run.passed": ("CI passed", "CI 통과"),
    "pull_request_review.approved": ("Review approved", "리뷰 승인"),
    "pull_request.merged": ("PR merged", "PR 병합"),
    "issues.closed": ("Issue closed", "이슈 종료"),
    "delete": ("Branch deleted", "브랜치 삭제"),
    "release": ("Release", "릴리스"),
    "deployment": ("Deployment", "배포 시작"),
    "deployment_status.success": ("Deployment succeeded", "배포 성공"),
    "gollum": ("Wiki edited", "위키 수정"),
    "star": ("Star", "스타"),
    "dependabot_alert": ("Dependabot alert", "Dependabot 경고"),
}


def names() -> tuple[str, ...]:
    """Return the names of all samples, in the order of the story."""
    return tuple(_TITLES)


def title(name: str) -> tuple[str, str]:
    """Return what a button for the sample says, in English and Korean. Raises ``KeyError`` for an unknown name."""
    return _TITLES[name]


def load(name: str, ids: Ids) -> Sample:
    """Return the sample called ``name``, made with ``ids`` (of :meth:`Story.ids`).

    Raises ``KeyError`` when there is none of this name.
    """
    title_en, title_ko = _TITLES[name]
    payload = json.dumps(PAYLOADS[name](ids), ensure_ascii=False, separators=(",", ":")).encode()
    return Sample(name=name, event=name.partition(".")[0], payload=payload, title_en=title_en, title_ko=title_ko)


def accepted(sample: Sample) -> Accepted:
    """Return what a source of GitHub's events would read in it, for who shows it without a request."""
    head = json.loads(sample.payload)
    return Accepted(name=sample.event, action=head.get("action"), delivery_id="", body=sample.payload, repo=head["repository"]["full_name"])
