"""Lines, clicks and forms of the playground's page become what a hub hears, and its answers what the page shows; nothing forged does."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import urlencode

import pytest
from sitting import Doors

from leverframe.chats.playground.feed import Feed
from leverframe.chats.playground.inbound import Talk
from leverframe.core.access import Identity
from leverframe.core.commands.builtin import BUILT_IN
from leverframe.core.commands.definitions import Known
from leverframe.core.commands.forms import form_for
from leverframe.core.commands.helping import complete
from leverframe.core.conversation import Answer, Asker, Clicked, Heard, Said, Submitted
from leverframe.core.errors import Refused
from leverframe.core.messages import Message, Text
from leverframe.store.playground import PlaygroundMessages
from leverframe.web.conversations import Conversations
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door
from leverframe.web.guard import Guard
from leverframe.web.playground import Playground
from leverframe.web.playground import doors as playground_doors
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site

pytestmark = pytest.mark.anyio

OWN_PAGE = {"origin": "http://127.0.0.1:8080"}
KNOWN = Known(services={"web-app": ("staging", "production")})
EVERYTHING = Identity(kind="person", name="ann", grants=("*",))
CLICK = {"name": "ann", "room": "#dev", "thread": None, "message": None, "rendering": "r", "attempt": 0, "action": "approve", "value": "dep_1"}
FORM = {
    "name": "ann", "room": "#dev", "thread": None, "form": "deploy", "context": "", "opening": "o", "attempt": 0, "fields": {"service": "web-app"},
}  # fmt: skip


class Hub:
    """The playground's doors, and a hub behind them that notes what it hears and answers as a test wants."""

    def __init__(self, desk: Desk, refusals: RefusalLog, doors: Doors) -> None:
        self.heard: list[Heard] = []
        self.answer: Answer | Exception = Answer(message=Message(headline=(Text("psst <b>"),)))
        self.conversations = Conversations(self._converse, locale="en")
        talk = Talk(PlaygroundMessages(desk.database), Feed(), desk.clock, rooms=["#dev"])
        self.playground = Playground(
            talk=talk, clock=desk.clock, locale="en", timezone="Asia/Seoul", conversations=self.conversations, commands=BUILT_IN, complete=self._complete
        )
        table = [
            Door(method=method, path=path, permission="playground", limit=SIGNED_IN, body_cap=65536 if method == "POST" else 0, handler=handler)
            for method, path, handler in playground_doors(self.playground)
        ]
        self.app = doors.app = build_site(table, Guard(desk, refusals))
        self.ask, self.completing = doors.ask, list[Asker]()

    async def _converse(self, heard: Heard) -> Answer:
        self.heard.append(heard)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    def _complete(self, by: Asker, text: str) -> tuple[str, ...]:
        self.completing.append(by)
        return complete(text, BUILT_IN, KNOWN, EVERYTHING)

    async def post(self, door: str, document: Any, headers: dict[str, str] = OWN_PAGE, **more: Any) -> Any:
        answer = await self.ask("POST", f"/playground/{door}", headers=headers, document=document, **more)
        await self.conversations.settled()
        return answer

    async def say(self, text: str, **more: Any) -> Any:
        return await self.post("messages", {"room": "#dev", "name": "ann", "text": text} | more)

    async def texts(self) -> list[str]:
        found = (await self.ask("GET", "/playground/messages?room=%23dev")).json["messages"]
        return [message["message"]["headline"][0]["text"] for message in found]


@pytest.fixture
def hub(desk: Desk, refusals: RefusalLog, doors: Doors) -> Hub:
    return Hub(desk, refusals, doors)


async def test_a_line_for_the_hub_is_kept_heard_and_answered(hub: Hub) -> None:
    """The page gets the message and what only its reader sees, in one answer; the room holds the line alone."""
    said = await hub.say("/status web-app")
    assert said.status == 201
    [heard] = hub.heard
    assert isinstance(heard, Said) and (heard.text, heard.by.actor, heard.key) == ("status web-app", "playground:ann", said.json["message"]["id"])
    assert said.json["answer"]["whisper"]["message"]["headline"] == [{"kind": "text", "text": "psst <b>"}]
    assert await hub.texts() == ["/status web-app"]


async def test_talk_is_not_given_to_the_hub(hub: Hub) -> None:
    """What carries no mark is kept and answered by nobody."""
    assert (await hub.say("status, anybody?")).json["answer"] is None
    assert hub.heard == []


