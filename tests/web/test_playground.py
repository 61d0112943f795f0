"""The playground's doors: the page, the stream, what people say and click, and the sample events."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Mapping
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sitting import Doors

from leverframe.chats.playground.feed import LISTENERS, Feed
from leverframe.chats.playground.inbound import Talk
from leverframe.chats.playground.send import PlaygroundChat
from leverframe.chats.playground.settings import Settings
from leverframe.core.messages import Message, Text
from leverframe.net import Answer
from leverframe.ports import Posting
from leverframe.samples import names
from leverframe.secrets import Secret
from leverframe.store import people
from leverframe.store.playground import PlaygroundMessages
from leverframe.web import assets
from leverframe.web.credentials import COOKIE
from leverframe.web.desk import Desk
from leverframe.web.doors import SIGNED_IN, Door
from leverframe.web.guard import Guard
from leverframe.web.playground import Playground, Samples
from leverframe.web.playground import doors as playground_doors
from leverframe.web.playground.page import render
from leverframe.web.playground.words import WORDS
from leverframe.web.refusals import RefusalLog
from leverframe.web.site import build_site

pytestmark = pytest.mark.anyio
OWN_PAGE = {"origin": "http://127.0.0.1:8080"}


class DoorOfTheHub:
    """Answers as the hub's own door does, and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[tuple[str, Mapping[str, str], Any]] = []

    async def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        seen = any(headers["X-GitHub-Delivery"] == earlier["X-GitHub-Delivery"] for _, earlier, _ in self.got)
        self.got.append((url, headers, json.loads(body)))
        return Answer(202, {}, json.dumps({"id": "evt_0000000000001", "duplicate": seen}).encode(), 0.004)


class Room:
    """The playground's doors behind the guard."""

    def __init__(self, desk: Desk, refusals: RefusalLog, doors: Doors) -> None:
        store, self.feed, self.door = PlaygroundMessages(desk.database), Feed(), DoorOfTheHub()
        self.chat = PlaygroundChat("playground", Settings(), store, self.feed, desk.clock)
        talk = Talk(store, self.feed, desk.clock, rooms=["#dev"])
        samples = Samples(post=self.door, url="http://127.0.0.1:8080", source="github", secret=Secret("s"))
        self.playground = Playground(talk=talk, clock=desk.clock, locale="ko", timezone="Asia/Seoul", samples=samples, beat_s=60)
        self.table = [
            Door(method=method, path=path, permission="playground", limit=SIGNED_IN, body_cap=65536 if method == "POST" else 0, handler=handler)
            for method, path, handler in playground_doors(self.playground)
        ]
        doors.app = build_site([*self.table, *assets.doors()], Guard(desk, refusals))
        self.app, self.ask = doors.app, doors.ask

    async def say(self, **said: Any) -> Any:
        return await self.ask("POST", "/playground/messages", headers=OWN_PAGE, document={"room": "#dev", "name": "ann", "text": "hello"} | said)

    async def post(self, text: str, **more: Any) -> None:
        await self.chat.post(Posting(id="dlv_1", room="#dev", message=Message(headline=(Text(text),)), **more))

    @asynccontextmanager
    async def listening(self, query: bytes = b"", headers: tuple[tuple[bytes, bytes], ...] = ()) -> Any:
        """A page that follows the stream; gives a function for the next event, as (name, id, data)."""
        gone, sent = asyncio.Event(), asyncio.Queue[Any]()

        async def receive() -> dict[str, str]:
            await gone.wait()
            return {"type": "http.disconnect"}

        scope = {
            "type": "http", "http_version": "1.1", "method": "GET", "path": "/playground/feed", "raw_path": b"/playground/feed", "root_path": "",
            "scheme": "http", "query_string": query, "client": ("127.0.0.1", 5000), "server": ("127.0.0.1", 8080), "headers": [*([] if headers and headers[0][0] == b"host" else [(b"host", b"127.0.0.1:8080")]), *headers],
        }  # fmt: skip
        task = asyncio.create_task(self.app(scope, receive, sent.put))
        start = await sent.get()
        assert start["status"] == 200, await sent.get()
        self.stream_headers = dict(start["headers"])
        assert (await sent.get())["body"].startswith(b"retry:")

        async def upcoming() -> tuple[str, str, Any] | None:
            message = await asyncio.wait_for(sent.get(), 10)
            if not message["more_body"]:
                return None
            if message["body"].startswith(b":"):
                return "comment", "", message["body"].decode()
            fields = dict(line.split(": ", 1) for line in message["body"].decode().strip().split("\n"))
            return fields["event"], fields["id"], json.loads(fields["data"])

        try:
            yield upcoming
        finally:
            gone.set()
            await asyncio.wait_for(task, 10)


