"""The markdown of cards."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.cards import markdown
from leverframe.core.messages import Block, Bold, Bullets, Code, Link, Paragraph, Quote, Rich, Text

INLINE: dict[str, Rich] = {
    "a **b** c": (Text("a "), Bold("b"), Text(" c")),
    "__b__ and _i_ and *i* and ~~s~~": (Bold("b"), Text(" and "), Text("i"), Text(" and "), Text("i"), Text(" and "), Text("s")),
    "`code **not bold**`": (Code("code **not bold**"),),
    "[a](https://e.com/x_(y))": (Link("a", "https://e.com/x_(y)"),),
    "[a](javascript:alert)": (Text("a"),),
    "**[a](https://e.com)**": (Link("a", "https://e.com"),),
    "see https://e.com/a.": (Text("see "), Link("https://e.com/a", "https://e.com/a"), Text(".")),
    "snake_case_name and 2*3*4": (Text("snake_case_name and 2*3*4"),),
    r"\*not\* bold": (Text("*not* bold"),),
    "<b>x</b> &amp; <i>y</i>&nbsp;z": (Bold("x"), Text(" & y z")),
    '<a href="https://e.com/?a=1&amp;b=2">link</a>': (Link("link", "https://e.com/?a=1&b=2"),),
    "<at>Ann</at> <service>": (Text("@Ann <service>"),),
    "![alt](https://e.com/i.png)": (Link("alt", "https://e.com/i.png"),),
    "**open": (Text("**open"),),
}  # fmt: skip


@pytest.mark.parametrize(("said", "shown"), INLINE.items(), ids=list(INLINE))
def test_marks_within_a_line(said: str, shown: Rich) -> None:
    """Bold, code and links stay; what a chat-neutral message has no word for is plain; what is not closed is as it is written."""
    assert markdown.inline(said) == shown


def test_blocks() -> None:
    """Paragraphs, headings, lists, quotations; rules are left out."""
    expected: list[Block] = [
        Paragraph((Bold("Head"),)), Paragraph((Text("one\ntwo"),)), Bullets(((Text("a"),), (Bold("b"),), (Text("c"),))), Quote((Text("said"),)), Paragraph((Text("end"),)),
    ]  # fmt: skip
    assert markdown.blocks("# Head\n\none\ntwo\n\n- a\n* **b**\n1. c\n> said\n\n---\nend") == expected


@pytest.mark.parametrize(("line", "heading"), [("# a", "a"), ("##  b ## ", "b"), ("# c # d", "c # d"), ("### e#", "e")])
def test_headings_may_be_closed(line: str, heading: str) -> None:
    """As Markdown has it: the signs at the end are none of its words."""
    assert markdown.blocks(line) == [Paragraph((Bold(heading),))]


@pytest.mark.parametrize("line", ["# " + "#" * 19_000 + "x", "# a" + " " * 19_000 + "b"], ids=["signs", "blanks"])
def test_a_heading_of_signs_costs_no_time(line: str) -> None:
    """A commit's message that a script puts into a card: one line of number signs held the hub up for ten seconds, and a card has a dozen."""
    began = time.process_time()
    assert markdown.blocks(line)
    assert time.process_time() - began < 1


def test_html_becomes_lines_and_items() -> None:
    """Scripts that wrote HTML into a card are read, too."""
    assert markdown.blocks("a<br>b<ul><li>c</li><li>d</li></ul>") == [Paragraph((Text("a\nb"),)), Bullets(((Text("c"),), (Text("d"),)))]


@given(st.text(alphabet="*_`~[]()<>&\\!#-> abhttps:/.{}\n", max_size=300))
def test_nothing_breaks_it(text: str) -> None:
    """Whatever is written is shown somehow."""
    for block in markdown.blocks(text):
        assert block
    markdown.inline(text)