async def test_a_public_answer_stands_in_the_room(hub: Hub) -> None:
    """It is a message for everybody, and not shown a second time to who asked."""
    hub.answer = Answer(message=Message(headline=(Text("🚀"),)), public=True)
    assert (await hub.say("/deploy web-app staging")).json["answer"]["whisper"] is None
    assert await hub.texts() == ["/deploy web-app staging", "🚀"]


@pytest.mark.parametrize("text", ["/frobnicate", "/" + "x" * 3999, "!deploy \u202e\ud800", "@leverframe '\"`$(reboot)", "/deploy \0"])
async def test_hostile_lines_reach_the_hub_as_text(hub: Hub, text: str) -> None:
    """Whatever somebody types is kept and heard as they typed it; nothing of it is an error of the hub's."""
    assert (await hub.say(text)).status == 201
    assert isinstance(hub.heard[0], Said)


async def test_a_line_of_twenty_thousand_characters_is_refused(hub: Hub) -> None:
    """The refusal names the limit, and nothing is heard or kept."""
    answer = await hub.say("/deploy " + "x" * 20_000)
    assert answer.code == "request_invalid" and "text" in answer.json["detail"]
    assert (hub.heard, await hub.texts()) == ([], [])


async def test_a_refusal_of_the_hub_is_told_to_who_asked(hub: Hub) -> None:
    """A refusal comes as words with its remedy and code, a mistake of the hub's as one with an id; neither loses the line."""
    for raised, code in ((Refused("storage_unavailable"), "storage_unavailable"), (RuntimeError("boom"), "internal")):
        hub.answer = raised
        whisper = (await hub.say("/status")).json["answer"]["whisper"]
        assert whisper["message"]["tone"] == "warning"
        assert whisper["message"]["blocks"][-1] == {"kind": "footer", "content": [{"kind": "code", "text": code}]}
    assert await hub.texts() == ["/status", "/status"]


async def test_a_click_is_heard_with_its_card(hub: Hub) -> None:
    """Action, value, who and where reach the hub; the answer comes back to the page."""
    card = (await hub.say("a card")).json["message"]["id"]
    answer = await hub.post("actions", CLICK | {"message": card})
    assert answer.json["answer"]["whisper"]["message"]["headline"][0]["text"] == "psst <b>"
    [heard] = hub.heard
    assert isinstance(heard, Clicked)
    assert (heard.action, heard.value, heard.message, heard.by.actor, heard.at.destination) == ("approve", "dep_1", card, "playground:ann", "playground:#dev")


async def test_two_clicks_at_once_are_one(hub: Hub) -> None:
    """Both carry one key, so that the hub does it once, and a public answer is said once."""
    hub.answer = Answer(message=Message(headline=(Text("👍"),)), public=True)
    answers = await asyncio.gather(hub.post("actions", CLICK), hub.post("actions", CLICK))
    assert [answer.status for answer in answers] == [200, 200]
    assert len({heard.key for heard in hub.heard}) == 1
    assert await hub.texts() == ["👍"]


async def test_a_form_opens_and_is_sent(hub: Hub) -> None:
    """The form that a command alone opens is described field by field; what was filled in is heard, and errors come back by field."""
    hub.answer = Answer(form=form_for(BUILT_IN.commands[0], BUILT_IN, KNOWN, EVERYTHING, "ko"))
    form = (await hub.say("/deploy")).json["answer"]["form"]
    assert (form["id"], form["title"], form["cancel"]) == ("deploy", "배포", "닫기")
    assert [(field["name"], field["required"], [choice["value"] for choice in field["choices"]]) for field in form["fields"]][:3] == [
        ("service", True, ["web-app"]), ("environment", True, ["staging", "production"]), ("ref", False, []),
    ]  # fmt: skip
    hub.answer = Answer(errors={"ref": "no such branch"})
    answer = await hub.post("forms", FORM | {"form": form["id"], "opening": form["opening"], "fields": {"service": "web-app", "ref": "줄\ud800"}})
    assert answer.json["answer"]["errors"] == {"ref": "no such branch"}
    heard = hub.heard[-1]
    assert isinstance(heard, Submitted) and (heard.form, heard.fields) == ("deploy", {"service": "web-app", "ref": "줄?"})


