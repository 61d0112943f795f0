"""Foreign text in mrkdwn stays text, and nothing is cut where it would break."""

from __future__ import annotations

import time

import pytest
from fakes import slack_blocks
from hypothesis import given
from hypothesis import strategies as st

from leverframe.chats.slack import mrkdwn
from leverframe.core.messages import Bold, Code, Inline, Link, Person, Text

ESCAPED = {
    "plain words, 한국어, 🎉": "plain words, 한국어, 🎉",
    "a & b < c > d": "a &amp; b &lt; c &gt; d",
    "&amp;": "&amp;amp;",
    "<!channel>": "&lt;!channel&gt;",
    "*bold*": "∗bold∗",
    "_it_ ~no~": "ˍitˍ ∼no∼",
    "`code`": "ˋcodeˋ",
    "snake_case and 2*3*4 and 가_나": "snake_case and 2*3*4 and 가_나",
    "__init__.py": "ˍˍinitˍˍ.py",
    "> quoted\n  > quoted": "\u00ad&gt; quoted\n  \u00ad&gt; quoted",
    "a > b": "a &gt; b",
    "＞ wide": "\u00ad＞ wide",
    "beep\x07 \x1b[31m\u202egnp\ud800": "beep [31mgnp",
    "line\r\nline": "line\nline",
}


@pytest.mark.parametrize(("text", "shown"), ESCAPED.items(), ids=ESCAPED)
def test_text_is_escaped(text: str, shown: str) -> None:
    """The three entities are escaped and marks that could format are replaced; marks inside words stay."""
    assert mrkdwn.escape(text) == shown


def test_a_heading_of_blanks_costs_no_time() -> None:
    """A card's heading of 20,000 blanks and two lines was looked at from each of them to the end, which held the hub up for two seconds."""
    began = time.process_time()
    assert mrkdwn.bold(" a" + " " * 20_000 + "b \n \r\n\u3000c\n") == "*a" + " " * 20_000 + "b c*"
    assert time.process_time() - began < 1


@given(st.text(alphabet=st.sampled_from("ab가*_~`<>&!@#|:/ \n\u200b＊＿｀＞-1."), max_size=60))
def test_escaped_text_never_formats_mentions_or_links(text: str) -> None:
    """Slack finds no formatting, no quotation, no mention and no link in text that was escaped."""
    shown = mrkdwn.escape(text)
    assert slack_blocks.formats(shown) == []
    assert slack_blocks.mentions(shown) == []
    assert slack_blocks.links(shown) == []
    assert slack_blocks.broken_markup(shown) is None


LINKS = {
    ("text", "https://example.com/a?b=1&c=2"): "<https://example.com/a?b=1&amp;c=2|text>",
    ("*te>xt|*", "https://example.com"): "<https://example.com|∗te&gt;xt|∗>",
    ("two\nlines", "https://example.com"): "<https://example.com|two lines>",
    ("", "https://example.com"): "<https://example.com|https://example.com>",
    ("text", "https://example.com/a|b>c<d e"): "<https://example.com/a%7Cb%3Ec%3Cd%20e|text>",
    ("text", "javascript:alert(1)"): "text",
    ("text", "!channel"): "text",
    ("text", "@U123"): "text",
    ("text", ""): "text",
    ("text", "https://example.com/\n<!channel>"): "text",
    ("text", "https://example.com/" + "x" * 2_000): "text",
}


@pytest.mark.parametrize(("given_", "shown"), LINKS.items(), ids=[f"{text} {url}"[:40] for text, url in LINKS])
def test_a_link_leads_to_the_web_or_nowhere(given_: tuple[str, str], shown: str) -> None:
    """A link's address can end neither early nor in a mention; what is no web address is shown as text."""
    assert mrkdwn.link(*given_) == shown


WORDS: dict[str, tuple[tuple[Inline, ...], str]] = {
    "a particle after bold": ((Bold("ann"), Text("님이")), "*ann*\u200b님이"),
    "a word before bold": ((Text("by"), Bold("ann")), "by\u200b*ann*"),
    "bold after code": ((Code("a"), Bold("b")), "`a`\u200b*b*"),
    "space between": ((Bold("ann"), Text(" did")), "*ann* did"),
    "a bracket": ((Text("("), Bold("x"), Text(")")), "(*x*)"),
    "a particle after a link": ((Link("#1", "https://e.com"), Text("을")), "<https://e.com|#1>을"),
    "somebody known": ((Person("ann"), Text("님")), "<@U024BE7LH>님"),
    "somebody unknown": ((Person("bob"),), "*bob*"),
    "blank bold and code": ((Bold(" "), Code("\n"), Text("x")), "x"),
}


@pytest.mark.parametrize(("content", "shown"), WORDS.values(), ids=WORDS)
def test_marks_stand_at_the_ends_of_words(content: tuple[Inline, ...], shown: str) -> None:
    """Slack formats whole words only, so a zero-width space divides a mark from the letter beside it."""
    assert mrkdwn.rich(content, {"ann": "U024BE7LH"}, 3_000) == shown


@pytest.mark.parametrize("person", ["!channel", "U1><!channel", "u024be7lh", "", "B024BE7LH"])
def test_only_a_persons_id_is_mentioned(person: str) -> None:
    """What is not the id of a person is not mentioned, wherever it came from."""
    assert mrkdwn.mention("ann", {"ann": person}) == "*ann*"


CUT: dict[str, tuple[tuple[Inline, ...], int, str]] = {
    "an entity": ((Text("ab&cd"),), 6, "ab…"),
    "exactly as long": ((Text("abcdef"),), 6, "abcdef"),
    "bold": ((Bold("abcdefgh"),), 6, "*abc…*"),
    "code": ((Code("abcdefgh"),), 6, "`abc…`"),
    "a link keeps its address": ((Link("abcdefgh", "https://e.com"),), 20, "<https://e.com|abc…>"),
    "a link without room": ((Text("ab "), Link("abc", "https://example.com/long")), 12, "ab …"),
    "the second part": ((Text("abc"), Text("defgh")), 7, "abcdef…"),
    "emoji are two": ((Text("🎉🎉🎉"),), 4, "🎉…"),
    "a family is not torn": ((Text("ab👩‍👧xyz"),), 7, "ab👩…"),
    "no room to say that more follows": ((Text("abc"), Text("d")), 3, "a…"),
    "no room at all": ((Text("abc"),), 0, ""),
}


@pytest.mark.parametrize(("content", "limit", "shown"), CUT.values(), ids=CUT)
def test_text_is_shortened_where_it_may_be(content: tuple[Inline, ...], limit: int, shown: str) -> None:
    """Never inside an entity, a link, a pair of marks or a joined emoji."""
    assert mrkdwn.rich(content, {}, limit) == shown


inlines = st.one_of(
    st.text(max_size=40).map(Text), st.text(max_size=40).map(Bold), st.text(max_size=40).map(Code), st.text(max_size=20).map(Person),
    st.builds(Link, st.text(max_size=40), st.sampled_from(["https://example.com/a?b&c", "x", "https://e.com/|<>"])),
)  # fmt: skip


@given(st.lists(inlines, max_size=8).map(tuple), st.integers(min_value=2, max_value=200))
def test_whatever_is_shortened_is_whole(content: tuple[Inline, ...], limit: int) -> None:
    """The result fits, holds no half entity or link, and a person of nobody's knowledge is called by nothing."""
    shown = mrkdwn.rich(content, {}, limit)
    assert mrkdwn.length(shown) <= limit
    assert slack_blocks.broken_markup(shown) is None
    assert slack_blocks.mentions(shown) == []
