"""Forms as Slack's modals: within its limits, and read when they come back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from fakes import slack_views
from hypothesis import given
from hypothesis import strategies as st

from leverframe.chats.slack import forms
from leverframe.core.conversation import Choice, Field, Form, Place
from leverframe.core.messages import Button, Buttons, Message, Text

AT = Place(chat="slack", room="C1", room_name="ops", thread="1700000000.000100")


def choices(count: int, *, width: int = 0) -> tuple[Choice, ...]:
    """Return so many services."""
    return tuple(Choice(value=f"service-{at}".ljust(width, "x"), label=f"Service {at}".ljust(width, "x")) for at in range(count))


def form(*fields: Field, **changed: Any) -> Form:
    """Return a form that asks what to deploy."""
    return Form(**({"id": "deploy", "title": "Deploy", "submit": "Deploy", "cancel": "Cancel", "fields": fields} | changed))


def test_a_form_is_a_view() -> None:
    """Selects, lines and hints; the place that it was opened from travels with it."""
    view = forms.view(
        form(
            Field(name="service", label="Service", choices=choices(2), value="service-1"),
            Field(name="ref", label="Branch or tag", hint="the default branch", required=False, value="main"),
            Field(name="reason", label="이유", multiline=True, max_length=200),
            context="asked",
        ),
        AT,
    )
    assert slack_views.faults(view) == []
    assert view["callback_id"] == "deploy" and view["submit"]["text"] == "Deploy" and view["close"]["text"] == "Cancel"
    service, ref, reason = view["blocks"]
    assert service["element"]["initial_option"] == {"text": {"type": "plain_text", "text": "Service 1", "emoji": True}, "value": "service-1"}
    assert (ref["optional"], ref["hint"]["text"], ref["element"]["initial_value"]) == (True, "the default branch", "main")
    assert (reason["optional"], reason["element"]["multiline"], reason["element"]["max_length"]) == (False, True, 200)
    assert forms.place("slack", view["private_metadata"], "U1") == AT
    assert forms.context(view["private_metadata"]) == "asked"


@pytest.mark.parametrize(("count", "kind", "groups"), [(1, "static_select", 0), (100, "static_select", 0), (101, "static_select", 2),
                                                       (10_000, "static_select", 100), (10_001, "external_select", 0)])  # fmt: skip
def test_any_number_of_choices_can_be_chosen_from(count: int, kind: str, groups: int) -> None:
    """A hundred are a select, ten thousand a select in groups, more are asked for while somebody types."""
    view = forms.view(form(Field(name="service", label="Service", choices=choices(count), value=f"service-{count - 1}")), AT)
    element = view["blocks"][0]["element"]
    assert slack_views.faults(view) == []
    assert (element["type"], len(element.get("option_groups", []))) == (kind, groups)
    assert element["initial_option"]["value"] == f"service-{count - 1}"


def test_choices_that_slack_could_not_carry_are_typed() -> None:
    """A value that is too long for an option makes the field a line of text: nothing is left out in silence."""
    view = forms.view(form(Field(name="service", label="Service", choices=choices(2, width=151))), AT)
    assert slack_views.faults(view) == []
    assert view["blocks"][0]["element"]["type"] == "plain_text_input"


def test_too_many_options_are_cut_where_somebody_types() -> None:
    """The answer to an external select holds at most a hundred options."""
    assert len(forms.options(choices(500))) == 100
    assert forms.options(choices(1, width=151)) == []


words = st.text(max_size=200)


@given(
    title=words, submit=words, cancel=words, label=words, hint=words, value=words, options=st.lists(st.tuples(words, words), max_size=120),
    max_length=st.none() | st.integers(1, 5_000),
)  # fmt: skip
def test_any_words_make_a_view_that_slack_takes(
    title: str, submit: str, cancel: str, label: str, hint: str, value: str, options: list[tuple[str, str]], max_length: int | None
) -> None:
    """Whatever is written in a title, a label or a choice: it is shortened, never refused."""
    field = Field(name="f", label=label, hint=hint, value=value, max_length=max_length, choices=tuple(Choice(value=v, label=t) for v, t in options))
    assert slack_views.faults(forms.view(form(field, title=title, submit=submit, cancel=cancel), AT)) == []


@pytest.mark.parametrize("locale", ["en", "ko"])
def test_what_is_shown_before_and_after_a_form_is_a_view_too(locale: Any) -> None:
    """The one that waits, the one that says it is done, and the one that says a message."""
    message = Message(headline=(Text("No grant"),), blocks=(Buttons((Button("Why", action="why"),)),), tone="bad")
    for view in (forms.loading(locale), forms.told(None, locale, {}), forms.told(message, locale, {}), forms.told(forms.working(locale), locale, {})):
        assert slack_views.faults(view) == []


@pytest.mark.parametrize("metadata", ["", "null", "[]", "{", '{"room":7}', '{"room":""}', "x" * 3_000, "[" * 3_000])
def test_a_view_that_says_nothing_of_its_place_is_of_the_person(metadata: str) -> None:
    """Metadata of another app, or of none, breaks nothing."""
    assert forms.place("slack", metadata, "U1") == Place(chat="slack", room="U1")
    assert forms.context(metadata) == ""


def test_values_that_were_not_given_are_empty() -> None:
    """A field that was left alone comes as null, and is an empty text."""
    state = {"a": {"a": {"type": "plain_text_input", "value": None}}, "b": {"b": {"type": "static_select", "selected_option": None}}, "c": 7, "d": {"d": 7}}
    assert forms.submitted(state) == {"a": "", "b": "", "d": ""}


def test_the_metadata_is_small() -> None:
    """What travels with a form stays far below Slack's 3,000 characters."""
    at = Place(chat="slack", room="C" * 30, room_name="x" * 500, thread="1700000000.000100")
    view = forms.view(form(Field(name="f", label="F"), context="c" * 2_000), at)
    assert len(view["private_metadata"]) < 3_000 and json.loads(view["private_metadata"])["context"] == "c" * 2_000
