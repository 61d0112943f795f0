"""A message as an Adaptive Card and as a MessageCard: every part has its place, and both stay below Teams' limits."""

from __future__ import annotations

import json

import pytest
from fakes import teams_cards

from leverframe.chats.teams.message_card import message_card
from leverframe.chats.teams.render import CARD_MAX, activity, card, encode, envelope, summary, words
from leverframe.core.messages import Bold, Bullets, Button, Buttons, Fields, Footer, Image, Link, Message, Paragraph, Quote, Text

APPROVE = Button("Approve", action="approve", value="dep_1", style="primary")
WAITING = Message(
    headline=(Text("Waits: "), Bold("web-app")),
    blocks=(
        Fields((("By", (Text("ann"),)), ("Ref", (Link("main", "https://example.com/main"),)))), Quote((Text("fix *it*\nnow"),)),
        Buttons((APPROVE, Button("Reject", action="reject", value="dep_1", style="danger"), Button("Diff", url="https://example.com/d"))), Footer((Text("acme"),)),
    ),
    tone="warning",
)  # fmt: skip


def test_a_message_as_a_card() -> None:
    """Headline in its colour, facts, the quotation set apart, buttons that a bot hears with the older way beside, the small print below."""
    made = card(WAITING, {}, clicks=True)
    assert made["version"] == "1.4" and teams_cards.card_refusal(made, clicks=True) is None
    head, facts, quote, actions, footer = made["body"]
    assert (head["style"], head["items"][0]["text"]) == ("warning", "Waits: **web-app**")
    assert facts["facts"] == [{"title": "By", "value": "ann"}, {"title": "Ref", "value": "[main](https://example.com/main)"}]
    assert (quote["style"], quote["items"][0]["text"]) == ("emphasis", "fix \\*it\\*\n\nnow")
    approve, reject, diff = actions["actions"]
    assert (approve["verb"], approve["data"], approve["style"]) == ("approve", {"action": "approve", "value": "dep_1"}, "positive")
    assert approve["fallback"] == {"type": "Action.Submit", "title": "Approve", "style": "positive", "data": approve["data"]}
    assert reject["style"] == "destructive" and diff == {"type": "Action.OpenUrl", "title": "Diff", "url": "https://example.com/d"}
    assert footer["isSubtle"] and summary(WAITING) == "Waits: web-app"


def test_where_no_click_is_heard_a_button_is_a_word() -> None:
    """A Workflow gets the exact envelope, links as buttons, and nothing that could be pressed in vain."""
    sent = json.loads(envelope(card(WAITING, {}, clicks=False)))
    assert set(sent) == {"type", "attachments"} and set(sent["attachments"][0]) == {"contentType", "contentUrl", "content"}
    content = sent["attachments"][0]["content"]
    assert [action["type"] for action in teams_cards.actions(content)] == ["Action.OpenUrl"]
    assert "Approve · Reject" in teams_cards.words(content)


@pytest.mark.parametrize("char", ["x", "가", "*", "🎉", '"', "\\"])
def test_what_is_too_long_is_cut_well(char: str) -> None:
    """However much is said and in whatever letters, the card stays below the limit, with headline, buttons and footer whole."""
    long = Message(
        headline=(Text("Head"),),
        blocks=(*(Paragraph((Text(char * 3_000),)) for _ in range(120)), Bullets(((Text(char * 5_000),),) * 300), Buttons((APPROVE,)), Footer((Text("end"),))),
    )  # fmt: skip
    made = card(long, {}, clicks=True)
    assert len(encode(made)) <= CARD_MAX and teams_cards.card_refusal(made, clicks=True) is None
    shown = teams_cards.words(made)
    assert shown.startswith("Head") and "Approve" in shown and "end" in shown and "…" in shown
    assert len(encode(activity(long, {}))) <= 25_000 and len(envelope(made)) < 28 * 1024
    assert len(message_card(long)) <= CARD_MAX


