"""한국어: 워크플로, 검사, 커밋 상태, 배포."""

from __future__ import annotations

from leverframe.core import payload as reading
from leverframe.core.messages import Code, Rich, Text
from leverframe.core.wording.ko.general import general
from leverframe.core.wording.ko.grammar import duration, inside, subject
from leverframe.core.wording.outcomes import commit_link, icon, outcome, run_link, took_s
from leverframe.core.wording.particles import particle
from leverframe.core.wording.phrase import phrase
from leverframe.core.wording.told import Told, linked

_ENDS = {
    "action_required": "사람의 조치를 기다립니다",
    "cancelled": "취소되었습니다",
    "error": "오류로 실패했습니다",
    "failure": "실패했습니다",
    "in_progress": "실행 중입니다",
    "neutral": "판정 없이 끝났습니다",
    "pending": "대기 중입니다",
    "queued": "대기열에 있습니다",
    "requested": "요청되었습니다",
    "skipped": "건너뛰었습니다",
    "stale": "오래되어 만료되었습니다",
    "startup_failure": "시작하지 못했습니다",
    "success": "성공했습니다",
    "timed_out": "시간 초과로 중단되었습니다",
    "waiting": "승인을 기다립니다",
}


def _run(told: Told, noun: str, it: Rich, branch: str) -> Rich:
    """Return how a run stands: where, on which branch, what, how, after how long."""
    stands, seconds = outcome(told), took_s(told)
    return phrase(
        "{icon}{inside}{branch}{it} {noun} {end}{after}",
        icon=icon(stands), inside=inside(told), branch=(Code(branch), Text(" 브랜치에서 ")) if branch else (), it=it,
        noun=noun + particle(noun, "을/를" if stands == "skipped" else "이/가"), end=_ENDS.get(stands, "끝났습니다"), after=f" ({duration(seconds)})" if seconds else "",
    )  # fmt: skip


def workflow_run(told: Told) -> Rich:
    if told.action not in ("requested", "in_progress", "completed"):
        return general(told)
    return _run(told, "워크플로", run_link(told), told.text("workflow_run", "head_branch"))


def workflow_job(told: Told) -> Rich:
    if told.action not in ("queued", "waiting", "in_progress", "completed"):
        return general(told)
    it = told.linked(told.text("workflow_job", "name") or "?", "workflow_job", "html_url")
    return _run(told, "작업", it, told.text("workflow_job", "head_branch"))


def check_run(told: Told) -> Rich:
    it = told.linked(told.text("check_run", "name") or "?", "check_run", "html_url")
    match told.action:
        case "created" | "completed":
            return _run(told, "검사", it, told.text("check_run", "check_suite", "head_branch"))
        case "rerequested":
            return phrase("{who} {inside}{it} 검사를 다시 실행하도록 요청했습니다", who=subject(told), it=it, inside=inside(told))
        case "requested_action":
            wanted = told.named("requested_action", "identifier")
            return phrase(
                "{who} {inside}{it} 검사에 {wanted} 작업을 요청했습니다", who=subject(told), it=it, wanted=wanted, inside=inside(told)
            )
        case _:
            return general(told)


def check_suite(told: Told) -> Rich:
    it = (Text(told.text("check_suite", "app", "name") or "?"),)
    match told.action:
        case "requested" | "completed":
            return _run(told, "검사 모음", it, told.text("check_suite", "head_branch"))
        case "rerequested":
            return phrase("{who} {inside}{it} 검사 모음을 다시 실행하도록 요청했습니다", who=subject(told), it=it, inside=inside(told))
        case _:
            return general(told)


def status(told: Told) -> Rich:
    stands = outcome(told)
    return phrase(
        "{icon}{inside}커밋 {commit}의 {context} 검사가 {end}",
        icon=icon(stands), context=told.linked(told.text("context") or "?", "target_url"), end=_ENDS.get(stands, "보고되었습니다"),
        commit=commit_link(told, "sha"), inside=inside(told, " "),
    )  # fmt: skip