@pytest.fixture
def room(desk: Desk, refusals: RefusalLog, doors: Doors) -> Room:
    return Room(desk, refusals, doors)


async def test_the_page_is_in_the_hubs_language_and_brings_nothing_from_elsewhere(room: Room) -> None:
    """A frame in Korean with both languages' words, every address of the hub itself, no script or style within the page."""
    answer = await room.ask("GET", "/playground")
    assert answer.status == 200
    assert '<html lang="ko">' in answer.text
    assert WORDS["ko"]["samples"] in answer.text
    for name in names():
        assert f'data-sample="{name}"' in answer.text
    assert "style=" not in answer.text
    assert "http://" not in answer.text and "https://" not in answer.text
    assert answer.text.count("<script") == 2
    policy = answer.headers["content-security-policy"]
    assert "'unsafe" not in policy and "img-src 'self' data: https:;" in policy and "connect-src 'self'" in policy
    assert answer.headers["cross-origin-embedder-policy"] == "credentialless" and answer.headers["x-frame-options"] == "DENY"
    for address in ("/static/playground/page.js", "/static/playground/words.js", "/static/playground/frame.css", "/static/leverframe.svg"):
        assert (await room.ask("GET", address)).status == 200


async def test_the_frame_cannot_be_broken_by_a_name(room: Room) -> None:
    """What stands in the page's data cannot end it, whoever is signed in."""
    page = render(locale="en", timezone="UTC", person='</script><script>alert(1)</script>"', csrf="c", samples=[])
    assert page.count("<script") == 2
    assert '"person": "\\u003c/script>' in page


async def test_without_a_demo_there_are_no_samples(room: Room) -> None:
    """A hub that works for a team has no bar of samples, and no door for them."""
    room.playground.samples = None
    assert "data-sample" not in (await room.ask("GET", "/playground")).text
    assert (await room.ask("GET", "/playground/samples")).json == {"samples": []}
    assert (await room.ask("POST", "/playground/samples/push", headers=OWN_PAGE, document={})).code == "not_found"


async def test_the_stream_gives_a_snapshot_then_what_happens(room: Room) -> None:
    """A page that opens gets what is there, then each new message, as server-sent events that no proxy keeps."""
    await room.post("before")
    async with room.listening() as upcoming:
        name, _, data = await upcoming()
        assert name == "snapshot"
        assert [message["message"]["headline"][0]["text"] for message in data["messages"]] == ["before"]
        await room.say(text="줄\n바꿈 <b>")
        name, cursor, data = await upcoming()
        assert (name, data["message"]["headline"][0]["text"]) == ("message", "줄\n바꿈 <b>")
        assert cursor.isdigit()
    assert room.stream_headers[b"content-type"].startswith(b"text/event-stream")
    assert room.stream_headers[b"cache-control"] == b"no-store"
    assert room.stream_headers[b"x-accel-buffering"] == b"no"


async def test_a_page_goes_on_from_where_it_was(room: Room, desk: Desk) -> None:
    """The browser's own header, or the page's question, continues the stream; anything else begins anew."""
    async with room.listening() as upcoming:
        await upcoming()
        await room.post("seen")
        _, cursor, _ = await upcoming()
    desk.clock.turn(minutes=1)  # type: ignore[attr-defined]
    await room.post("missed")
    for query, headers in ((b"", ((b"last-event-id", cursor.encode()),)), (f"after={cursor}".encode(), ())):
        async with room.listening(query, headers) as upcoming:
            given = [await upcoming() for _ in range(2)]
            assert [(name, data["message"]["headline"][0]["text"]) for name, _, data in given] == [("message", "seen"), ("message", "missed")]
    for nonsense in (b"after=-1", b"after=1e9", b"after=" + b"9" * 40, "after=١".encode()):
        async with room.listening(nonsense) as upcoming:
            assert (await upcoming())[0] == "snapshot"


async def test_silence_is_broken_by_a_comment(room: Room) -> None:
    """A stream without news says that it lives, in a way that pages do not hear."""
    room.playground.beat_s = 0
    async with room.listening() as upcoming:
        await upcoming()
        assert await upcoming() == ("comment", "", ": beat\n\n")


