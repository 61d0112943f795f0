"""Slack's doors over a real server: what people say is taken once, answered in time, and refused in words."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from io import StringIO
from typing import Any

import aiohttp
import pytest
import sqlalchemy as sa
from fakes.slack import TOKEN, FakeSlack
from fakes.slack_app import SIGNING_SECRET, Answered, Request, SlackApp
from listening import serving
from sitting import Clock

from leverframe.chats.slack.inbound import SlackInbound
from leverframe.chats.slack.settings import Settings
from leverframe.core.conversation import Answer, Choice, Field, Form, Heard, Said, Submitted
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.net import Outbound
from leverframe.observe import AccessLog
from leverframe.ports import OptionsWanted
from leverframe.secrets import Secret
from leverframe.store.database import Database
from leverframe.store.tables import audit
from leverframe.web.conversations import Conversations
from leverframe.web.refusals import RefusalLog
from leverframe.web.slack import BODY_CAP, PATHS, SlackDoors

pytestmark = pytest.mark.anyio

DEV = "C000000000X"
FORM = Form(id="deploy", title="Deploy", submit="Deploy", cancel="Cancel", fields=(Field(name="ref", label="Ref", required=False),))


def says(text: str, *, public: bool = False) -> Answer:
    """Return an answer of one line."""
    return Answer(message=Message(headline=(Text(text),)), public=public)


@dataclass
class Hub:
    """The doors of a hub that answers what a test tells it to."""

    url: str
    doors: SlackDoors
    app: SlackApp
    slack: FakeSlack
    log: StringIO
    access: AccessLog
    refusals: RefusalLog
    heard: list[Heard] = field(default_factory=list)
    answers: Callable[[Heard], Awaitable[Answer]] | None = None
    options: tuple[Choice, ...] = ()

    async def converse(self, heard: Heard) -> Answer:
        """Note what was heard; answer it."""
        self.heard.append(heard)
        return await self.answers(heard) if self.answers is not None else says(f"heard {type(heard).__name__}")

    async def ask(self, request: Request) -> Answered:
        """Send a request, and wait until everything is said."""
        answer = await request.to(self.url)
        await self.doors.settled()
        return answer


@pytest.fixture
async def hub(clock: Clock, refusals: RefusalLog) -> AsyncIterator[Hub]:
    """A hub's doors for one Slack app, before a fake workspace with #dev."""
    outbound, log = Outbound(), StringIO()
    made: list[Hub] = []

    async def converse(heard: Heard) -> Answer:
        return await made[0].converse(heard)

    async def options(wanted: OptionsWanted) -> tuple[Choice, ...]:
        return tuple(choice for choice in made[0].options if wanted.typed in choice.value)

    async with FakeSlack(channels=["dev"]) as slack:
        settings = Settings(bot_token=Secret(TOKEN), signing_secrets=[Secret("old"), Secret(SIGNING_SECRET)], api_url=slack.url, team_id="T1")
        conversations = Conversations(converse, locale="en", options=options, expects_form=lambda heard: isinstance(heard, Said) and heard.text == "deploy")
        access = AccessLog(log)
        doors = SlackDoors(
            [SlackInbound("slack", settings, outbound, "en")], conversations,
            refusals=refusals, access=access, clock=clock, locale="en", address_of=lambda client: client[0], patience_s=30.0,
        )  # fmt: skip
        async with serving(doors) as server:
            app = SlackApp(slack, at_s=clock.now().timestamp())
            made.append(Hub(f"http://127.0.0.1:{server.config.port}", doors, app, slack, log, access, refusals))
            yield made[0]
        await doors.settled()
        access.close()
        await outbound.close()


@pytest.mark.parametrize("path", sorted(PATHS))
async def test_all_six_doors_hear(hub: Hub, path: str) -> None:
    """The three doors of Slack's and the three that Hubot had."""
    answer = await hub.ask(hub.app.slash("/deploy web-app staging", path=path))
    assert (answer.status, answer.json["text"], answer.json["response_type"]) == (200, "heard Said", "ephemeral")
    assert answer.headers["content-type"] == "application/json"
    [heard] = hub.heard
    assert isinstance(heard, Said) and heard.text == "deploy web-app staging"


