"""A message survives being stored, word for word."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.chats.playground.render import dump, for_page, read_id, to_json
from leverframe.core.errors import Refused
from leverframe.core.messages import (
    Bold,
    Bullets,
    Button,
    Buttons,
    Code,
    Fields,
    Footer,
    Image,
    Inline,
    Link,
    Message,
    Paragraph,
    Person,
    Quote,
    Text,
)
from leverframe.ports import PlaygroundMessage

words = st.text(max_size=20)
inlines: st.SearchStrategy[Inline] = st.one_of(
    st.builds(Text, words), st.builds(Bold, words), st.builds(Code, words), st.builds(Link, words, words), st.builds(Person, words)
)
riches = st.lists(inlines, max_size=4).map(tuple)
buttons = st.builds(
    Button, words, url=st.none() | words, action=st.none() | words, value=words, style=st.sampled_from(["default", "primary", "danger"])
)
blocks = st.one_of(
    st.builds(Paragraph, riches),
    st.builds(Quote, riches),
    st.builds(Footer, riches),
    st.builds(Bullets, st.lists(riches, max_size=3).map(tuple)),
    st.builds(Fields, st.lists(st.tuples(words, riches), max_size=3).map(tuple)),
    st.builds(Image, words, words, st.booleans()),
    st.builds(Buttons, st.lists(buttons, max_size=3).map(tuple)),
)
messages = st.builds(
    Message,
    headline=riches,
    blocks=st.lists(blocks, max_size=4).map(tuple),
    tone=st.sampled_from(["neutral", "good", "bad", "warning", "progress"]),
)


@given(messages)
def test_what_is_stored_is_what_was_said(message: Message) -> None:
    """Whatever the texts of a message hold, what is stored is its JSON, in characters that a database takes."""
    assert json.loads(dump(message).encode().decode()) == to_json(message)


def test_every_part_of_a_message_has_its_form() -> None:
    """The page builds its elements from these kinds."""
    said = Message(
        headline=(Text("a"), Bold("b"), Code("c"), Link("d", "https://e"), Person("f")), tone="good",
        blocks=(Paragraph((Text("p"),)), Quote((Text("q"),)), Footer((Text("r"),)), Bullets(((Text("s"),),)), Fields((("t", (Text("u"),)),)),
                Buttons((Button("v", action="w", value="x", style="danger"),)), Image("https://y", "z", small=True)),
    )  # fmt: skip

    def text(letter: str) -> list[dict[str, str]]:
        return [{"kind": "text", "text": letter}]

    assert to_json(said) == {
        "tone": "good",
        "headline": [{"kind": "text", "text": "a"}, {"kind": "bold", "text": "b"}, {"kind": "code", "text": "c"},
                     {"kind": "link", "text": "d", "url": "https://e"}, {"kind": "person", "text": "f"}],
        "blocks": [
            {"kind": "paragraph", "content": text("p")}, {"kind": "quote", "content": text("q")}, {"kind": "footer", "content": text("r")},
            {"kind": "bullets", "items": [text("s")]}, {"kind": "fields", "pairs": [{"label": "t", "value": text("u")}]},
            {"kind": "buttons", "buttons": [{"text": "v", "url": None, "action": "w", "value": "x", "style": "danger"}]},
            {"kind": "image", "url": "https://y", "alt": "z", "small": True},
        ],
    }  # fmt: skip


def test_somebody_known_is_mentioned_by_their_name_here() -> None:
    """A login with a person of this chat carries that person's name; another stays a login."""
    rendered = to_json(Message(headline=(Person("ann"), Person("bob"))), {"ann": "playground:Ann"})
    assert rendered["headline"] == [{"kind": "person", "text": "ann", "mention": "Ann"}, {"kind": "person", "text": "bob"}]


def test_a_lone_surrogate_becomes_a_question_mark() -> None:
    """What is no character reaches neither the database nor the page."""
    assert json.loads(dump(Message(headline=(Text("a\ud800b"),))))["headline"][0]["text"] == "a?b"


def test_the_page_learns_who_is_a_person() -> None:
    """A person is shown by their name; the hub and its routes' names are no persons."""
    row = PlaygroundMessage(
        id=1, room="#dev", thread=None, author="playground:민서", icon=None, message=dump(Message(headline=())), posted_at=datetime(2026, 1, 2, tzinfo=UTC)
    )
    shown = for_page(row)
    assert (shown["author"], shown["person"], shown["id"]) == ("민서", True, "msg_0000000000001")
    assert shown["posted_at"] == "2026-01-02T00:00:00+00:00"


@pytest.mark.parametrize("shown", ["", "msg_", "evt_0000000000001", "msg_000000000000u", "msg_zzzzzzzzzzzzz", "msg_1; DROP TABLE"])
def test_what_is_no_message_id_is_not_found(shown: str) -> None:
    """An id that cannot be one is a message that does not exist, never an error of the hub."""
    with pytest.raises(Refused, match="playground_message_not_found"):
        read_id(shown)