async def test_a_page_too_many_is_refused(room: Room) -> None:
    """The 201st got an answer of 200 and the end, and came back every second; 503 with Retry-After lets it wait."""
    listeners = [room.feed.listen() for _ in range(LISTENERS)]
    refused = await room.ask("GET", "/playground/feed")
    assert refused.code == "overloaded" and int(refused.headers["retry-after"]) > 0
    listeners[0].leave()
    async with room.listening() as upcoming:
        assert (await upcoming())[0] == "snapshot"


async def test_a_page_that_comes_back_is_answered_at_once(room: Room) -> None:
    """Also when it has missed nothing."""
    async with room.listening(b"after=1700000000000000") as upcoming:
        assert (await upcoming())[0] == "comment"


@pytest.mark.parametrize("ending", ["signed out", "locked out", "over"])
async def test_a_page_hears_no_more_once_its_person_is_out(room: Room, doors: Doors, desk: Desk, refusals: RefusalLog, ending: str) -> None:
    """An open stream went on after its person had signed out or was locked out; it ends at the next beat, and does not keep the session alive."""
    ann = await Doors(desk, refusals).signed_in("ann", "viewer")
    doors.app, room.playground.beat_s = room.app, 0
    headers = ((b"host", b"hub.example.com"), (b"cookie", f"{COOKIE}={ann.cookie}".encode()))
    async with room.listening(headers=headers) as upcoming:
        assert (await upcoming())[0] == "snapshot"
        assert (await upcoming())[0] == "comment"
        now = desk.clock.now()
        match ending:
            case "signed out":
                await desk.database.write(people.end_session, ann.cookie)
            case "locked out":
                await desk.database.write(people.disable, "ann", now)
            case _:
                desk.clock.turn(hours=11)  # type: ignore[attr-defined]
                for _ in range(3):
                    assert (await upcoming())[0] == "comment"
                desk.clock.turn(hours=1)  # type: ignore[attr-defined]
        while (last := await upcoming()) is not None:
            assert last[0] == "comment"


async def test_the_stream_ends_when_the_hub_stops(room: Room) -> None:
    """An open page does not hold the hub up: its stream ends by itself."""
    async with room.listening() as upcoming:
        await upcoming()
        room.feed.close()
        assert await upcoming() is None


async def test_a_person_says_something_in_a_channel_and_in_a_thread(room: Room) -> None:
    """It is kept under the name that the person gave, and read back with its thread."""
    said = await room.say(text="배포할까요?", name="민서")
    assert said.status == 201
    card = said.json["message"]
    await room.say(text="네!", thread=card["id"])
    found = (await room.ask("GET", "/playground/messages?room=%23dev")).json
    assert [(message["author"], message["thread"]) for message in found["messages"]] == [("민서", None), ("ann", card["id"])]
    assert found["more"] is False
    assert len((await room.ask("GET", f"/playground/messages?thread={card['id']}")).json["messages"]) == 2


