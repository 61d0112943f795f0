"""A pipeline's question in Slack and in Teams at once: two platforms decide at the same instant, the hub dies after the decision, GitHub is busy meanwhile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from fakes import teams_cards
from fakes.github import TOKEN, FakeGitHub
from fakes.slack import Message as SlackMessage
from fakes.teams import BOB, Message
from fakes.teams_app import Request
from services.ports import free_port

from acceptance.processes import Answer, until
from acceptance.test_teams import PATIENCE_S, Team, team

SLACK_ANN = "U0ANN"


@dataclass
class Pipeline:
    """A hub between a workspace, a tenant and GitHub, and a token that may ask."""

    team: Team
    github: FakeGitHub
    token: str

    def ask(self, title: str, **more: Any) -> dict[str, Any]:
        """Ask in both rooms; return what was opened."""
        document = {
            "project": "acme/web", "environment": "production", "title": title, "rooms": ["slack:#ops", f"teams:{self.team.room.id}"],
            "on_approve": {"repository_dispatch": {"event_type": "deploy", "client_payload": {"build": 7}}}, "idempotency_key": title, **more,
        }  # fmt: skip
        answer = self.api("POST", "/api/approvals", document)
        assert answer.status == 201, answer
        opened: dict[str, Any] = answer.document
        return opened

    def api(self, method: str, path: str, document: Any = None) -> Answer:
        """Ask the API."""
        headers = {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        return self.team.hub.ask(method, path, b"" if document is None else json.dumps(document).encode(), headers)

    def in_slack(self, words: str) -> SlackMessage:
        """Return the card of Slack's room that says ``words`` and can be pressed, once it stands there."""
        [found] = until(lambda: [one for one in self.team.slack.messages("ops") if words in one.text and "approve" in str(one.blocks)], PATIENCE_S, lambda: f"{self.team.slack.messages('ops')}\n{self.team.hub.said()}")
        return found

    def in_teams(self, words: str) -> Message:
        """Return the card of Teams' room that says ``words`` and can be pressed, once it stands there."""
        [found] = until(
            lambda: [one for one in self.team.teams.said(self.team.room.id) if words in one.text and list(teams_cards.actions(one.card))], PATIENCE_S,
            lambda: f"{[one.text for one in self.team.teams.messages]}\n{self.team.hub.said()}",
        )  # fmt: skip
        return found

    def click(self, card: SlackMessage, action: str, user: str) -> Any:
        """Return a click in Slack."""
        [button] = [one for block in card.blocks for one in block.get("elements", ()) if one.get("action_id", "").startswith(action)]
        return self.team.slack_app.click(button["action_id"], button["value"], user=user, channel=self.team.slack._channels["ops"].id, ts=card.ts)

    def send(self, request: Any) -> Answer:
        """Send what a chat would send."""
        return self.team.hub.ask("POST", request.path, request.body, dict(request.headers))

    def both_say(self, there: SlackMessage, card: Message, words: str) -> None:
        """Wait until both rooms' cards say ``words``."""
        until(lambda: words in there.text and words in card.text, PATIENCE_S, lambda: f"{there.text!r} {card.text!r}\n{self.team.hub.said()}")


@contextmanager
def pipeline(folder: Path) -> Iterator[Pipeline]:
    """Everything at work."""
    github = FakeGitHub()
    github.port, github.retry_after_s = free_port(), 1
    repository = github.repository("acme/web")
    repository.workflow(on_dispatch="deploy", run_name="Deploy {leverframe.id}")
    with github.in_thread(), team(folder) as made:
        made.hub.environ["HUB_TEST_GITHUB"] = TOKEN
        made.hub.config.write_text(made.hub.config.read_text() + f'\n[github]\ntoken = "env:HUB_TEST_GITHUB"\napi_url = "{github.url}"\n')
        made.hub.start()
        token = json.loads(made.hub.command("tokens", "create", "ci", "--grant", "approvals.ask acme/web *", "--json"))["token"]
        yield Pipeline(made, github, token)
        assert made.hub.complaints() == []


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    """One for all tests that end well."""
    with pipeline(tmp_path_factory.mktemp("gates")) as made:
        yield made


def test_two_platforms_decide_a_gate_at_the_same_instant(world: Pipeline) -> None:
    """Ann says yes in Slack and Bob no in Teams, each of them three times at once: one decision, that everybody hears, and what follows from it once."""
    for number in range(3):
        title = f"Release 1.{number}?"
        before = len(world.github.dispatched)
        opened = world.ask(title)
        assert world.ask(title)["id"] == opened["id"], "the pipeline asks again after a lost answer"
        there, card = world.in_slack(title), world.in_teams(title)
        yes, no = world.click(there, "approve", SLACK_ANN), world.team.app.send(world.team.app.presses(card, "반려", user=BOB))
        with ThreadPoolExecutor(8) as pool:
            waiting = pool.submit(world.api, "GET", f"/api/approvals/{opened['id']}?wait=20")
            answers = [pool.submit(world.send, request) for request in (yes, no, yes, no, yes, no)]
            assert {one.result().status for one in answers} == {200}
            decided = waiting.result().document
        assert decided["decision"] in ("approved", "rejected") and len(decided["decided_by"]) == 1
        world.both_say(there, card, "승인" if decided["decision"] == "approved" else "👎")
        if decided["decision"] == "approved":
            world.both_say(there, card, "🚀")
        assert not {one.get("verb") for one in teams_cards.actions(card.card)} & {"approve", "reject"}
        assert len(world.github.dispatched) - before == (1 if decided["decision"] == "approved" else 0)
        now = world.api("GET", f"/api/approvals/{opened['id']}").document
        assert now["decision"] == decided["decision"] and len(now["votes"]) == 1


def test_the_hub_dies_after_the_decision_while_github_is_busy(tmp_path: Path) -> None:
    """kill -9 with the question open, and again with the decision made: the click that Teams sends again is known, GitHub is asked once it takes it, once."""
    with pipeline(tmp_path) as world:
        hub = world.team.hub
        opened = world.ask("Release 2.0?")
        there, card = world.in_slack("Release 2.0?"), world.in_teams("Release 2.0?")
        until(lambda: json.loads(hub.command("deliveries", "list", "--status", "owed", "--json"))["deliveries"] == [], PATIENCE_S, hub.said)
        hub.kill()
        hub.start()
        world.github.lever_mode = "limited"
        late = world.click(there, "reject", SLACK_ANN)
        pressed: Request = world.team.app.send(world.team.app.presses(card, "승인", user=BOB))
        first = world.send(pressed)
        assert first.status == 200 and "찬성" in first.document["value"], "nobody hears \"approved\" before GitHub has taken it"
        hub.kill()
        hub.start()
        assert world.send(pressed).body == first.body
        assert world.send(late).status == 200
        world.both_say(there, card, "👍")
        assert not world.github.dispatched and world.api("GET", f"/api/approvals/{opened['id']}").document["outcome"] == "accepted"
        world.github.lever_mode = "ok"
        world.both_say(there, card, "🚀")
        run = next(iter(world.github.repositories["acme/web"].runs.values()))
        world.github.finish(run, "success")
        world.both_say(there, card, "✅")
        delayed = [one for one in world.team.teams.said(world.team.room.id) if "다시 시도합니다" in one.text]
        assert len(delayed) == 1, "it is told once, however often it was tried"
        assert len(world.github.dispatched) == 1 and len(world.github.repositories["acme/web"].runs) == 1
        told = world.api("GET", f"/api/approvals/{opened['id']}?until=ended&wait=20").document
        assert (told["decision"], told["outcome"], told["ended"]) == ("approved", "succeeded", True)
