"""Slack, from a real signed request to the last state of the card: a hub as a process, and a Slack that is as strict as Slack."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
from fakes.slack import FakeSlack, Message
from fakes.slack_app import SIGNING_SECRET, Request, SlackApp
from fakes.slack_apps import APP_TOKEN
from services.ports import free_port

from acceptance.processes import Answer, Hub, until

ANN, BOB, EVE = "U0ANN", "U0BOB", "U0EVE"
"""Ann deploys, Bob approves (he is in the user group ``@release``), Eve may do nothing."""
SCOPES = ("commands", "chat:write", "chat:write.public", "channels:read", "groups:read", "users:read", "usergroups:read")
SECTIONS = f"""
signing_secrets = ["env:HUB_TEST_SIGNING"]
team_id = "T1"

[hub.commands_per_minute]
person = 0
room = 0

[runners.pretended]
kind = "simulated"
seconds = 2.0

[services.web-app.environments.staging]
runner = "pretended"

[services.web-app.environments.production]
runner = "pretended"
approvals = {{ required = 1, from = ["release"], self = false }}

[services.shop.environments.staging]
runner = "pretended"

[services.shop.environments.production]
runner = "pretended"
approvals = {{ required = 1, from = ["release"], self = false }}

[services.blog.environments.staging]
runner = "pretended"

[roles.release]
members = ["slack:{ANN}", "slack:@release"]
allow = ["deploy *", "approve *"]
"""
PATIENCE_S = 60


@dataclass
class Team:
    """A hub, and the workspace that speaks to it."""

    hub: Hub
    slack: FakeSlack
    app: SlackApp
    room: str
    """Id of the channel ``#ops``."""

    def start(self) -> None:
        """Start the hub; it knows then who is in which user group."""
        before = self._looks()
        self.hub.start()
        until(lambda: self._looks() > before, PATIENCE_S, self.hub.said)

    def _looks(self) -> int:
        return sum(call.method == "usergroups.list" and call.answer == "ok" for call in self.slack.calls)

    def ask(self, request: Request) -> Answer:
        """Send what Slack would send."""
        return self.hub.ask("POST", request.path, request.body, dict(request.headers))

    def type(self, line: str, user: str = ANN) -> Answer:
        """Type a slash command; the answer came while Slack still waited."""
        began = time.monotonic()
        answer = self.ask(self.app.slash(line, user=user, channel=self.room, name="ops"))
        assert time.monotonic() - began < 3.0 and answer.status == 200, answer
        return answer

    def click(self, card: Message, action: str, user: str) -> Request:
        """Return a click on a button of the card."""
        [button] = [one for block in card.blocks for one in block.get("elements", ()) if one.get("action_id", "").partition("~")[0] == action]
        return self.app.click(button["action_id"], button["value"], user=user, channel=self.room, ts=card.ts)

    def cards(self, words: str) -> list[Message]:
        """Return the messages of the channel itself (not of threads) that say ``words``."""
        return [message for message in self.slack.messages(self.room) if message.thread_ts is None and words in message.text]

    def card(self, words: str) -> Message:
        """Return the one card that says ``words``, once it does."""
        [card] = until(lambda: self.cards(words), PATIENCE_S, lambda: f"no {words!r} in {self.texts()}\n{self.hub.said()}")
        return card

    def becomes(self, card: Message, words: str) -> None:
        """Wait until the card says ``words``."""
        until(lambda: words in card.text, PATIENCE_S, lambda: f"{card.text!r} is not {words!r}\n{self.hub.said()}")

    def texts(self) -> list[str]:
        """Return what stands in the channel."""
        return [message.text for message in self.slack.messages(self.room)]

    def told(self, words: str) -> dict[str, Any]:
        """Return what was said by a ``response_url`` that holds ``words``, once it was."""
        found: list[dict[str, Any]] = until(
            lambda: [answer for answer in self.slack.answers if words in answer["text"]], PATIENCE_S, lambda: f"{words!r} is not in {self.slack.answers}"
        )
        return found[-1]

    def deployments(self, service: str) -> int:
        """Return how many deployments of a service there ever were."""
        answer = self.type(f"/lever history {service}").document
        return json.dumps(answer["blocks"]).count("dep_")