async def test_who_is_signed_in_speaks_under_their_own_name(room: Room, doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """Where people have identities, nobody speaks for another."""
    site = room.app
    ann = await Doors(desk, refusals).signed_in("ann")
    doors.app = site
    headers = {"host": "hub.example.com"}
    said = await room.ask("POST", "/playground/messages", headers=headers, visitor=ann, document={"room": "#dev", "name": "boss", "text": "hello"})
    assert (said.status, said.json["message"]["author"]) == (201, "ann")
    assert 'value="ann" readonly' in (await room.ask("GET", "/playground", headers=headers, visitor=ann)).text
    assert (await room.ask("GET", "/playground", headers=headers)).code == "sign_in_required"


async def test_a_token_speaks_only_with_a_grant_and_under_its_own_name(room: Room, doors: Doors, desk: Desk, refusals: RefusalLog) -> None:
    """A token for reading routes said things in a closed playground, under a name that it chose: it needs playground.use, and is named."""
    site, issuing = room.app, Doors(desk, refusals)
    said = {"room": "#dev", "name": "ann", "text": "deployed"}
    answers = []
    for grant in ("routes.read", "playground.use"):
        issued = await issuing.ask("POST", "/api/tokens", operator=True, document={"name": grant, "grants": [grant]})
        doors.app = site
        headers = {"host": "hub.example.com", "authorization": f"Bearer {issued.json['token']}"}
        answers.append(await room.ask("POST", "/playground/messages", headers=headers, document=said))
    assert answers[0].code == "not_allowed" and "playground.use" in answers[0].json["detail"]
    assert (answers[1].status, answers[1].json["message"]["author"]) == (201, "token:playground.use")


@pytest.mark.parametrize("document", [{}, [], {"room": "#dev"}, {"room": 1, "name": "a", "text": "b"}, {"room": "#dev", "name": "a", "text": ""},
                                      {"room": "#x\ud800", "name": "a", "text": "b"}, {"room": "#dev", "name": "a", "text": "b", "thread": 7}])  # fmt: skip
async def test_what_is_not_a_message_is_refused(room: Room, document: Any) -> None:
    """Every malformed request is a 400 that names what is wrong, never an error of the hub."""
    answer = await room.ask("POST", "/playground/messages", headers=OWN_PAGE, document=document)
    assert answer.code == "request_invalid"


async def test_only_json_of_the_own_page_is_taken(room: Room) -> None:
    """A form of another site cannot speak here: it has neither the type nor the origin."""
    assert (await room.ask("POST", "/playground/messages", headers=OWN_PAGE, form={"room": "#dev"})).code == "request_invalid"
    assert (await room.ask("POST", "/playground/messages", document={"room": "#dev", "name": "a", "text": "b"})).code == "sign_in_required"
    broken = {**OWN_PAGE, "content-type": "application/json"}
    for body in (b"{", b"\xff", b"[" * 50_000):
        assert (await room.ask("POST", "/playground/messages", headers=broken, body=body)).code == "request_invalid"


async def test_reading_needs_a_channel_or_a_thread(room: Room) -> None:
    """What is not there is a 404, a question without an object a 400."""
    assert (await room.ask("GET", "/playground/messages")).code == "request_invalid"
    assert (await room.ask("GET", "/playground/messages?thread=msg_0000000000001")).code == "playground_message_not_found"
    assert (await room.ask("GET", "/playground/messages?room=%23dev&before=x")).code == "playground_message_not_found"
    assert (await room.ask("GET", "/playground/messages?room=%23nowhere")).json == {"messages": [], "more": False}


async def test_a_button_without_a_feature_says_so(room: Room) -> None:
    """The answer to a click that nothing handles is a sentence and a remedy, in the page's language."""
    answer = await room.ask("POST", "/playground/actions", headers={**OWN_PAGE, "accept-language": "ko"}, document={"action": "ship", "value": "web"})
    assert answer.code == "action_unknown"
    assert answer.json["title"] == "그런 동작이 없습니다."


async def test_a_sample_is_sent_to_the_hubs_own_door(room: Room) -> None:
    """A click is one signed request; the door's answer is shown as it came."""
    answer = await room.ask("POST", "/playground/samples/pull_request.opened", headers=OWN_PAGE, document={})
    assert answer.json == {"sample": "pull_request.opened", "status": 202, "event": "evt_0000000000001", "duplicate": False, "elapsed_ms": 4, "code": None, "remedy": None}
    ((url, headers, payload),) = room.door.got
    assert url == "http://127.0.0.1:8080/in/github"
    assert headers["X-GitHub-Event"] == "pull_request"
    merged = await room.ask("POST", "/playground/samples/pull_request.merged", headers=OWN_PAGE, document={})
    assert merged.status == 200
    assert room.door.got[1][2]["number"] == payload["number"]


async def test_the_same_delivery_can_be_sent_again(room: Room) -> None:
    """The very bytes go out under the same id, and the door calls it a duplicate."""
    for again, duplicate in ((True, False), (True, True), (False, False)):
        answer = await room.ask("POST", "/playground/samples/push", headers=OWN_PAGE, document={"again": again})
        assert answer.json["duplicate"] is duplicate
    assert room.door.got[0][2] == room.door.got[1][2] != room.door.got[2][2]


async def test_numbers_do_not_come_back_after_a_restart(room: Room) -> None:
    """A hub that starts again on the same data speaks of new issues, so that an old card is not rewritten."""
    await room.post("one message of an earlier run")
    await room.ask("POST", "/playground/samples/issues.opened", headers=OWN_PAGE, document={})
    assert room.door.got[0][2]["issue"]["number"] == 101


def test_both_languages_say_the_same_things() -> None:
    """Each word of the page is there in English and Korean, with the same places to fill."""
    assert WORDS["en"].keys() == WORDS["ko"].keys()
    for key, word in WORDS["en"].items():
        assert set(re.findall(r"\{\w+\}", word)) == set(re.findall(r"\{\w+\}", WORDS["ko"][key])), key
