"""What is said about cards, in both languages."""

from __future__ import annotations

import inspect
from datetime import UTC
from types import ModuleType
from typing import get_args

import pytest

from leverframe.core.cards import Actions, Ask, Card, Elsewhere, Input, Open, Post, Press, PressState, Words, Wrong
from leverframe.core.errors import Locale
from leverframe.core.messages import Buttons, plain
from leverframe.core.wording.cards import CARDS, compose, en, ko, read_value, value_of


def _says(language: ModuleType) -> dict[str, list[str]]:
    return {name: list(inspect.signature(one).parameters) for name, one in vars(language).items() if inspect.isfunction(one)}


def test_both_languages_have_the_same_sentences() -> None:
    """The same functions with the same arguments, and a word for every state and every mistake."""
    assert _says(en) == _says(ko)
    for say in CARDS.values():
        assert all(say.pressed("Approve", "ann", state, "", "now") for state in get_args(PressState)) and all(say.wrong(what) for what in get_args(Wrong))


@pytest.mark.parametrize(("locale", "words"), [("en", "may have been carried out"), ("ko", "처리되었는지 알 수 없습니다")])
def test_a_press_of_which_nobody_knows_is_told_so(locale: Locale, words: str) -> None:
    """With who it was, and when, in the zone of the hub."""
    press = Press(action="Approve", by="ann", at="2026-11-29T03:00:00+00:00", state="unknown")
    last = plain(compose(Card(title="t"), "evt_1", [press], CARDS[locale], UTC)).splitlines()[-1]
    assert last.startswith("❓ Approve (ann, 2026-11-29 03:00 UTC)") and words in last


def test_every_kind_of_button() -> None:
    """A link leads there, one that asks for more says so by three dots, one of a bot's is only named."""
    post = Post(id="p1", name="Go", target="https://e.com")
    asks = Ask(id="p2", name="Say", posts=(post,), inputs=(Input(id="a"),))
    card = Card(parts=(Words(text="x"), Actions(actions=(Open(name="Look", url="https://e.com"), post, asks, Elsewhere(name="Ack")))))
    said = compose(card, "evt_1", [], CARDS["en"], UTC, revision=3)
    [buttons] = [block for block in said.blocks if isinstance(block, Buttons)]
    assert [(one.text, one.url, one.action, one.value) for one in buttons.buttons] == [
        ("Look", "https://e.com", None, ""), ("Go", None, "card", "evt_1~p1~3"), ("Say…", None, "card", "evt_1~p2~3"),
    ]  # fmt: skip
    assert "Only in Teams itself: Ack" in plain(said)


@pytest.mark.parametrize("value", ["", "evt_1", "evt_1~p1", "evt_1~p1~x", "~p1~0", "evt_1~~0", "evt_1~p1~-1", "evt_1~p1~²"])
def test_a_value_that_is_none(value: str) -> None:
    """What a button never had is nothing."""
    assert read_value(value) is None
    assert read_value(value_of("evt_1", "p1", 2)) == ("evt_1", "p1", 2)
