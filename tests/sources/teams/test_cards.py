"""Cards as scripts and actions post them, read and worded."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from leverframe.core.cards import Ask, Post
from leverframe.core.errors import Refused
from leverframe.core.messages import (
    Block,
    Bold,
    Bullets,
    Button,
    Buttons,
    Code,
    Fields,
    Footer,
    Image,
    Link,
    Message,
    Paragraph,
    Text,
    linked,
    plain,
)
from leverframe.core.wording import compose
from leverframe.core.wording.cards import card_of
from leverframe.sources.teams.source import TeamsSource

FIXTURES = Path(__file__).parent / "fixtures"
AT = datetime(2026, 11, 29, tzinfo=UTC)
SOURCE = TeamsSource()


def event(card: dict[str, Any] | bytes) -> Any:
    """Return the event of a posted card."""
    body = card if isinstance(card, bytes) else json.dumps(card).encode()
    return SOURCE.parse(SOURCE.accept({}, body), id=1, received_at=AT)


def worded(card: dict[str, Any] | bytes) -> Message:
    """Return what a chat says of a posted card."""
    return compose(event(card), "en", UTC)


def test_the_card_of_the_old_action_is_shown_whole() -> None:
    """Title, colour, markdown, sections, facts, a face, and every button."""
    found = event((FIXTURES / "approval__seed.json").read_bytes())
    said = compose(found, "ko", UTC)
    assert said.headline == (Bold("GitHub Actions: 배포 승인 요청"),) and said.tone == "neutral"
    key = found.subject.key
    assert said.blocks == (
        Paragraph((Bold("main"), Text(" 브랜치의 릴리즈를 승인해 주세요."))),
        Paragraph((Bold("Release "), Link("v1.2.0", "https://github.com/acme/web/releases/v1.2.0"))),
        Footer((Text("by ann"),)),
        Bullets(((Text("첫째"),), (Text("둘째"),))),
        Fields((("Commit", (Code("0123abc"),)), ("Run", (Text("42"),)))),
        Image("https://github.com/ann.png", "Release v1.2.0", small=True),
        Buttons((
            Button("View run", url="https://github.com/acme/web/actions/runs/42"),
            Button("Approve", action="card", value=f"{key}~p1~0"),
            Button("Reject…", action="card", value=f"{key}~p3~0"),
        )),
    )  # fmt: skip


def test_what_its_buttons_do_is_kept() -> None:
    """The request with its headers, but for those that are the hub's to say; the inputs of the other with their kinds."""
    card = card_of(event((FIXTURES / "approval__seed.json").read_bytes()))
    post = card.pressable("p1")
    assert isinstance(post, Post) and post.headers == (("X-Team", "web"),)
    assert post.body == '{"event_type":"release","client_payload":{"approved":true}}' and post.target.endswith("?code=abc")
    ask = card.pressable("p3")
    assert isinstance(ask, Ask) and [(one.id, one.kind, one.required, one.multiline, one.several) for one in ask.inputs] == [
        ("why", "text", True, True, False), ("when", "date", False, False, False), ("who", "choice", False, False, False),
    ]  # fmt: skip
    assert card.pressable("p9") is None


def test_the_envelope_of_workflows_is_shown_as_far_as_it_means_something() -> None:
    """Containers and columns are unfolded, a style is the tone, a bot's own buttons are named as such."""
    said = worded((FIXTURES / "workflows__adaptive.json").read_bytes())
    assert said.headline == (Bold("Build failed"),) and said.tone == "bad"
    assert said.blocks == (
        Paragraph((Text("on "), Bold("main"), Text(", 2026-11-29"))),
        Image("https://example.com/a.png", "Chart"),
        Fields((("Commit", (Text("0123abc"),)),)),
        Footer((Text("small print"),)),
        Buttons((Button("Open", url="https://example.com/run"),)),
        Footer((Text("Only in Teams itself: Retry, Ack"),)),
    )


PICTURE = "https://example.com/a.png"


def section(**fields: Any) -> dict[str, Any]:
    """Return a MessageCard of one section."""
    return {"title": "t", "sections": [fields]}


