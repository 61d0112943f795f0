"""Microsoft Teams, from a real signed request to the last state of the card: a hub as a process, a Teams as strict as Teams, and Slack beside it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import teams_cards
from fakes.slack import FakeSlack
from fakes.slack_app import SIGNING_SECRET, SlackApp
from fakes.teams import ANN, APP, BOB, EVE, SECRET, TENANT, Conversation, FakeTeams, Message, mri
from fakes.teams_app import OUTGOING_SECRET, Request, TeamsApp
from services.ports import free_port

from acceptance.processes import Answer, Hub, until

SLACK_BOB = "U0BOB"
PATIENCE_S = 60


def sections(teams: FakeTeams) -> str:
    """Return a configuration: Ann deploys from Teams, Bob approves from either platform as one person, Eve may do nothing."""
    return f"""
signing_secrets = ["env:HUB_TEST_SIGNING"]
team_id = "T1"

[chats.teams]
app_id = "{APP}"
app_password = "env:HUB_TEST_APP_PASSWORD"
tenant_ids = ["{TENANT}"]
service_url = "{teams.service}"
login_url = "{teams.url}/login/"
openid_url = "{teams.url}/v1/.well-known/openidconfiguration"
posts_per_second = 0

[chats.teams.outgoing]
ask = "env:HUB_TEST_OUTGOING"

[hub.commands_per_minute]
person = 0
room = 0

[runners.pretended]
kind = "simulated"
seconds = 2.0

[services.web-app]
rooms = ["slack:#ops"]

[services.web-app.environments.staging]
runner = "pretended"

[services.web-app.environments.production]
runner = "pretended"
approvals = {{ required = 1, from = ["release"], self = false }}

[people.bob]
identities = ["teams:{BOB}", "slack:{SLACK_BOB}"]

[people.ann]
identities = ["teams:{ANN}", "slack:U0ANN"]

[roles.release]
members = ["person:ann", "teams:{ANN}", "teams:{BOB}"]
allow = ["deploy *", "approve *", "reject *"]
"""


@dataclass
class Team:
    """A hub, the tenant and the workspace that speak to it."""

    hub: Hub
    teams: FakeTeams
    app: TeamsApp
    slack: FakeSlack
    slack_app: SlackApp
    room: Conversation

    def ask(self, request: Request | dict[str, Any]) -> Answer:
        """Send what Teams would send; the answer comes while Teams still waits."""
        sent = self.app.send(request) if isinstance(request, dict) else request
        began = time.monotonic()
        answer = self.hub.ask("POST", sent.path, sent.body, dict(sent.headers))
        assert time.monotonic() - began < 10.0
        return answer

    def says(self, words: str, user: str = ANN) -> None:
        """Mention the bot in the room."""
        answer = self.ask(self.app.says(self.room, words, user=user))
        assert answer.status == 200, answer

    def told(self, words: str, only_for: str | None = None) -> Message:
        """Return the last message of the room that says ``words``, once it does."""
        found: list[Message] = until(
            lambda: [one for one in self.teams.said(self.room.id) if words in one.text and one.only_for == only_for], PATIENCE_S,
            lambda: f"no {words!r} in {[(one.text, one.only_for) for one in self.teams.messages]}\n{self.hub.said()}",
        )  # fmt: skip
        return found[-1]

    def history(self) -> str:
        """Return what the outgoing webhook answers to ``history web-app``."""
        document = self.ask(self.app.outgoing(self.room, "history web-app", name="ask")).document
        return teams_cards.words(document["attachments"][0]["content"])

    def becomes(self, card: Message, words: str) -> None:
        """Wait until the card says ``words``."""
        until(lambda: words in card.text, PATIENCE_S, lambda: f"{card.text!r} is not {words!r}\n{self.hub.said()}")


@contextmanager
def team(folder: Path) -> Iterator[Team]:
    """A tenant with a channel, a workspace with ``#ops``, and a hub in Korean that was not started yet."""
    slack, teams = FakeSlack(channels=["ops"], port=free_port()), FakeTeams(port=free_port())
    with slack.in_thread(), teams.in_thread():
        hub = Hub(folder, api_url=slack.url, routes=sections(teams))
        hub.environ |= {"HUB_TEST_SIGNING": SIGNING_SECRET, "HUB_TEST_APP_PASSWORD": SECRET, "HUB_TEST_OUTGOING": OUTGOING_SECRET}
        hub.config.write_text(hub.config.read_text().replace("[hub]\n", '[hub]\nlocale = "ko"\n', 1))
        try:
            yield Team(hub, teams, TeamsApp(teams), slack, SlackApp(slack), teams.channel("ops"))
        finally:
            hub.stop()


