"""A card that a workflow posted to Teams' old connector, in Slack: one address changed, and its buttons work."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes.card_target import CardTarget
from fakes.slack import FakeSlack, Message
from fakes.slack_app import SIGNING_SECRET, Request, SlackApp
from services.ports import free_port

from acceptance.processes import Answer, Hub, until

ANN, EVE = "U0ANN", "U0EVE"
CARD = (Path(__file__).parents[1] / "sources" / "teams" / "fixtures" / "approval__seed.json").read_text()
SECTIONS = f"""
signing_secrets = ["env:HUB_TEST_SIGNING"]
team_id = "T1"

[outbound]
allow = ["127.0.0.1"]

[roles.release]
members = ["slack:{ANN}"]
allow = ["relay pipeline"]
"""
PATIENCE_S = 60


@dataclass
class Team:
    """A hub, its Slack, and what the buttons send to."""

    hub: Hub
    slack: FakeSlack
    app: SlackApp
    target: CardTarget
    address: str
    """Where cards are posted to."""

    @property
    def room(self) -> str:
        """Id of the channel ``#release``."""
        return self.slack._channels["release"].id

    def post(self, card: str) -> Answer:
        """Post a card as the action does."""
        return self.hub.ask("POST", self.address, card.encode(), {"Content-Type": "application/json"})

    def shown(self, words: str) -> Message:
        """Return the message in the channel that says ``words``, once it does."""
        [found] = until(lambda: [one for one in self.slack.messages(self.room) if words in one.text], PATIENCE_S, lambda: f"{self.slack.messages(self.room)}\n{self.hub.said()}")
        message: Message = found
        return message

    def click(self, card: Message, name: str, user: str = ANN) -> Request:
        """Return a click on a button by its name."""
        [button] = [one for block in card.blocks if block["type"] == "actions" for one in block["elements"] if one["text"]["text"] == name]
        return self.app.click(button["action_id"], button["value"], user=user, channel=self.room, ts=card.ts)

    def ask(self, request: Request) -> Answer:
        """Send what Slack would send."""
        return self.hub.ask("POST", request.path, request.body, dict(request.headers))

    def told(self, words: str) -> dict[str, Any]:
        """Return what was said to who clicked."""
        found: list[dict[str, Any]] = until(lambda: [one for one in self.slack.answers if words in one["text"]], PATIENCE_S, lambda: f"{self.slack.answers}\n{self.hub.said()}")
        return found[-1]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team at work; the hub speaks Korean."""
    slack = FakeSlack(channels=["release"], port=free_port())
    with slack.in_thread(), CardTarget().in_thread() as target:
        hub = Hub(tmp_path_factory.mktemp("cards"), api_url=slack.url, routes=SECTIONS)
        hub.environ["HUB_TEST_SIGNING"] = SIGNING_SECRET
        hub.config.write_text(hub.config.read_text().replace("[hub]\n", '[hub]\nlocale = "ko"\n', 1))
        hub.start()
        try:
            issued = json.loads(hub.command("hook-tokens", "create", "pipeline", "--room", "slack:#release", "--json"))
            yield Team(hub, slack, SlackApp(slack), target, f"/teams/incoming/{issued['token']}")
            assert hub.complaints() == []
        finally:
            hub.stop()


def test_the_card_of_the_seed_is_approved_in_slack(team: Team) -> None:
    """It is shown, who may not is refused, who may sends the request, and the card keeps what the function said."""
    team.target.calls.clear()
    team.target.said = "배포를 시작했습니다."
    answer = team.post(CARD.replace("https://functions.example.com", team.target.url))
    assert (answer.status, answer.body) == (200, b"1")
    card = team.shown("배포 승인 요청")
    team.ask(team.click(card, "Approve", EVE))
    assert "relay pipeline" in team.told("권한이 없습니다")["text"] and not team.target.calls
    assert team.ask(team.click(card, "Approve")).status == 200
    assert team.told("배포를 시작했습니다.")["response_type"] == "ephemeral"
    [(path, _, body)] = team.target.calls
    assert path == "/api/approve?code=abc" and json.loads(body) == {"event_type": "release", "client_payload": {"approved": True}}
    until(lambda: "✅ *Approve*" in card.text and "배포를 시작했습니다." in card.text, PATIENCE_S, lambda: card.text)


def test_what_a_button_asks_for_is_a_modal(team: Team) -> None:
    """Filled in, it is sent; the card that the target answers with takes the place of this one."""
    team.target.calls.clear()
    team.target.said, team.target.card = "반려했습니다.", {"title": "반려되었습니다", "themeColor": "FF0000", "text": "x"}
    team.post(CARD.replace("https://functions.example.com", team.target.url).replace("배포 승인 요청", "두 번째"))
    card = team.shown("두 번째")
    team.ask(team.click(card, "Reject…"))
    opened = until(lambda: list(team.slack.views.values()), PATIENCE_S, team.hub.said)[-1]
    team.ask(team.app.interact(team.app.submitted(opened, {"i0": 'no "good"', "i2": "b"}, user=ANN)))
    until(lambda: team.target.calls, PATIENCE_S, team.hub.said)
    assert json.loads(team.target.calls[0][2]) == {"why": 'no "good"'}
    until(lambda: card.text.startswith("🔴 *반려되었습니다*"), PATIENCE_S, lambda: f"{card.text}\n{team.hub.said()}")


def test_a_picture_that_slack_cannot_fetch_costs_no_card(team: Team) -> None:
    """What can be shown is a picture, in the card's place; where Slack refuses the message for one, all are links."""
    team.slack.no_images = {"https://example.com/gone.png"}
    pictures = [{"image": "https://example.com/a.png", "title": "차트"}]
    team.post(json.dumps({"title": "그림 하나", "sections": [{"images": pictures}]}))
    shown = team.shown("그림 하나")
    assert shown.blocks[1] == {"type": "image", "image_url": "https://example.com/a.png", "alt_text": "차트"}
    team.post(json.dumps({"title": "그림 둘", "sections": [{"images": [*pictures, {"image": "https://example.com/gone.png"}]}]}))
    linked = team.shown("그림 둘")
    assert [block["text"]["text"] for block in linked.blocks[1:]] == ["<https://example.com/a.png|🖼 차트>", "<https://example.com/gone.png|🖼 이미지>"]