@pytest.mark.parametrize(("door", "whole", "changed"), [
    *(("actions", CLICK, {key: wrong}) for key in CLICK for wrong in (7.5, [], {"a": 1}, True)),
    *(("forms", FORM, {key: wrong}) for key in FORM for wrong in (7.5, [], {"a": 1}, True)),
    ("actions", CLICK, {"attempt": -1}), ("actions", CLICK, {"attempt": 10**7}), ("actions", CLICK, {"value": "v" * 20_000}), ("actions", CLICK, {"room": "#x"}),
    ("forms", FORM, {"fields": {"a": None}}), ("forms", FORM, {"fields": {"\ud800": 1}}), ("forms", FORM, {"name": "n" * 41}), ("forms", FORM, {"name": "\x07"}),
])  # fmt: skip
async def test_what_is_no_click_and_no_form_is_refused(hub: Hub, door: str, whole: dict[str, Any], changed: dict[str, Any]) -> None:
    """Each wrong part is a 400 that names it; the hub hears nothing."""
    assert (await hub.post(door, whole | changed)).code == "request_invalid"
    assert hub.heard == []


@pytest.mark.parametrize("door", ["messages", "actions", "forms"])
async def test_another_site_cannot_speak(hub: Hub, door: str) -> None:
    """Without the page's own origin, through a rebound name or as a form, nothing is heard."""
    document = {"messages": {"room": "#dev", "name": "ann", "text": "/deploy"}, "actions": CLICK, "forms": FORM}[door]
    for headers in ({}, {"origin": "https://evil.example"}, {"origin": "null"}, {**OWN_PAGE, "host": "evil.example:8080"}, {**OWN_PAGE, "x-forwarded-for": "1.2.3.4"}):
        assert (await hub.post(door, document, headers)).code == "sign_in_required"
    assert (await hub.ask("POST", f"/playground/{door}", headers=OWN_PAGE, form={"name": "ann"})).code == "request_invalid"
    assert hub.heard == []


async def test_nobody_speaks_under_a_tokens_name(hub: Hub) -> None:
    """In an open playground names are free, but those of tokens: a role that one holds is nobody else's."""
    for name in ("token:deployer", " TOKEN:deployer"):
        for door, document in (("messages", {"room": "#dev", "text": "/deploy"}), ("actions", CLICK), ("forms", FORM)):
            assert "token:" in (await hub.post(door, document | {"name": name})).json["detail"]
    assert hub.heard == []


async def test_who_is_signed_in_acts_as_themselves(hub: Hub, doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """Whatever name a request gives, the hub hears the one who is signed in, and only with the session's token."""
    site = hub.app
    ann = await Doors(desk, refusals).signed_in("ann")
    doors.app = site
    elsewhere = {"host": "hub.example.com"}
    for door, document in (("messages", {"room": "#dev", "text": "/deploy", "name": "boss"}), ("actions", CLICK | {"name": "boss"}), ("forms", FORM | {"name": "boss"})):
        assert (await hub.post(door, document, elsewhere, visitor=ann)).status in (200, 201)
    assert {heard.by.actor for heard in hub.heard} == {"playground:ann"}


async def test_commands_are_offered_with_usage_and_summary(hub: Hub) -> None:
    """The first word's offers carry both in the reader's language; later ones are words beside the command's usage."""
    async def offered(text: str, **headers: str) -> Any:
        return (await hub.ask("GET", f"/playground/completions?{urlencode({'text': text, 'name': 'ann'})}", headers=headers)).json

    found = await offered("/ro", **{"accept-language": "ko"})
    assert found == {"offers": [{"word": "rollback", "usage": BUILT_IN.commands[2].usage(""), "summary": "마지막으로 성공한 배포로 되돌리고 레인을 잠급니다."}], "usage": None}
    found = await offered("!deploy web-app p")
    assert found["offers"] == [{"word": "production"}] and found["usage"].startswith("deploy SERVICE ENV [REF]")
    assert len((await offered("/"))["offers"]) == len(BUILT_IN.commands)
    for talk in ("deploy", "", "hello /dep", "/" + "x" * 5000):
        assert (await offered(talk))["offers"] == []
    assert {by.actor for by in hub.completing} == {"playground:ann"}


async def test_a_hub_without_levers_offers_nothing(hub: Hub) -> None:
    """Where nothing takes commands, lines are talk, nothing is completed, and the page suggests none."""
    hub.playground.conversations = hub.playground.complete = None
    assert (await hub.say("/deploy")).json["answer"] is None
    assert (await hub.ask("GET", "/playground/completions?text=%2F&name=ann")).json == {"offers": [], "usage": None}
    for door, document in (("actions", CLICK), ("forms", FORM)):
        assert (await hub.post(door, document)).code == "action_unknown"
    assert "data-try" not in (await hub.ask("GET", "/playground")).text