@pytest.fixture(scope="module")
def ops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team at work."""
    with team(tmp_path_factory.mktemp("teams")) as made:
        made.hub.start()
        yield made
        assert made.hub.complaints() == []


def test_a_deployment_from_the_mention_to_its_end(ops: Team) -> None:
    """The channel sees at once that it was asked for; one card is posted, and edited until it has succeeded; Slack's room sees the same."""
    ops.says("deploy web-app staging")
    assert ops.told("🚀 배포 요청: web-app → staging 처리 중").only_for is None
    card = ops.told("배포")
    until(lambda: any("✅ 배포 성공: web-app → staging" in one.text and one.edits for one in ops.teams.said(ops.room.id)), PATIENCE_S, ops.hub.said)
    assert card is not None
    until(lambda: any("✅ 배포 성공: *web-app* → *staging*" in one.text for one in ops.slack.messages("ops")), PATIENCE_S, ops.hub.said)


def test_two_platforms_decide_at_the_same_instant(ops: Team) -> None:
    """Bob approves in Slack and rejects in Teams at once: one outcome, told to both clicks, and both cards are right in the end."""
    before = ops.history().count("dep_")
    ops.says("deploy web-app production")
    card = ops.told("배포 승인 필요: web-app → production")
    [there] = until(lambda: [one for one in ops.slack.messages("ops") if "배포 승인 필요" in one.text], PATIENCE_S, ops.hub.said)
    own = ops.ask(ops.app.presses(card, "승인"))
    assert "approval_own" in own.document["value"] or "직접" in own.document["value"], own.document
    assert "권한이 없습니다" in ops.ask(ops.app.presses(card, "승인", user=EVE)).document["value"]
    [button] = [one for block in there.blocks for one in block.get("elements", ()) if one.get("action_id", "").startswith("approve")]
    click = ops.slack_app.click(button["action_id"], button["value"], user=SLACK_BOB, channel=ops.slack._channels["ops"].id, ts=there.ts)
    pressed = ops.app.send(ops.app.presses(card, "승인", user=BOB))
    with ThreadPoolExecutor(4) as pool:
        asked = [pool.submit(ops.hub.ask, "POST", click.path, click.body, dict(click.headers))]
        asked += [pool.submit(ops.ask, pressed) for _ in range(3)]
        answers = [one.result() for one in asked]
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers[1:]}) == 1, "what comes again is answered as before"
    ops.becomes(card, "✅ 배포 성공: web-app → production")
    until(lambda: "✅ 배포 성공: *web-app* → *production*" in there.text, PATIENCE_S, ops.hub.said)
    late = ops.ask(ops.app.presses(Message(card.id, card.conversation, _with(card, button), card.thread), "승인", user=BOB))
    assert late.status == 200 and "✅ 배포 성공" in card.text
    assert ops.history().count("dep_") == before + 1


def test_each_person_sees_the_buttons_that_they_may_press(ops: Team) -> None:
    """Who asked may only say no, who may approve may, who may nothing sees none; after the decision nobody does. A card is shown in its own room only."""

    def titles(user: str, card: Message, **changes: Any) -> list[str]:
        answer = ops.ask(ops.app.looks(card, user=user, **changes))
        assert answer.status == 200 and answer.document["type"] == teams_cards.CARD, answer
        shown = answer.document["value"]
        assert teams_cards.card_refusal(shown, clicks=True) is None and "web-app → production" in teams_cards.words(shown) and shown.get("refresh", card.card["refresh"]) == card.card["refresh"]
        return [one["title"] for one in teams_cards.actions(shown)]

    ops.says("deploy web-app production")
    card = ops.told("배포 승인 필요: web-app → production")
    assert {one["title"] for one in teams_cards.actions(card.card)} == {"승인", "반려", "취소"}, "whom Teams does not ask for sees all of them"
    until(lambda: titles(BOB, card) == ["승인", "반려"], PATIENCE_S, ops.hub.said)  # once it is on disk where the card stands
    assert titles(ANN, card) == ["반려"] and titles(EVE, card) == []
    elsewhere = Message(card.id, ops.teams.channel("elsewhere").id, card.activity)
    for message, changes in ((elsewhere, {}), (Message("1", card.conversation, card.activity), {}), (card, {"delivery": "dlv_0000000000001"}), (card, {"delivery": "x"})):
        answer = ops.ask(ops.app.looks(message, user=BOB, **changes))
        assert (answer.status, answer.document["type"], answer.document["statusCode"]) == (200, "application/vnd.microsoft.error", 404)
    assert ops.ask(ops.app.presses(card, "반려", user=BOB)).status == 200
    ops.becomes(card, "반려")
    until(lambda: "refresh" not in card.card, PATIENCE_S, ops.hub.said)