@contextmanager
def team(folder: Path) -> Iterator[Team]:
    """A Slack with ``#ops``, and a hub in Korean that was not started yet."""
    slack = FakeSlack(channels=["ops"], scopes=SCOPES, user_groups={("S0001", "release"): [BOB]}, port=free_port())
    with slack.in_thread():
        hub = Hub(folder, api_url=slack.url, routes=SECTIONS)
        hub.environ["HUB_TEST_SIGNING"] = SIGNING_SECRET
        hub.config.write_text(hub.config.read_text().replace("[hub]\n", '[hub]\nlocale = "ko"\n', 1))
        made = Team(hub, slack, SlackApp(slack), slack._channels["ops"].id)
        try:
            yield made
        finally:
            hub.stop()


@pytest.fixture(scope="module")
def ops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    """A team at work."""
    with team(tmp_path_factory.mktemp("slack")) as made:
        made.start()
        yield made
        assert made.hub.complaints() == []


def test_a_deployment_from_the_command_to_its_end(ops: Team) -> None:
    """The channel sees at once that it was asked for; one card is posted, and edited until it has succeeded."""
    answer = ops.type("/deploy web-app staging").document
    assert (answer["response_type"], answer["text"]) == ("in_channel", "🚀 배포 요청: *web-app* → *staging* 처리 중...")
    card = ops.card("*web-app* → *staging*")
    ops.becomes(card, "✅ 배포 성공: *web-app* → *staging*")
    assert card.edits >= 1 and ops.cards("*web-app* → *staging*") == [card]
    assert {call.method for call in ops.slack.calls if call.answer == "ok"} >= {"chat.postMessage", "chat.update"}


def test_somebody_else_has_to_approve(ops: Team) -> None:
    """Who asked and who may not are told why; a second person's click starts it; clicks that come twice or too late change nothing."""
    before = ops.deployments("web-app")
    ops.type("/deploy web-app production")
    card = ops.card("배포 승인 필요: *web-app* → *production*")
    own = ops.click(card, "approve", ANN)
    assert ops.ask(own).status == 200
    assert ops.told("approval_own")["response_type"] == "ephemeral"
    assert ops.ask(ops.click(card, "approve", EVE)).status == 200
    assert ops.told("권한이 없습니다: `approve web-app production`")["response_type"] == "ephemeral"
    assert "승인 필요" in card.text
    click = ops.click(card, "approve", BOB)
    again = ops.click(card, "approve", BOB)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ops.ask, [click, again, click, again]))
    assert {answer.status for answer in answers} == {200}
    ops.becomes(card, "✅ 배포 성공: *web-app* → *production*")
    assert len([text for text in ops.texts() if "👍" in text]) == 1
    late = ops.app.click("approve~0", _value(click), user=BOB, channel=ops.room, ts=card.ts)
    assert ops.ask(late).status == 200
    assert "✅ 배포 성공" in card.text and ops.deployments("web-app") == before + 1


def _value(click: Request) -> str:
    """Return what the clicked button carries."""
    payload = json.loads(parse_qs(click.body.decode())["payload"][0])
    value: str = payload["actions"][0]["value"]
    return value


def test_what_comes_again_is_answered_again_and_done_once(ops: Team) -> None:
    """A recorded command within Slack's five minutes, at once and one after another, and Slack's retries of an event."""
    request = ops.app.slash("/deploy shop staging", user=ANN, channel=ops.room, name="ops")
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ops.ask, [request] * 4))
    assert {(answer.status, answer.document["text"]) for answer in [*answers, ops.ask(request)]} == {(200, "🚀 배포 요청: *shop* → *staging* 처리 중...")}
    ops.becomes(ops.card("*shop* → *staging*"), "✅")
    mention = ops.app.mention("<@U0BOT> deploy shop staging", user=ANN, channel=ops.room)
    for retry in (None, 1, 2, 3):
        assert ops.ask(ops.app.event(mention, id="Ev0RETRIED", retry=retry)).status == 200
    until(lambda: len(ops.cards("✅ 배포 성공: *shop* → *staging*")) == 2, PATIENCE_S, ops.hub.said)
    assert ops.deployments("shop") == 2