async def test_other_paths_are_not_these_doors(hub: Hub) -> None:
    """What is no door of Slack's is left to the rest of the hub, and without a Slack app there are none."""
    assert not hub.doors.takes("/slack/other") and not hub.doors.takes("/slack/commands/")
    assert hub.doors.takes("/hubot/slack/events")
    hub.doors._chats = ()
    assert not hub.doors.takes("/slack/commands")


async def test_slacks_handshakes(hub: Hub) -> None:
    """The challenge comes back, the check of the certificate is answered, and another method is told which one is taken."""
    challenge = hub.app.sign("/slack/events", b'{"type":"url_verification","challenge":"abc","token":"x"}', "application/json")
    assert (await hub.ask(challenge)).json == {"challenge": "abc"}
    assert (await hub.ask(hub.app.sign("/slack/commands", b"ssl_check=1&token=x"))).status == 200
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{hub.url}/slack/commands?ssl_check=1") as answer:
            assert (answer.status, await answer.read()) == (200, b"")
        async with session.get(f"{hub.url}/slack/commands") as answer:
            assert (answer.status, answer.headers["allow"], (await answer.json(content_type=None))["code"]) == (405, "POST", "method_not_allowed")
    assert hub.heard == []


async def test_clicks_old_buttons_and_forms_are_answered(hub: Hub) -> None:
    """A click by its address, an old button in the body, a form by what becomes of it."""
    click = await hub.ask(hub.app.click("approve~0", "apr_1", channel=DEV))
    assert (click.status, click.body) == (200, b"")
    assert [answer["text"] for answer in hub.slack.answers] == ["heard Clicked"]
    old = await hub.ask(hub.app.interact(hub.app.attachment_clicked("approve", "web-app", channel=DEV)))
    assert (old.json["text"], old.json["replace_original"]) == ("heard Clicked", False)
    unknown = await hub.ask(hub.app.interact({"type": "shortcut", "team": {"id": "T1"}, "user": {"id": "U1"}, "callback_id": "x"}))
    assert (unknown.status, unknown.body) == (200, b"")

    async def form(heard: Heard) -> Answer:
        return Answer(errors={"ref": "no such ref"}) if isinstance(heard, Submitted) else Answer(form=FORM)

    hub.answers = form
    await hub.ask(hub.app.slash("/lever deploy", channel=DEV))
    [opened] = hub.slack.views.values()
    assert opened.updates == 1, "it was open before the answer was known"
    sent = await hub.ask(hub.app.interact(hub.app.submitted(opened, {"ref": "nope"})))
    assert sent.json == {"response_action": "errors", "errors": {"ref": "no such ref"}}


async def test_a_select_is_given_its_options(hub: Hub) -> None:
    """What somebody types picks among what the hub knows."""
    hub.options = (Choice(value="release/1", label="release/1"), Choice(value="main", label="main"))
    view = {"id": "V1", "callback_id": "deploy", "private_metadata": ""}
    asked = {"type": "block_suggestion", "user": hub.app.person("U1"), "team": {"id": "T1"}, "action_id": "ref", "value": "rel", "view": view}
    assert [option["value"] for option in (await hub.ask(hub.app.interact(asked))).json["options"]] == ["release/1"]


async def test_an_event_is_answered_in_the_room_once(hub: Hub) -> None:
    """Slack's retries reach the hub, which knows them by their key; what was said is not said again."""
    mention = hub.app.mention("<@U0BOT> status", channel=DEV)
    for retry in (None, 1, 2, 3):
        answer = await hub.ask(hub.app.event(mention, id="Ev1", retry=retry))
        assert (answer.status, answer.body) == (200, b"")
    assert len(hub.heard) == 4 and {heard.key for heard in hub.heard} == {"slack:T1:event:Ev1"}
    assert [whisper.text for whisper in hub.slack.whispers] == ["heard Said"]


# --- what takes long, and what goes wrong ------------------------------------------------------------------------------


async def test_a_slow_answer_comes_later(hub: Hub) -> None:
    """The request is answered in time whatever the hub is doing; the result comes by the address."""
    hub.doors._patience_s = 0.0
    go = asyncio.Event()

    async def slow(heard: Heard) -> Answer:
        await go.wait()
        return says("done", public=True)

    hub.answers = slow
    slash = await hub.app.slash("/deploy web-app staging", channel=DEV).to(hub.url)
    assert (slash.status, slash.json["response_type"]) == (200, "ephemeral") and "Working on it" in slash.json["text"]
    click = await hub.app.click("approve", channel=DEV).to(hub.url)
    assert (click.status, click.body) == (200, b"")
    assert hub.slack.answers == []
    go.set()
    await hub.doors.settled()
    assert [(said["response_type"], said["text"]) for said in hub.slack.answers] == [("in_channel", "done")] * 2


