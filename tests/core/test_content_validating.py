"""Fields: what a form shows and gives back, what is a number, and what refers to what."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest
from content_world import POSTS

from leverframe.core.content.validating import changes, check, from_form, shown, targets
from leverframe.core.content.values import Document

SEOUL = ZoneInfo("Asia/Seoul")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title", 2024), ("title", {"ko": "안녕"}), ("title", " lead"), ("title", "a\r\nb\n"), ("kind", 1), ("tags", [2024, "a"]), ("tags", "a b"), ("tags", [{"name": "a"}]),
        ("tags", ["a\nb", " c "]), ("tags", [True, None]), ("author", 7), ("thanks", [7, "ann"]), ("thanks", "ann"), ("draft", "yes"), ("draft", "no"), ("draft", None), ("draft", 1),
        ("weight", "1.0"), ("weight", "1e3"), ("at", "2014-01-30 17:30:00 +0900"), ("at", "2014-01-30T17:30:45+09:00"), ("date", "2014-01-30 17:30"), ("body", "a\r\nb\rc\r\n"), ("body", 7),
    ],
)  # fmt: skip
def test_a_field_that_nobody_touched_stays_as_it_is(name: str, value: Any) -> None:
    """A form holds text only: a number of a list came back as text, a mapping as Python writes it, and ``draft: yes`` as ``false``."""
    field, before = POSTS.field(name), Document(fields={"title": "x", name: value})
    assert field is not None
    sent = shown(field, value, SEOUL).replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")
    if field.type == "boolean":
        sent = "on" if sent == "true" else ""
    given = {"title": before.fields["title"], name: from_form(field, sent, current=value, zone=SEOUL)}
    assert (check(POSTS, given, before=before), changes(POSTS, before, given)) == ([], {})


def test_a_text_of_yes_is_checked() -> None:
    """Generators that read YAML 1.1 take it for true; unchecked, it becomes false."""
    draft = POSTS.field("draft")
    assert draft is not None and [shown(draft, value, SEOUL) for value in ("yes", "On", "no", "")] == ["true", "true", "no", ""]
    assert from_form(draft, "", current="yes", zone=SEOUL) is False and from_form(draft, "on", current="no", zone=SEOUL) is True


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_a_number_is_one_of_json(value: float) -> None:
    """Python reads NaN and 1e999 in JSON: written into an entry, nobody could read it any more."""
    assert [(one.field, one.code) for one in check(POSTS, {"title": "x", "weight": value, "tags": [value]})] == [("weight", "not_a_number"), ("tags", "list_needed")]
    assert check(POSTS, {"title": "x", "weight": 10**400}) == []


def test_an_id_of_digits_is_referred_to() -> None:
    """YAML reads it as a number: such an author was deleted although they had posts."""
    assert targets(POSTS, Document(fields={"author": 2024, "thanks": [7, "ann", True]})) == [("author", "authors", "2024"), ("thanks", "authors", "7"), ("thanks", "authors", "ann")]


def test_an_id_that_the_entry_itself_names_is_looked_at() -> None:
    """What a program gave as the id of an entry was written into it whatever it was: an object, a path."""
    before = Document(fields={"title": "x", "slug": "hello"})
    codes = [[one.code for one in check(POSTS, {"title": "x", "slug": value}, before=before)] for value in ({"a": 1}, "a/b", "hello", "other")]
    assert codes == [["text_needed"], ["id_slash"], [], []]
    assert check(POSTS, {"title": "x", "slug": {"a": 1}}, before=Document(fields={"title": "x"})) == []
