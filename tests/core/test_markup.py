"""The markup of templates: what its author writes is formatted, what a source wrote is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leverframe.core.markup import escape, parse
from leverframe.core.messages import Block, Bold, Bullets, Code, Link, Message, Paragraph, Quote, Rich, Text, plain

INLINE: dict[str, Rich] = {
    "words": (Text("words"),),
    "**bold** text": (Bold("bold"), Text(" text")),
    "a `code` b": (Text("a "), Code("code"), Text(" b")),
    "[text](https://example.com/a?b=c)": (Link("text", "https://example.com/a?b=c"),),
    "**[not nested](https://example.com)**": (Bold("[not nested](https://example.com)"),),
    "[a script](javascript:alert)": (Text("[a script](javascript:alert)"),),
    "**open `open [open](": (Text("**open `open [open]("),),
    "2 * 3 ** 4": (Text("2 * 3 ** 4"),),
    "": (),
}


@pytest.mark.parametrize(("line", "headline"), INLINE.items(), ids=INLINE)
def test_a_line_is_read(line: str, headline: Rich) -> None:
    """Bold, code and links are found; what is not closed, or leads nowhere on the web, is shown as written."""
    assert parse(line) == Message(headline=headline)


BLOCKS: dict[str, tuple[Block, ...]] = {
    "one\ntwo": (Paragraph((Text("one\ntwo"),)),),
    "one\n\ntwo": (Paragraph((Text("one"),)), Paragraph((Text("two"),))),
    "> one\n> two\nthree": (Quote((Text("one\ntwo"),)), Paragraph((Text("three"),))),
    "- one\n- **two**\n\n- three": (Bullets(((Text("one"),), (Bold("two"),))), Bullets(((Text("three"),),))),
    "-5 and >5": (Paragraph((Text("-5 and >5"),)),),
    "\n\n": (),
}


@pytest.mark.parametrize(("body", "blocks"), BLOCKS.items(), ids=[repr(body) for body in BLOCKS])
def test_lines_below_the_headline_are_blocks(body: str, blocks: tuple[Block, ...]) -> None:
    """Quotations, bullets and paragraphs, divided by blank lines or by another kind."""
    assert parse(f"headline\n{body}") == Message(headline=(Text("headline"),), blocks=blocks)


def test_leading_blank_lines_do_not_count() -> None:
    """The headline is the first line that says something: tags of a template leave blank ones."""
    assert parse(" \n\n  headline  \n") == Message(headline=(Text("headline"),))


@given(st.text())
def test_an_escaped_value_is_shown_as_it_is(value: str) -> None:
    """Whatever a value holds, it is text of the block in which it stands, to the letter, with its line breaks."""
    message = parse(f"headline\n> .{escape(value)}.")
    assert message.blocks == (Quote((Text(f".{value.replace(chr(13), '')}."),)),)


@given(st.text())
def test_escaping_twice_is_escaping_once(value: str) -> None:
    """A value that passes through two hands is not spoiled."""
    assert escape(escape(value)) == escape(value)


@given(st.text(alphabet="ab*`[]()>- \nhttps:/.", max_size=80))
def test_reading_never_fails_and_loses_no_words(markup: str) -> None:
    """Any text is some message, and every letter that is no mark is in it."""
    said = plain(parse(markup))
    assert said.count("a") >= markup.count("a")