async def test_a_slow_event_is_asked_for_again(hub: Hub) -> None:
    """What may not be committed yet is not acknowledged: Slack sends it again, and it is answered once."""
    hub.doors._patience_s = 0.0
    go = asyncio.Event()

    async def slow(heard: Heard) -> Answer:
        await go.wait()
        return says("done")

    hub.answers = slow
    event = hub.app.event(hub.app.mention("<@U0BOT> status", channel=DEV), id="Ev1")
    first = await event.to(hub.url)
    assert (first.status, first.json["code"]) == (503, "overloaded")
    go.set()
    await hub.doors.settled()
    hub.doors._patience_s = 30.0
    assert (await hub.ask(event)).status == 200
    assert len(hub.slack.whispers) == 1


async def test_a_refusal_is_told_to_who_asked(hub: Hub) -> None:
    """A slash command's refusal is a 200 that only they see, with the remedy and the code."""

    async def refuse(heard: Heard) -> Answer:
        raise Refused("not_allowed", "ask release")

    hub.answers = refuse
    answer = await hub.ask(hub.app.slash("/deploy web-app production"))
    assert (answer.status, answer.json["response_type"]) == (200, "ephemeral")
    assert "You may not do this. (ask release)" in answer.json["text"] and "notˍallowed" in answer.json["text"].replace("_", "ˍ")


async def test_what_is_not_taken_is_said_and_an_event_comes_again(hub: Hub) -> None:
    """When nothing can be written, a person is told to try again, and an event is left to Slack's retries."""

    async def full(heard: Heard) -> Answer:
        raise Refused("storage_unavailable", retry_after_s=2)

    hub.answers = full
    slash = await hub.ask(hub.app.slash("/deploy web-app staging"))
    assert slash.status == 200 and "nothing was taken" in slash.json["text"]
    event = await hub.ask(hub.app.event(hub.app.mention("<@U0BOT> status", channel=DEV)))
    assert (event.status, event.headers["retry-after"]) == (503, "2")
    assert hub.slack.whispers == []


