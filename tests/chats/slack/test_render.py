"""A message as Slack's blocks: the fixtures are the specification; the limits are Slack's own."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest
from core.wording.stories import everything, said
from fakes import slack_blocks
from hypothesis import given, settings
from hypothesis import strategies as st

from leverframe.chats.slack import render as limits
from leverframe.chats.slack.render import Rendered, render
from leverframe.core.errors import Locale
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
    Inline,
    Link,
    Message,
    Paragraph,
    Person,
    Quote,
    Rich,
    Text,
    Tone,
)

FIXTURES = Path(__file__).parent / "fixtures"

MESSAGES = {
    "pull_request_opened_ko": Message(
        headline=(Text("🔔 새 PR by "), Person("octocat"), Text(": "), Link("#12 Fix the *parser* & <b>", "https://github.com/acme/web/pull/12")),
        blocks=(
            Quote((Text("Fixes `a_b`\n> quoted by the author\n<!channel> 확인 부탁드립니다"),)),
            Fields((("대상", (Code("main"),)), ("브랜치", (Code("fix/parser"),)))),
            Buttons((Button("보기", url="https://github.com/acme/web/pull/12"),)),
            Footer((Link("acme/web", "https://github.com/acme/web"), Text(" · 2026-11-21 16:03"))),
        ),
        tone="good",
    ),
    "wiki_edited_ko": Message(
        headline=(Bold("ann"), Text("님이 위키 페이지를 수정했습니다")),
        blocks=(Bullets(((Link("Home", "https://github.com/acme/web/wiki/Home"),), (Link("설치 안내", "https://github.com/acme/web/wiki/%EC%84%A4%EC%B9%98"),))),),
    ),
    "run_failed": Message(
        headline=(Link("CI #99", "https://github.com/acme/web/actions/runs/99"), Text(" failed on "), Code("main")),
        blocks=(Paragraph((Text("Step "), Bold("test"), Text(" ended with 1."))),
                Buttons((Button("Run again", action="rerun", value="99", style="primary"), Button("Ignore", action="rerun", value="0", style="danger")))),
        tone="bad",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_rendered_as_its_fixture_says(name: str) -> None:
    """Text and blocks are, to the letter, those of the fixture."""
    rendered = render(MESSAGES[name], {"octocat": "U024BE7LH"})
    assert {"text": rendered.text, "blocks": rendered.blocks} == json.loads((FIXTURES / f"{name}.json").read_text())


def _check(rendered: Rendered) -> None:
    assert slack_blocks.faults(rendered.blocks) == []
    assert len(msgspec.json.encode(rendered.blocks)) <= limits.TOTAL_MAX
    assert rendered.text.strip()
    assert slack_blocks.units(rendered.text) <= limits.TEXT_MAX
    assert slack_blocks.broken_markup(rendered.text) is None


def _rich(text: str) -> Rich:
    return (Text(text),)


LONG = {
    "a headline": Message(headline=_rich("h" * 5_000)),
    "a paragraph of ampersands": Message(headline=_rich("h"), blocks=(Paragraph(_rich("&" * 5_000)),)),
    "a quotation of lines": Message(headline=_rich("h"), blocks=(Quote(_rich("x\n" * 5_000)),)),
    "60 paragraphs": Message(headline=_rich("h"), blocks=tuple(Paragraph(_rich(f"paragraph {n}")) for n in range(60))),
    "10 paragraphs of 2,900": Message(headline=_rich("h"), blocks=tuple(Paragraph(_rich("p" * 2_900)) for _ in range(10))),
    "Korean paragraphs": Message(headline=_rich("h"), blocks=tuple(Paragraph(_rich("가" * 2_900)) for _ in range(3))),
    "500 bullets": Message(headline=_rich("h"), blocks=(Bullets(tuple(_rich(f"bullet {n} " + "b" * 50) for n in range(500))),)),
    "30 fields": Message(headline=_rich("h"), blocks=(Fields(tuple((f"label {n}", _rich("v")) for n in range(30))),)),
    "fields of 5,000": Message(headline=_rich("h"), blocks=(Fields((("l" * 5_000, _rich("v" * 5_000)),)),)),
    "a footer of 5,000": Message(headline=_rich("h"), blocks=(Footer(_rich("f" * 5_000)),)),
    "30 buttons": Message(headline=_rich("h"), blocks=(Buttons(tuple(Button("b" * 100, url=f"https://example.com/{n}") for n in range(30))),)),
    "60 pictures": Message(headline=_rich("h"), blocks=tuple(Image(f"https://example.com/{n}", "i" * 3_000) for n in range(60))),
    "pictures with long addresses": Message(headline=_rich("h"), blocks=tuple(Image("https://e.com/" + "u" * 1_980, "가" * 200) for _ in range(10))),
    "buttons with long addresses": Message(headline=_rich("h"), blocks=(Buttons(tuple(Button("b", url="https://example.com/" + "u" * 1_900) for _ in range(25))),)),
}  # fmt: skip


@pytest.mark.parametrize("message", LONG.values(), ids=LONG)
def test_what_is_too_long_is_shortened(message: Message) -> None:
    """Every limit of Slack's holds, for blocks and for text."""
    _check(render(message, {}))