def test_twelve_buttons_are_two_rows() -> None:
    """Teams shows six at most in a row; a value that no card should carry leaves its button out."""
    message = Message(headline=(Text("x"),), blocks=(Buttons((*(Button(f"b{at}", action="run", value=str(at)) for at in range(12)), Button("c", action="run", value="v" * 2_001))),))
    sets = [element for element in card(message, {}, clicks=True)["body"] if element["type"] == "ActionSet"]
    assert [len(one["actions"]) for one in sets] == [6, 6]


def test_a_message_as_a_message_card() -> None:
    """What the retired connectors took: colour, facts, OpenUri; a button of the hub's is an HttpPOST where it can be pressed from there."""
    made = json.loads(message_card(WAITING, lambda button: {"target": "https://hub.example/teams/actions", "body": button.value} if button is APPROVE else None))
    assert (made["@type"], made["@context"], made["themeColor"], made["summary"]) == ("MessageCard", "http://schema.org/extensions", "FFB900", "Waits: web-app")
    assert made["sections"][0]["facts"][0] == {"name": "By", "value": "ann"}
    post, link = made["potentialAction"]
    assert post == {
        "@type": "HttpPOST", "name": "Approve", "bodyContentType": "application/json", "target": "https://hub.example/teams/actions", "body": "dep_1",
    }  # fmt: skip
    assert link == {"@type": "OpenUri", "name": "Diff", "targets": [{"os": "default", "uri": "https://example.com/d"}]}
    assert [one["@type"] for one in json.loads(message_card(WAITING))["potentialAction"]] == ["OpenUri"]


def test_pictures_in_cards() -> None:
    """One that opens in full, a small one, and a link for what Teams takes from nowhere; a MessageCard has them in sections."""
    message = Message(
        headline=(Text("h"),), blocks=(Image("https://e.com/a b.png", "A\nchart"), Image("https://e.com/f.png", "ann", small=True), Image("http://e.com/c.png", "c"), Image("data:x", "d")),
    )  # fmt: skip
    made = card(message, {}, clicks=False)
    assert teams_cards.card_refusal(made, clicks=False) is None
    assert made["body"][1:] == [
        {"type": "Image", "url": "https://e.com/a%20b.png", "altText": "A chart", "size": "auto", "msteams": {"allowExpand": True}},
        {"type": "Image", "url": "https://e.com/f.png", "altText": "ann", "size": "small"},
        {"type": "TextBlock", "text": "[🖼 c](http://e.com/c.png)", "wrap": True},
        {"type": "TextBlock", "text": "🖼 d", "wrap": True},
    ]
    assert json.loads(message_card(message))["sections"] == [
        {"images": [{"image": "https://e.com/a%20b.png", "title": "A chart"}]}, {"images": [{"image": "https://e.com/f.png", "title": "ann"}]},
        {"text": "[🖼 c](http://e.com/c.png)", "markdown": True}, {"text": "🖼 d", "markdown": True},
    ]  # fmt: skip
    many = Message(headline=(Text("h"),), blocks=(*(Image("https://e.com/" + "u" * 1_900, "i" * 900) for _ in range(40)), Footer((Text("end"),))))
    assert len(encode(card(many, {}, clicks=True))) <= CARD_MAX and "end" in teams_cards.words(card(many, {}, clicks=True))
    assert len(message_card(many)) <= CARD_MAX


def test_a_card_with_buttons_asks_how_each_person_is_to_see_it() -> None:
    """By the delivery that it was posted by; one whose buttons only lead somewhere does not ask."""
    asks = activity(WAITING, {}, "dlv_1")["attachments"][0]["content"]
    assert asks["refresh"]["action"]["data"] == {"action": "look", "delivery": "dlv_1"} and "userIds" not in asks["refresh"]
    assert teams_cards.card_refusal(asks, clicks=True) is None and "refresh" not in activity(WAITING, {})["attachments"][0]["content"]
    leads = Message(headline=(Text("x"),), blocks=(Buttons((Button("Open", url="https://example.com"),)),))
    assert "refresh" not in activity(leads, {}, "dlv_1")["attachments"][0]["content"]


def test_all_of_it_as_plain_words() -> None:
    """Where no card is shown, everything is said in words."""
    assert words(WAITING).splitlines()[:3] == ["Waits: web-app", "By: ann", "Ref: main (https://example.com/main)"] and words(WAITING, 10) == "Waits: we…"