async def test_a_mistake_of_ours_is_an_answer(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """An exception in the hub is told with an id that the log has, not a 500 that Slack shows as a failed command."""

    async def broken(heard: Heard) -> Answer:
        raise RuntimeError("oops")

    hub.answers = broken
    answer = await hub.ask(hub.app.slash("/deploy web-app staging"))
    assert answer.status == 200 and "made a mistake" in answer.json["text"]
    [record] = caplog.records
    assert record.exc_info is not None and record.args is not None and str(record.args[0]) in answer.json["text"]  # type: ignore[index]
    event = await hub.ask(hub.app.event(hub.app.mention("<@U0BOT> status", channel=DEV)))
    assert event.status == 200 and "made a mistake" in hub.slack.whispers[0].text


async def test_an_answer_that_cannot_be_said_is_logged(hub: Hub, caplog: pytest.LogCaptureFixture) -> None:
    """Slack being away is nobody's loss but the words'; the log says so without an address."""
    hub.slack.mode = "down"
    assert (await hub.ask(hub.app.click("approve", channel=DEV))).status == 200
    assert "could not be said: slack_unavailable" in caplog.text and "/actions/" not in caplog.text


# --- who is not believed -----------------------------------------------------------------------------------------------


def forged(request: Request, **headers: str | None) -> Request:
    """Return a request with other headers."""
    kept = {**dict(request.headers), **headers}
    return Request(request.path, tuple((name, value) for name, value in kept.items() if value is not None), request.body)


async def test_forged_and_replayed_requests_are_refused_and_written_down(hub: Hub, database: Database, clock: Clock) -> None:
    """Each with a code; counted, one entry in the audit a minute, and the commands are not heard."""
    good = hub.app.slash("/deploy web-app production")
    old = SlackApp(at_s=clock.now().timestamp() - 301).slash("/deploy web-app production")
    cases: list[tuple[Request, int, str]] = [
        (forged(good, **{"X-Slack-Signature": None}), 401, "slack_signature_missing"),
        (forged(good, **{"X-Slack-Signature": "v0=" + "0" * 64}), 401, "slack_signature_invalid"),
        (forged(good, **{"X-Slack-Request-Timestamp": "soon"}), 400, "header_invalid"),
        (old, 401, "slack_request_stale"),
        (SlackApp(secret="another", at_s=clock.now().timestamp()).slash("/deploy web-app production"), 401, "slack_signature_invalid"),
        (SlackApp(team="T2", at_s=clock.now().timestamp()).slash("/deploy web-app production"), 403, "slack_team_unknown"),
        (hub.app.sign("/slack/commands", b"nonsense"), 400, "request_invalid"),
        (hub.app.sign("/slack/events", b"{", "application/json"), 400, "request_invalid"),
        (hub.app.sign("/slack/commands", b"x" * (BODY_CAP + 1)), 413, "body_too_large"),
    ]
    for request, status, code in cases:
        answer = await request.to(hub.url)
        assert (answer.status, answer.json["code"], answer.headers["content-type"]) == (status, code, "application/problem+json")
        assert answer.json["remedy"]
    assert hub.heard == []
    await hub.refusals.settled()
    rows = await database.read(lambda connection: connection.execute(sa.select(audit.c.code, audit.c.act, audit.c.target)).all())
    assert {row.code for row in rows} == {code for _, _, code in cases}
    assert {(row.act, row.target) for row in rows} == {("speak", "chat:slack")}


async def test_a_guesser_is_slowed_down_and_slack_is_not(hub: Hub) -> None:
    """After sixty failures in a minute an address is told to wait; what verifies from there is still taken."""
    bad = forged(hub.app.slash("/status"), **{"X-Slack-Signature": "v0=" + "0" * 64})
    for _ in range(61):
        answer = await bad.to(hub.url)
    assert (answer.status, answer.json["code"]) == (429, "rate_limited") and int(answer.headers["retry-after"]) >= 1
    assert (await hub.ask(hub.app.slash("/status"))).status == 200


async def test_a_long_argument_is_answered(hub: Hub) -> None:
    """20,000 characters reach the parser, which says what it thinks of them."""
    answer = await hub.ask(hub.app.slash("/deploy " + "가" * 20_000))
    assert answer.status == 200
    [heard] = hub.heard
    assert isinstance(heard, Said) and len(heard.text) == 20_007


async def test_the_log_has_a_line_and_no_secret(hub: Hub) -> None:
    """Path, status and time; never a body, a trigger or an address."""
    request = hub.app.slash("/deploy web-app staging", channel=DEV)
    await hub.ask(request)
    hub.access.close()
    [line] = hub.log.getvalue().splitlines()
    assert "method=POST path=/slack/commands status=200" in line
    assert isinstance(hub.heard[0], Said) and hub.heard[0].answer_to is not None
    assert hub.heard[0].answer_to.rpartition("/")[2] not in line and "web-app" not in line


async def test_two_apps_share_the_doors(clock: Clock, refusals: RefusalLog) -> None:
    """Each request finds the app whose secret proves it; one that none proves is refused once."""
    outbound, heard = Outbound(), []

    async def converse(said: Heard) -> Answer:
        heard.append(said)
        return says("ok")

    chats = [SlackInbound(name, Settings(signing_secrets=[Secret(name)]), outbound, "en") for name in ("first", "second")]
    access = AccessLog(StringIO())
    doors = SlackDoors(
        chats, Conversations(converse, locale="en"), refusals=refusals, access=access, clock=clock, locale="ko", address_of=lambda client: "192.0.2.7"
    )

    async def ask(secret: str) -> tuple[int, Any]:
        request = SlackApp(secret=secret, at_s=clock.now().timestamp()).slash("/status")
        sent: list[Any] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": request.body, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": request.path, "query_string": b"", "headers": request.raw_headers}
        await doors(scope, receive, send)
        return sent[0]["status"], json.loads(sent[1]["body"])

    assert (await ask("second"))[0] == (await ask("first"))[0] == 200
    assert [said.by.chat for said in heard] == ["second", "first"]
    status, told = await ask("third")
    assert (status, told["code"], told["title"]) == (401, "slack_signature_invalid", "Slack 서명이 본문과 맞지 않습니다.")
    await doors.settled()
    access.close()
    await outbound.close()