def test_the_middle_goes_before_the_ends() -> None:
    """When a message is too long as a whole, headline, buttons and footer stay, and "…" stands where something is left out."""
    middle = tuple(Paragraph(_rich(f"{n} " + "p" * 2_000)) for n in range(20))
    message = Message(headline=_rich("Headline"), blocks=(*middle, Buttons((Button("Open", url="https://example.com"),)), Footer(_rich("acme/web"))))
    kinds = [block["type"] for block in render(message, {}).blocks]
    shown = render(message, {}).blocks
    assert shown[0]["text"]["text"] == "Headline"
    assert kinds[-2:] == ["actions", "context"]
    assert shown[-3]["text"]["text"] == "…"


BUTTONS = {
    "no web address": Button("Open", url="javascript:alert(1)"),
    "an address that is too long": Button("Open", url="https://example.com/" + "x" * 3_000),
    "a value that is too long": Button("Open", action="ship", value="v" * 2_001),
    "neither address nor action": Button("Open"),
    "no words": Button(" ", url="https://example.com"),
}


@pytest.mark.parametrize("button", BUTTONS.values(), ids=BUTTONS)
def test_a_button_that_slack_cannot_carry_is_left_out(button: Button) -> None:
    """Half an address or half a value would do something else; the rest of the message is shown."""
    rendered = render(Message(headline=_rich("h"), blocks=(Buttons((button,)),)), {})
    assert [block["type"] for block in rendered.blocks] == ["section"]


def test_a_picture_is_a_block_and_a_link_in_the_text() -> None:
    """A small one stands beside the words; what Slack reads out, or shows where it shows no blocks, leads to both."""
    message = Message(headline=_rich("h"), blocks=(Image("https://example.com/a b.png", "*A* <chart>\n"), Image("https://example.com/f.png", "ann", small=True)))
    rendered = render(message, {})
    chart = {"type": "image", "image_url": "https://example.com/a%20b.png", "alt_text": "*A* <chart>"}
    face = {"type": "context", "elements": [{"type": "image", "image_url": "https://example.com/f.png", "alt_text": "ann"}]}
    assert rendered.blocks[1:] == [chart, face]
    assert rendered.text == "h\n<https://example.com/a%20b.png|🖼 ∗A∗ &lt;chart&gt;>\n<https://example.com/f.png|🖼 ann>"


NO_PICTURES = {
    "without tls": ("http://example.com/a.png", "<http://example.com/a.png|🖼 x>"),
    "a script": ("javascript:alert(1)", "🖼 x"),
    "its own data": ("data:image/png;base64,AAAA", "🖼 x"),
    "too long": ("https://example.com/" + "x" * 3_000, "🖼 x"),
    "nothing": ("", "🖼 x"),
}


@pytest.mark.parametrize(("address", "shown"), NO_PICTURES.values(), ids=NO_PICTURES)
def test_what_slack_would_not_fetch_is_no_picture(address: str, shown: str) -> None:
    """One address that Slack does not take would cost the whole message."""
    (_, block) = render(Message(headline=_rich("h"), blocks=(Image(address, "x"),)), {}).blocks
    assert (block["type"], block["text"]["text"]) == ("section", shown)