def page_build(told: Told) -> Rich:
    built = told.text("build", "status")
    stands = {"built": "success", "errored": "failure", "building": "in_progress"}.get(built, built)
    return phrase("{icon}{inside}Pages 빌드가 {end}", icon=icon(stands), inside=inside(told), end=_ENDS.get(stands, "끝났습니다"))


def workflow_dispatch(told: Told) -> Rich:
    path = told.text("workflow").rpartition("/")[2]
    ref = told.text("ref").removeprefix("refs/heads/")
    return phrase(
        "{who} {inside}{ref}{it} 워크플로를 시작했습니다",
        who=subject(told), it=Code(path or "?"), ref=(Code(ref), Text(" 브랜치에서 ")) if ref else (), inside=inside(told),
    )  # fmt: skip


def repository_dispatch(told: Told) -> Rich:
    kind = Code(told.text("action") or told.action or "?")
    return phrase("{who} {inside}{kind} 이벤트를 보냈습니다", who=subject(told), kind=kind, inside=inside(told, "에 "))


def deployment(told: Told) -> Rich:
    if told.action not in ("created", ""):  # older Enterprise Servers send none
        return general(told)
    return phrase(
        "🚀 {who} {inside}{ref}배포를 {environment} 환경에 요청했습니다",
        who=subject(told), ref=(*ref, Text(" ")) if (ref := told.shipped()) else (), inside=inside(told), environment=told.named("deployment", "environment"),
    )  # fmt: skip


_DEPLOYMENT_ENDS = {
    "approved": "승인되었습니다",
    "cancelled": "취소되었습니다",
    "error": "오류로 실패했습니다",
    "failure": "실패했습니다",
    "in_progress": "진행 중입니다",
    "inactive": "비활성화되었습니다",
    "pending": "대기 중입니다",
    "queued": "대기열에 있습니다",
    "rejected": "반려되었습니다",
    "skipped": "생략되었습니다",
    "success": "성공했습니다",
    "waiting": "승인을 기다립니다",
}


def deployment_status(told: Told) -> Rich:
    if told.action not in ("created", ""):  # older Enterprise Servers send none
        return general(told)
    stands = outcome(told)
    return phrase(
        "{icon}{inside}{ref}{it}가 {environment} 환경에서 {end}",
        icon=icon(stands), it=linked("배포", told.page), ref=(*ref, Text(" ")) if (ref := told.shipped()) else (), inside=inside(told),
        environment=told.named("deployment", "environment"), end=_DEPLOYMENT_ENDS.get(stands, "변경되었습니다"),
    )  # fmt: skip


def deployment_review(told: Told) -> Rich:
    environment, run = told.environment(), run_link(told)
    match told.action:
        case "requested":
            return phrase("⏸️ {inside}{to} 환경 배포가 승인을 기다립니다: {run}", to=environment, inside=inside(told), run=run)
        case "approved":
            return phrase(
                "✅ {who} {inside}{to} 환경 배포를 승인했습니다: {run}", who=subject(told), to=environment, inside=inside(told), run=run
            )
        case "rejected":
            return phrase(
                "❌ {who} {inside}{to} 환경 배포를 거부했습니다: {run}", who=subject(told), to=environment, inside=inside(told), run=run
            )
        case _:
            return general(told)


def deployment_protection_rule(told: Told) -> Rich:
    if told.action != "requested":
        return general(told)
    return phrase("⏸️ {inside}{to} 환경 배포가 보호 규칙의 판정을 기다립니다", to=told.environment(), inside=inside(told))


def alert(told: Told) -> Rich:
    count = reading.number(told.payload, "alert", "firing") or 0
    it = told.linked(told.text("alert", "title") or "?", "alert", "html_url")
    if told.action == "resolved":
        return phrase("✅ {inside}{it} 경보가 해제되었습니다", it=it, inside=inside(told, "에서 "))
    if told.action != "firing":
        return general(told)
    return phrase("🔥 {inside}{it} 경보가 발생했습니다{count}", it=it, inside=inside(told, "에서 "), count=f" ({count:,}건)" if count > 1 else "")
