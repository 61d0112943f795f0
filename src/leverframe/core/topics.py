"""Topics: the words with which a subscription chooses events, each standing for some of GitHub's names, and one for the hub's own.

A new kind of event is added here, in one row (an event of no row is of the topic ``other`` until then): the page of a project's webhooks
offers it, subscriptions take it, and every format that sends whatever happens sends it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Topic(NamedTuple):
    """One row: ``events`` are names of events, without an action; ``en`` and ``ko`` say what they are."""

    name: str
    events: tuple[str, ...]
    en: str
    ko: str


OTHER = "other"
TOPICS: tuple[Topic, ...] = (
    Topic("push", ("push",), "Pushes, of branches and tags", "푸시 (브랜치와 태그)"),
    Topic("pull_request", ("pull_request",), "Pull requests: opened, changed, merged, closed", "풀 리퀘스트: 열림, 바뀜, 병합, 닫힘"),
    Topic("review", ("pull_request_review", "pull_request_review_comment", "pull_request_review_thread"),
          "Reviews of pull requests and the comments in them", "풀 리퀘스트 리뷰와 리뷰 댓글"),
    Topic("issue", ("issues", "issue_dependencies", "issue_relates_to", "sub_issues"), "Issues: opened, changed, closed", "이슈: 열림, 바뀜, 닫힘"),
    Topic("comment", ("issue_comment", "commit_comment"), "Comments on issues, pull requests and commits", "이슈, 풀 리퀘스트, 커밋의 댓글"),
    Topic("discussion", ("discussion", "discussion_comment"), "Discussions and posts, with their comments", "토론과 게시글, 그 댓글"),
    Topic("branch", ("create", "delete"), "Branches and tags that are made or deleted", "브랜치와 태그의 생성과 삭제"),
    Topic("release", ("release", "package", "registry_package"), "Releases and packages", "릴리스와 패키지"),
    Topic("wiki", ("gollum",), "Wiki pages", "위키 페이지"),
    Topic("build", ("workflow_run", "workflow_job", "check_run", "check_suite", "status", "page_build"),
          "Workflows, jobs, checks and statuses", "워크플로, 작업, 체크, 상태"),
    Topic("deployment", ("deployment", "deployment_status", "deployment_review", "deployment_protection_rule"), "Deployments", "배포"),
    Topic("milestone", ("milestone", "label"), "Milestones and labels", "마일스톤과 라벨"),
    Topic("alert", ("code_scanning_alert", "dependabot_alert", "repository_advisory", "repository_vulnerability_alert", "secret_scanning_alert",
          "secret_scanning_alert_location", "security_advisory", "security_and_analysis", "alert"), "Security and monitoring alerts", "보안과 모니터링 경보"),
    Topic("repository", ("repository", "repository_import", "repository_ruleset", "branch_protection_rule", "branch_protection_configuration",
          "public", "fork", "star", "watch", "member", "team_add"), "The repository itself: settings, people, forks, stars", "저장소 자체: 설정, 멤버, 포크, 스타"),
    Topic("lever", ("lever",), "What this hub deploys, dispatches and has approved", "이 허브의 배포, 디스패치, 승인"),
    Topic(OTHER, (), "Everything else", "그 밖의 모든 이벤트"),
)  # fmt: skip
EVERYTHING = "*"
_BY_EVENT = {event: topic.name for topic in TOPICS for event in topic.events}
NAMES = frozenset(topic.name for topic in TOPICS)
_ALIASES = {"pull-request": "pull_request", "pull_requests": "pull_request", "pull request": "pull_request", "issues": "issue", "comments": "comment",
            "reviews": "review", "pushes": "push", "all": EVERYTHING}  # fmt: skip


def topic_of(event: str) -> str:
    """Return the topic of an event by GitHub's name for it (``issues``); :data:`OTHER` for one of no row."""
    return _BY_EVENT.get(event, OTHER)


def chosen(topics: Sequence[str], event: str) -> bool:
    """Return whether ``topics`` (names, or :data:`EVERYTHING`) hold the event of this name."""
    return EVERYTHING in topics or topic_of(event) in topics


def read_topic(word: str) -> str | None:
    """Return the topic that somebody means by ``word``: its name, a plural, an event's name, ``*``; ``None`` for none."""
    word = word.strip().lower()
    word = _ALIASES.get(word, word)
    return word if word in NAMES or word == EVERYTHING else _BY_EVENT.get(word)