def test_buttons_of_one_action_have_ids_of_their_own() -> None:
    """Slack refuses two equal ids in a block; the action stands before the "~"."""
    buttons = (Button("Staging", action="deploy", value="staging"), Button("Production", action="deploy", value="production"))
    (_, actions) = render(Message(headline=_rich("h"), blocks=(Buttons(buttons),)), {}).blocks
    assert [(element["action_id"], element["value"]) for element in actions["elements"]] == [("deploy~0", "staging"), ("deploy~1", "production")]


TONES: dict[Tone, str] = {"neutral": "done", "good": "🟢 done", "bad": "🔴 done", "warning": "🟡 done", "progress": "🔵 done"}


@pytest.mark.parametrize(("tone", "shown"), TONES.items())
def test_a_tone_is_a_sign_before_the_headline(tone: Tone, shown: str) -> None:
    """The tone is seen at a glance, in the blocks and in the notification."""
    rendered = render(Message(headline=_rich("done"), tone=tone), {})
    assert rendered.text == shown
    assert rendered.blocks[0]["text"]["text"] == shown


def test_a_headline_with_a_sign_keeps_it() -> None:
    """A headline that begins with an emoji of its own gets no second one."""
    assert render(Message(headline=_rich("🔔 새 PR"), tone="good"), {}).text == "🔔 새 PR"


def test_a_message_without_words_is_still_one() -> None:
    """Slack refuses empty messages; one that says nothing is shown as "…"."""
    _check(render(Message(headline=()), {}))
    assert render(Message(headline=_rich(" \n")), {}).text == "…"


words = st.one_of(st.text(max_size=60), st.sampled_from(["&" * 2_000, "가" * 3_500, "x\n" * 1_000, "🎉" * 1_600, '"\\' * 1_500, "<!channel>", "*_~`"]))
urls = st.one_of(st.text(max_size=20), st.sampled_from(["https://example.com/?a=1&b=|<>", "mailto:a@example.com", "https://e.com/" + "u" * 1_990]))
inlines: st.SearchStrategy[Inline] = st.one_of(
    words.map(Text), words.map(Bold), words.map(Code), words.map(Person), st.builds(Link, words, urls),
)  # fmt: skip
rich: st.SearchStrategy[Rich] = st.lists(inlines, max_size=4).map(tuple)
buttons = st.builds(Button, words, st.none() | urls, st.none() | words, words, st.sampled_from(["default", "primary", "danger"]))
blocks: st.SearchStrategy[Block] = st.one_of(
    rich.map(Paragraph), rich.map(Quote), rich.map(Footer), st.lists(rich, max_size=12).map(tuple).map(Bullets),
    st.lists(st.tuples(words, rich), max_size=12).map(tuple).map(Fields), st.lists(buttons, max_size=6).map(tuple).map(Buttons),
    st.builds(Image, urls, words, st.booleans()),
)  # fmt: skip
messages = st.builds(
    Message, headline=rich, blocks=st.lists(blocks, max_size=8).map(tuple), tone=st.sampled_from(["neutral", "good", "bad", "warning", "progress"]),
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(messages)
def test_slack_takes_whatever_is_rendered(message: Message) -> None:
    """No message, however odd, is rendered into something that Slack would refuse, or that mentions anybody."""
    rendered = render(message, {})
    _check(rendered)
    assert slack_blocks.mentions(rendered.text) == []


@pytest.mark.parametrize(("locale", "words"), [("en", "Open pull request"), ("ko", "PR 열기")])
def test_the_button_of_a_new_pull_request_opens_it_and_its_code_is_code(locale: Locale, words: str) -> None:
    """The wording's link becomes a button with an address, and what the author wrote between backticks is code in the quotation."""
    payload = everything("pull_request", "opened")
    payload["pull_request"] = {**payload["pull_request"], "state": "open", "body": "Drops `cart.py` & more."}
    rendered = render(said("pull_request", payload, locale), {})
    _check(rendered)
    (actions,) = [block for block in rendered.blocks if block["type"] == "actions"]
    url = "https://github.com/acme/web/pull/34"
    assert actions["elements"] == [
        {"type": "button", "action_id": "open~0", "text": {"type": "plain_text", "text": words, "emoji": True}, "url": url}]
    assert f"<{url}|{words}>" in rendered.text
    assert ">Drops `cart.py` &amp; more." in rendered.text
