"""What the hub did itself, in every format that tells of it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from payloads.occasions import AT, occasion, rendered

from leverframe.core.topics import chosen, read_topic, topic_of
from leverframe.payloads import FORMATS
from leverframe.ports import Accepted
from leverframe.ports.payloads import Occasion, Payload
from leverframe.sources.hub import HubSource

RUN = "https://ci.example.com/job/12"
ABOUT = {"id": "dep_1", "kind": "deploy", "state": "running", "service": "web-app", "environment": "production", "requested_by": "ann", "ref": "main", "run_number": "12", "run_url": RUN}
VOTES = [{"name": "bob", "approves": True, "reason": ""}]


def about(action: str, locale: Any = "en", **more: Any) -> Occasion:
    """Return what happened to a deployment of acme/web."""
    payload = {"action": action, "deployment": ABOUT | more, "repository": {"full_name": "acme/web"}}
    accepted = Accepted(name="lever", action=action, delivery_id="evt_1", repo="acme/web", body=json.dumps(payload).encode())
    return occasion(HubSource().parse(accepted, id=1 << 40, received_at=AT), locale=locale)


@pytest.mark.parametrize(("action", "more", "en", "ko"), [
    ("approval_needed", {"state": "waiting"}, "✋ Approval is needed: web-app → production", "✋ 승인이 필요합니다: web-app → production"),
    ("approved", {"state": "queued", "votes": VOTES}, "👍 Approved: web-app → production by bob", "👍 승인 완료: web-app → production · bob님"),
    ("rejected", {"state": "cancelled", "ended_by": "bob"}, "👎 Rejected: web-app → production by bob", "👎 반려: web-app → production · bob님"),
    ("started", {}, f"🚀 Started: web-app → production <{RUN}|#12>", f"🚀 시작: web-app → production <{RUN}|#12>"),
    ("succeeded", {"state": "succeeded"}, f"✅ Succeeded: web-app → production <{RUN}|#12>", f"✅ 성공: web-app → production <{RUN}|#12>"),
    ("failed", {"state": "failed"}, f"❌ Failed: web-app → production <{RUN}|#12>", f"❌ 실패: web-app → production <{RUN}|#12>"),
    ("cancelled", {"state": "cancelled", "ended_by": "ann"}, "🚫 Cancelled: web-app → production by ann", "🚫 취소: web-app → production · ann님"),
    ("expired", {"state": "expired"}, "⌛ Expired: web-app → production", "⌛ 만료: web-app → production"),
    ("unknown", {"state": "unknown"}, f"❓ Nobody knows how it ended: web-app → production <{RUN}|#12>", f"❓ 어떻게 끝났는지 알 수 없습니다: web-app → production <{RUN}|#12>"),
])  # fmt: skip
def test_each_happening_is_a_line_in_both_languages(action: str, more: dict[str, Any], en: str, ko: str) -> None:
    """The line that stands below its card, for all three formats of text; Google Chat has one thread a deployment."""
    for name in ("text", "slack", "hangout"):
        assert rendered(FORMATS[name], about(action, **more))["text"] == f"[web] {en}"
        assert rendered(FORMATS[name], about(action, "ko", **more))["text"] == f"[web] {ko}"
    assert rendered(FORMATS["hangout"], about(action, **more))["thread"] == {"threadKey": "dep_1"}


def test_what_was_asked_is_told_as_its_card_begins() -> None:
    """Who asked and for which ref stands beside it."""
    said = rendered(FORMATS["slack"], about("asked", state="asked", run_url=None, run_number=""))
    assert said["text"].startswith("[web] 🚀 ") and "web-app → production" in said["text"]


def test_why_it_failed_stands_beside_the_line() -> None:
    """In words, where the format has room for them."""
    said = rendered(FORMATS["slack"], about("failed", state="failed", code="runner_unknown", detail="ci"))
    assert "ci" in said["attachments"][0]["text"]


def test_programs_are_told_what_it_is_and_get_the_deployment_whole() -> None:
    """The type names the happening; GitHub's frame around it has the action and the repository."""
    one = about("approved", votes=VOTES)
    standard, cloud, github = (rendered(FORMATS[name], one) for name in ("standard_webhooks", "cloudevents", "github"))
    assert (standard["type"], standard["data"]["source"], standard["data"]["project"], standard["data"]["subject"]["key"]) == ("lever.approved", "hub", "acme/web", "dep_1")
    assert (cloud["type"], cloud["subject"], cloud["source"]) == ("com.github.lever.approved", "dep_1", "https://hub.example.com/acme/web")
    assert (github["action"], github["repository"]["full_name"]) == ("approved", "acme/web")
    assert standard["data"]["payload"] == cloud["data"] == github and github["deployment"]["votes"] == VOTES
    payload = FORMATS["github"].render(one)
    assert isinstance(payload, Payload) and payload.headers["X-GitHub-Event"] == "lever"


def test_the_topic_is_apart_from_github_s_deployments() -> None:
    """Who chose ``deployment`` hears of each deployment once, as before."""
    assert topic_of("lever") == read_topic("Lever") == "lever"
    assert not chosen(("deployment", "other"), "lever") and chosen(("*",), "lever")