def adaptive(*elements: dict[str, Any]) -> dict[str, Any]:
    """Return an Adaptive Card of these elements, below a line of text."""
    return {"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "t"}, *elements]}


SHOWN: dict[str, tuple[dict[str, Any], tuple[Block, ...]]] = {
    "an activity's face": (section(activityImage=PICTURE), (Image(PICTURE, "Image", small=True),)),
    "an activity's picture": (section(activityImage=PICTURE, activityImageType="article"), (Image(PICTURE, "Image"),)),
    "the hero and the others, by their titles": (
        section(heroImage={"image": PICTURE, "title": "**Hero**"}, images=[{"image": f"{PICTURE}?2", "title": "Two"}]),
        (Image(PICTURE, "Hero"), Image(f"{PICTURE}?2", "Two")),
    ),
    "an image of an Adaptive Card": (adaptive({"type": "Image", "url": PICTURE, "altText": "A chart"}), (Image(PICTURE, "A chart"),)),
    "a person": (adaptive({"type": "Image", "url": PICTURE, "style": "Person"}), (Image(PICTURE, "Image", small=True),)),
    "a small one": (adaptive({"type": "Image", "url": PICTURE, "size": "Small"}), (Image(PICTURE, "Image", small=True),)),
    "a set": (
        adaptive({"type": "ImageSet", "images": [{"type": "Image", "url": f"{PICTURE}?{at}"} for at in range(2)]}),
        (Image(f"{PICTURE}?0", "Image"), Image(f"{PICTURE}?1", "Image")),
    ),
    "a film is a link": (
        adaptive({"type": "Media", "altText": "Film", "sources": [{"mimeType": "video/mp4", "url": "https://example.com/a.mp4"}]}),
        (Paragraph((Link("🖼 Film", "https://example.com/a.mp4"),)),),
    ),
    "ten, and the rest as links": (
        section(images=[{"image": f"{PICTURE}?{at}"} for at in range(12)]),
        (*(Image(f"{PICTURE}?{at}", "Image") for at in range(10)), Paragraph((Link("🖼 Image", f"{PICTURE}?10"), Text("  "), Link("🖼 Image", f"{PICTURE}?11")))),
    ),
    "ten of the whole card": (
        {"title": "t", "sections": [{"images": [{"image": PICTURE}] * 6}] * 2},
        (*[Image(PICTURE, "Image")] * 10, Paragraph((Link("🖼 Image", PICTURE), Text("  "), Link("🖼 Image", PICTURE)))),
    ),
    "the scheme in capitals": (section(images=[{"image": " HTTPS://example.com/a.png "}]), (Image(PICTURE, "Image"),)),
    "without tls": (section(images=[{"image": "http://example.com/a.png"}]), (Paragraph((Link("🖼 Image", "http://example.com/a.png"),)),)),
}  # fmt: skip


@pytest.mark.parametrize("case", SHOWN.values(), ids=list(SHOWN))
def test_images_are_pictures(case: tuple[dict[str, Any], tuple[Block, ...]]) -> None:
    """Ten at most in a message; what no chat would show is a link."""
    card, blocks = case
    assert worded(card).blocks == blocks


HOSTILE = {
    "a script": "javascript:alert(1)",
    "its own data": "data:image/png;base64," + "A" * 100_000,
    "a file": "file:///etc/passwd",
    "half an address": "logo.png",
    "somebody's password": "https://ann:hunter2@example.com/a.png",
    "somebody's name, without tls": "http://ann@example.com/a.png",
    "another host behind a backslash": "https://\\ann:hunter2@example.com/a.png",
    "more slashes": "https:///ann:hunter2@example.com/a.png",
    "5,000 characters": "https://example.com/" + "x" * 5_000,
    "a blank": "https://example.com/a b.png",
    "a line's end": "https://example.com/a\n.png",
}  # fmt: skip


@pytest.mark.parametrize("address", HOSTILE.values(), ids=list(HOSTILE))
@pytest.mark.parametrize("vendor", ["MessageCard", "AdaptiveCard"])
def test_an_image_that_leads_nowhere_good_is_its_title(vendor: str, address: str) -> None:
    """The rest of the card is shown, and the address neither kept where it is no link nor told to anybody."""
    card = section(images=[{"image": address, "title": "Chart"}]) if vendor == "MessageCard" else adaptive({"type": "Image", "url": address, "altText": "Chart"})
    assert worded(card).blocks == (Paragraph((Text("🖼 Chart"),)),)
    assert len(json.dumps(event(card).payload)) < 2_000


def test_pictures_in_plain_words_are_links() -> None:
    """As they are where a room shows none."""
    message = worded(section(images=[{"image": PICTURE, "title": "Chart"}], text="below"))
    assert plain(message).splitlines() == ["t", "below", f"🖼 Chart ({PICTURE})"] == plain(linked(message)).splitlines()


@pytest.mark.parametrize(
    ("card", "headline"),
    [
        ({"text": "Hello"}, "Hello"),
        ({"text": "first\n\nsecond"}, "first"),
        ({"@type": "MessageCard", "summary": "only said"}, "only said"),
        ({"type": "AdaptiveCard", "body": [{"type": "TextBlock", "text": "plain"}]}, "plain"),
        ({"sections": [{"facts": [{"name": "a", "value": "b"}]}], "summary": "s"}, "s"),
        ({"sections": [{"facts": [{"name": "a", "value": "b"}]}]}, "A card"),
    ],
)
def test_every_card_has_a_headline(card: dict[str, Any], headline: str) -> None:
    """The title, else the first words, else the summary, else what it is."""
    assert plain(worded(card)).splitlines()[0] == headline


@pytest.mark.parametrize(
    ("colour", "tone"),
    [("FF0000", "bad"), ("#d13438", "bad"), ("f00", "bad"), ("00FF00", "good"), ("107C10", "good"), ("FFA500", "warning"), ("yellow", "warning"),
     ("0076D7", "neutral"), ("808080", "neutral"), ("000000", "neutral"), ("", "neutral"), ("mauve", "neutral")],
)  # fmt: skip
def test_a_colour_is_a_tone(colour: str, tone: str) -> None:
    """Red is bad, green is good, yellow warns; the blue that every template has says nothing."""
    assert worded({"text": "x", "themeColor": colour}).tone == tone


WRONG = {
    "nothing at all": ({}, "summary: one of summary, text is needed"),
    "facts that are no list": ({"text": "x", "sections": [{"facts": {}}]}, "sections[0].facts: must be a list"),
    "a fact that is an object": ({"text": "x", "sections": [{}, {"facts": [{"name": "a", "value": {}}]}]}, "sections[1].facts[0].value: must be text"),
    "a section that is text": ({"text": "x", "sections": ["y"]}, "sections[0]: must be an object"),
    "a button of no kind": ({"text": "x", "potentialAction": [{"name": "n"}]}, "potentialAction[0].@type: '' is none of OpenUri, HttpPOST, ActionCard"),
    "a link to a script": (
        {"text": "x", "potentialAction": [{"@type": "OpenUri", "name": "n", "targets": [{"os": "default", "uri": "javascript:alert(1)"}]}]},
        "potentialAction[0].targets[0].uri: must be an http(s) address",
    ),
    "a body that is no text": (
        {"text": "x", "potentialAction": [{"@type": "HttpPOST", "name": "n", "target": "https://e.com", "body": {"a": 1}}]},
        "potentialAction[0].body: must be text: the JSON as a string",
    ),
    "a header that smuggles one": (
        {"text": "x", "potentialAction": [{"@type": "HttpPOST", "name": "n", "target": "https://e.com", "headers": [{"name": "A", "value": "b\r\nc: d"}]}]},
        "potentialAction[0].headers[0].value: holds what no header may hold",
    ),
    "an input twice": (
        {"text": "x", "potentialAction": [{"@type": "ActionCard", "name": "n", "inputs": [{"@type": "TextInput", "id": "a"}] * 2, "actions": []}]},
        "potentialAction[0].inputs[1].id: is there twice",
    ),
    "another type": ({"@type": "Thing", "text": "x"}, "@type: only MessageCard"),
    "a foreign attachment": (
        {"type": "message", "attachments": [{"contentType": "image/png", "content": {}}]},
        "attachments[0].contentType: 'image/png' is none of application/vnd.microsoft.card.adaptive, application/vnd.microsoft.teams.card.o365connector",
    ),
    "an empty adaptive card": ({"type": "AdaptiveCard", "body": []}, "body: may not be empty"),
    "an element without a type": ({"type": "AdaptiveCard", "body": [{"text": "x"}]}, "body[0].type: missing"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_with_a_card_is_named(case: tuple[dict[str, Any], str]) -> None:
    """By its path, as the sender wrote it."""
    card, detail = case
    with pytest.raises(Refused) as refused:
        event(card)
    assert (refused.value.code, refused.value.detail) == ("card_invalid", detail)


def test_endless_nesting_is_refused() -> None:
    """A card cannot make the hub run out of stack."""
    inner: dict[str, Any] = {"type": "TextBlock", "text": "deep"}
    for _ in range(60):
        inner = {"type": "Container", "items": [inner]}
    with pytest.raises(Refused, match="nests deeper"):
        event({"type": "AdaptiveCard", "body": [inner]})
    with pytest.raises(Refused, match="json_invalid"):
        SOURCE.accept({}, b'{"a":' * 100_000)


def test_a_card_that_is_kept_no_more_is_no_crash() -> None:
    """What another version kept, or nobody can read, is an event all the same."""
    accepted = SOURCE.accept({}, b'{"text":"x"}')
    import msgspec

    broken = msgspec.structs.replace(accepted, body=b"\xff")
    assert compose(SOURCE.parse(broken, id=1, received_at=AT), "en", UTC).headline == (Bold("?"),)