def _with(card: Message, button: dict[str, Any]) -> dict[str, Any]:
    """Return the card as somebody still sees it who looks at an old copy."""
    old = {"type": "ActionSet", "actions": [{"title": "승인", "verb": "approve", "data": {"action": "approve", "value": button["value"]}}]}
    return {"attachments": [{"content": {**card.card, "body": [*card.card["body"], old]}}]}


def test_who_may_not_is_told_alone(ops: Team) -> None:
    """No grant, no act: the refusal is for their eyes only."""
    ops.says("deploy web-app staging", user=EVE)
    assert "권한이 없습니다" in ops.told("권한이 없습니다", only_for=mri(EVE)).text


def test_an_outgoing_webhook_asks_and_does_not_act(ops: Team) -> None:
    """What it says it is proves nothing: status is answered in the channel, a deployment is refused, and both names stand in the audit as they are."""
    before = ops.history().count("dep_")
    status = ops.ask(ops.app.outgoing(ops.room, "status", name="ask"))
    assert status.status == 200 and "web-app" in json.dumps(status.document)
    refused = ops.ask(ops.app.outgoing(ops.room, "deploy web-app staging", name="ask"))
    assert "identity_unproven" in json.dumps(refused.document) and ops.history().count("dep_") == before
    assert f"teams:unproven/{ANN}" in ops.hub.command("audit", "list", "--json")


def test_the_form_deploys(ops: Team) -> None:
    """``deploy`` alone sends a form to who asked; filled in, it is the same deployment, in the room that it was asked in."""
    ops.says("deploy")
    form = until(lambda: [one for one in ops.teams.said(ops.room.id) if one.only_for == mri(ANN) and "field.service" in json.dumps(one.card)], PATIENCE_S, ops.hub.said)[-1]
    [submit] = [action["title"] for element in form.card["body"] for action in element.get("actions", [])]
    before = len([one for one in ops.teams.said(ops.room.id) if "web-app → staging" in one.text])
    answer = ops.ask(ops.app.presses(form, submit, service="web-app", environment="staging"))
    assert answer.document["type"] == "application/vnd.microsoft.card.adaptive"
    until(lambda: len([one for one in ops.teams.said(ops.room.id) if "web-app → staging" in one.text]) > before, PATIENCE_S, ops.hub.said)


def test_killed_in_between_it_goes_on(tmp_path: Path) -> None:
    """kill -9 after the question and after the decision; what Teams brings again is known; Teams throttles meanwhile; one card ends well."""
    with team(tmp_path) as ops:
        ops.hub.start()
        asked = ops.app.send(ops.app.says(ops.room, "deploy web-app production"))
        assert ops.ask(asked).status == 200
        ops.hub.kill()
        ops.hub.start()
        assert ops.ask(asked).status == 200
        card = ops.told("배포 승인 필요")
        pressed = ops.app.send(ops.app.presses(card, "승인", user=BOB))
        first = ops.ask(pressed)
        assert first.status == 200
        ops.teams.next_modes.extend(["limited", "precondition", "gateway", "limited"])
        ops.hub.kill()
        ops.hub.start()
        assert ops.ask(pressed).body == first.body
        until(lambda: any("✅ 배포 성공" in one.text for one in ops.teams.said(ops.room.id)), 30, lambda: f"{[one.text for one in ops.teams.messages]}\n{ops.hub.said()}")
        assert ops.history().count("dep_") == 1 and len([one for one in ops.teams.said(ops.room.id) if "✅ 배포 성공" in one.text]) == 1
        assert ops.hub.complaints() == []