def test_who_is_not_slack_is_refused(ops: Team) -> None:
    """Forged, recorded more than five minutes ago, or of another workspace: problem documents with a code, and nothing is done."""
    before = ops.deployments("shop")
    forged = SlackApp(secret="guessed").slash("/deploy shop staging", user=ANN, channel=ops.room)
    stale = SlackApp(at_s=time.time() - 400).slash("/deploy shop staging", user=ANN, channel=ops.room)
    other = SlackApp(team="T2").slash("/deploy shop staging", user=ANN, channel=ops.room)
    found = [(answer.status, answer.document["code"]) for answer in map(ops.ask, (forged, stale, other))]
    assert found == [(401, "slack_signature_invalid"), (401, "slack_request_stale"), (403, "slack_team_unknown")]
    assert ops.deployments("shop") == before


def test_slacks_own_checks_are_answered(ops: Team) -> None:
    """The address of events and the certificate are looked at by Slack before anybody can say anything."""
    challenge = ops.app.sign("/slack/events", json.dumps({"type": "url_verification", "challenge": "3eZbrw1aB", "token": "t"}).encode(), "application/json")
    assert ops.ask(challenge).document == {"challenge": "3eZbrw1aB"}
    assert ops.hub.ask("GET", "/slack/commands?ssl_check=1").status == 200
    assert ops.ask(ops.app.sign("/slack/commands", b"ssl_check=1&token=t")).status == 200


def test_twenty_thousand_letters_are_answered(ops: Team) -> None:
    """Words without end, in a command, in a mention and in a click, get a clear answer each."""
    for line in (f"/deploy {'x' * 20_000}", f"/deploy shop staging {'가' * 20_000}", f"/lever {'deploy ' * 3_000}"):
        answer = ops.type(line).document
        assert answer["response_type"] == "ephemeral" and 0 < len(answer["text"]) < 3_000, answer["text"][:200]
    assert ops.ask(ops.app.click("approve~0", "x" * 20_000, user=BOB, channel=ops.room)).status == 200
    assert ops.ask(ops.app.event(ops.app.mention(f"<@U0BOT> {'y' * 20_000}", user=ANN, channel=ops.room))).status == 200


@pytest.mark.parametrize("prefix", ["", "/hubot"])
def test_the_doors_that_hubot_had_lead_to_the_same_hub(ops: Team, prefix: str) -> None:
    """Commands, buttons (old ones too, and unknown ones) and events under both names; an app that was Hubot's needs no new addresses."""
    answer = ops.ask(ops.app.slash("/status", user=EVE, channel=ops.room, path=f"{prefix}/slack/commands"))
    assert answer.status == 200 and "web-app" in json.dumps(answer.document, ensure_ascii=False)
    old = ops.app.attachment_clicked("approve", "shop", user=BOB, channel=ops.room)
    assert ops.ask(ops.app.interact(old, path=f"{prefix}/slack/actions")).document["text"]
    unknown = ops.app.attachment_clicked("open_pod_bay_doors", "please", user=BOB, channel=ops.room)
    assert ops.ask(ops.app.interact(unknown, path=f"{prefix}/slack/actions")).status == 200
    event = ops.app.event(ops.app.message("!status", user=ANN, channel=ops.room), path=f"{prefix}/slack/events")
    assert ops.ask(event).status == 200


