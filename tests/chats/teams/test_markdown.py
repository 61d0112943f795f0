"""Foreign text in an Adaptive Card stays text: it formats, links and mentions nothing."""

from __future__ import annotations

import time

import pytest
from fakes import teams_cards
from hypothesis import given
from hypothesis import strategies as st

from leverframe.chats.teams.markdown import Mentioned, address, bold, cut, escape, link, rich
from leverframe.core.messages import Bold, Code, Link, Person, Text

MARKS = st.text(alphabet="*_[]()`~\\<>&#-+.!1 \nabc가at/;:", max_size=60)
BOB = "00000002-1111-4222-8333-444444444444"


@given(MARKS | st.text(max_size=60))
def test_whatever_is_escaped_is_shown_as_it_is(text: str) -> None:
    """Marks, lists, entities and links in any mixture: none is alive, and every letter is there."""
    shown = escape(text)
    assert not teams_cards.formatted(shown) and not teams_cards.links(shown)
    letters = [char for char in teams_cards.shown(shown) if char.isalnum()]
    assert letters == [char for char in text if char.isalnum() and not 0xD800 <= ord(char) < 0xE000]


@pytest.mark.parametrize(("text", "escaped"), [
    ("snake_case *bold*", r"snake\_case \*bold\*"),
    ("- item\n2. two\n# head", "\\- item\n2\\. two\n\\# head"),
    ("[x](https://evil.example)", r"\[x\](https://evil.example)"),
    ("&lt; & &#60;", r"\&lt; & \&#60;"),
    ("<at>Bob</at> <b>", "<\u200bat>Bob<\u200b/at> <b>"),
    ("a\u202eb\x00c", "abc"),
    ("1.5 and 2-3", r"1\.5 and 2-3"),
])  # fmt: skip
def test_each_mark_loses_its_meaning(text: str, escaped: str) -> None:
    """Every mark of the small Markdown has a backslash before it; a mention falls apart; what cannot be shown is left out."""
    assert escape(text) == escaped


def test_blanks_cost_no_time() -> None:
    """A text of many line breaks, as a pipeline may ask its question, was looked at from each of them to the end: half a second for 4,000; a heading of as many blanks likewise."""
    began = time.process_time()
    assert escape("a" + "\n" * 20_000 + "  - b") == "a" + "\n" * 20_000 + "  \\- b"
    assert bold(" a" + " " * 20_000 + "b \n \r\n\u3000c\n") == "**a" + " " * 20_000 + "b c**"
    assert time.process_time() - began < 1


def test_a_link_leads_only_to_the_web() -> None:
    """http, https and mail are linked, brackets kept out of the way; anything else is its text alone."""
    assert link("a [b]", "https://x.example/a_(b)?q=1&r=2") == r"[a \[b\]](https://x.example/a_%28b%29?q=1&r=2)"
    assert link("", "https://x.example/") == "[https://x.example/](https://x.example/)"
    assert link("no", "javascript:alert(1)") == "no"
    assert address("https://x.example/" + "a" * 2_000) == ""


def test_only_who_is_known_is_mentioned() -> None:
    """Two logins that look alike are two people; an id that is none mentions nobody."""
    mentioned = Mentioned({"bob_1": BOB, "bob*1": "29:1abc", "eve": "everyone"})
    said = [mentioned.say(login) for login in ("bob_1", "bob*1", "eve", "ann")]
    assert said == ["<at>bob 1</at>", "<at>bob 1.</at>", "**eve**", "**ann**"]
    assert [one["mentioned"] for one in mentioned.entities()] == [{"id": BOB, "name": "bob 1"}, {"id": "29:1abc", "name": "bob 1."}]


def test_what_is_too_long_is_cut_within_a_part() -> None:
    """The limit counts the message's own characters; half a name calls nobody, and half a link leads to where all of it does."""
    content = (Text("abc "), Link("a long label", "https://x.example/"), Person("bob"))
    assert rich(content, Mentioned({"bob": BOB}), 10) == "abc [a lon…](https://x.example/)"
    assert rich((Text("ab"), Person("bobby")), Mentioned({"bobby": BOB}), 5) == "ab**bo…**"
    assert rich((Code("x*y"), Bold(" z ")), Mentioned({}), 100) == r"x\*y**z**"
    assert rich((Text("one\ntwo"),), Mentioned({}), 100) == "one\n\ntwo"
    assert cut("👩‍👩‍👧 family", 3) == "👩…" and cut("short", 9) == "short" and bold("  ") == ""