def test_who_may_not_is_told_alone(ops: Team) -> None:
    """No grant, no act: a refusal is the command's own answer, seen by nobody else, with who could."""
    answer = ops.type("/deploy shop staging", user=EVE).document
    assert answer["response_type"] == "ephemeral" and "release" in json.dumps(answer, ensure_ascii=False)
    assert "release" in json.dumps(ops.type("/lever why", user=EVE).document, ensure_ascii=False)


def test_the_form_opens_and_deploys(ops: Team) -> None:
    """``/deploy`` alone opens a modal; sent, it is the same deployment."""
    ops.type("/deploy")
    opened = until(lambda: [view for view in ops.slack.views.values() if view.updates], PATIENCE_S, ops.hub.said)[-1]
    sent = ops.ask(ops.app.interact(ops.app.submitted(opened, {"service": "blog", "environment": "staging"}, user=ANN)))
    assert sent.status == 200, sent
    until(lambda: ops.deployments("blog") == 1, PATIENCE_S, ops.hub.said)


def test_killed_in_between_it_goes_on(tmp_path: Path) -> None:
    """kill -9 after the command's answer, after the approval and while it runs; what Slack sends again is known, and one card ends well."""
    with team(tmp_path) as ops:
        ops.start()
        request = ops.app.slash("/deploy web-app production", user=ANN, channel=ops.room, name="ops")
        first = ops.ask(request).document["text"]
        ops.hub.kill()
        ops.start()
        assert ops.ask(request).document["text"] == first
        card = ops.card("배포 승인 필요")
        click = ops.click(card, "approve", BOB)
        assert ops.ask(click).status == 200
        ops.hub.kill()
        ops.start()
        assert ops.ask(click).status == 200
        until(lambda: "승인 필요" not in card.text, PATIENCE_S, lambda: f"{ops.texts()}\n{ops.hub.said()}")
        ops.hub.kill()
        ops.start()
        until(lambda: any("✅ 배포 성공" in one.text for one in ops.cards("web-app")), PATIENCE_S, lambda: f"{ops.texts()}\n{ops.hub.said()}")
        assert ops.deployments("web-app") == 1 and ops.hub.complaints() == []


def test_without_a_public_address_all_of_it_comes_over_a_connection_of_the_hubs(tmp_path: Path) -> None:
    """Socket Mode: a command is acknowledged with its answer, deployed, and what is under way is answered before the hub hangs up."""
    with team(tmp_path) as ops:
        ops.hub.config.write_text(ops.hub.config.read_text().replace('signing_secrets = ["env:HUB_TEST_SIGNING"]', 'app_token = "env:HUB_TEST_APP"'))
        ops.hub.environ["HUB_TEST_APP"] = APP_TOKEN
        ops.start()
        in_slack(ops.slack, ops.slack.connected())
        until(lambda: b'leverframe_slack_connected{chat="slack"} 1.0' in ops.hub.ask("GET", "/metrics").body, PATIENCE_S, ops.hub.said)
        assert "Socket Mode: 연결됨" in ops.hub.command("doctor")
        fields = ops.app.slash_fields("/deploy web-app staging", user=ANN, channel=ops.room, name="ops")
        for _ in range(2):
            envelope = in_slack(ops.slack, ops.slack.envelope("slash_commands", fields))
            said = in_slack(ops.slack, ops.slack.acknowledgement(envelope))
            assert (said["response_type"], said["text"]) == ("in_channel", "🚀 배포 요청: *web-app* → *staging* 처리 중...")
        ops.becomes(ops.card("*web-app* → *staging*"), "✅ 배포 성공")
        assert ops.hub.ask("POST", "/slack/commands", b"").status == 404, "there are no doors that nobody needs"
        assert ops.hub.stop() == 0 and ops.hub.complaints() == []
        in_slack(ops.slack, ops.slack.connected(0))


def in_slack(slack: FakeSlack, what: Coroutine[Any, Any, Any]) -> Any:
    """Return what comes of ``what``, run where the workspace runs."""
    assert slack.loop is not None
    return asyncio.run_coroutine_threadsafe(what, slack.loop).result(PATIENCE_S)
