"""A route's own wording: what a template can say, what it cannot, and what it costs at most."""

from __future__ import annotations

import subprocess
import sys
import tracemalloc
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from leverframe.core.events import Actor, Event, Subject
from leverframe.core.messages import Bold, Bullets, Code, Link, Message, Paragraph, Quote, Text, plain
from leverframe.templates import OUTPUT_MAX, TemplateFailed, TemplateInvalid, compile_template

SEOUL = ZoneInfo("Asia/Seoul")
HOSTILE = "**bold** [click](https://evil.example) `code`\n> quoted\n- point"


def event(**payload: Any) -> Event:
    return Event(
        id=1, source="github", kind="github", name="pull_request", action="opened", delivery_id="d-1",
        received_at=datetime(2026, 11, 21, 7, 3, tzinfo=UTC), repo="acme/web", actor=Actor(login="dependabot[bot]", is_bot=True), subject=None,
        branches=("main",), labels=("bug",), paths=None, conclusion=None, environment=None, url="https://github.com/acme/web/pull/1", payload=payload,
    )  # fmt: skip


def say(template: str, **payload: Any) -> Message:
    return compile_template(template).render(event(**payload), "ko", SEOUL)


def test_a_template_says_what_it_is_made_for() -> None:
    """Headline, paragraphs, quotation and bullets come from the markup; values, loops and conditions from Jinja2."""
    template = (
        "**{{ repo }}**: [{{ payload.title }}]({{ url }})\n"
        "by `{{ actor.login }}` at {{ event.received_at | time }}\n"
        "{% if actor.is_bot %}\n"
        "> {{ payload.body }}\n"
        "{% endif %}\n"
        "{% for commit in payload.commits %}\n"
        "- {{ loop.index }}. {{ commit.message.splitlines()[0] }}\n"
        "{% endfor %}\n"
    )
    said = say(template, title="Fix it", body="Because.", commits=[{"message": "one\n\nmore"}, {"message": "two"}])
    assert said == Message(
        headline=(Bold("acme/web"), Text(": "), Link("Fix it", "https://github.com/acme/web/pull/1")),
        blocks=(
            Paragraph((Text("by "), Code("dependabot[bot]"), Text(" at 2026-11-21 16:03"))),
            Quote((Text("Because."),)),
            Bullets(((Text("1. one"),), (Text("2. two"),))),
        ),
    )


@pytest.mark.parametrize(
    "expression",
    ["payload.title", "payload.title | upper | lower", "payload.title ~ ''", "payload.titles | join('')", "'' + payload.title", "payload.title | replace('', '')"],
)
def test_a_value_formats_nothing(expression: str) -> None:
    """However a value reaches the output, its marks are shown, link nothing and begin no block."""
    said = say(f"Title: {{{{ {expression} }}}}\n> {{{{ {expression} }}}}", title=HOSTILE.lower(), titles=[HOSTILE.lower()])
    assert said.headline == (Text("Title: " + HOSTILE.lower().replace("\n", " ")),)
    assert said.blocks == (Quote((Text(HOSTILE.lower()),)),)


def test_an_address_from_a_payload_is_a_web_address_or_text() -> None:
    """A link whose address is not http or https is shown as it is written."""
    assert say("[open]({{ payload.url }})", url="javascript:alert(1)").headline == (Text("[open](javascript:alert(1))"),)


def test_keys_win_over_methods() -> None:
    """A payload's key is read where a dict has a method of the same name."""
    assert say("{{ payload.items }} {{ payload.other.items() | length }}", items="three", other={"a": 1}).headline == (Text("three 1"),)


@pytest.mark.parametrize("value", ["2026-11-21T07:03:00Z", 1_795_244_580, datetime(2026, 11, 21, 7, 3, tzinfo=UTC)])
def test_times_are_shown_in_the_hubs_zone(value: object) -> None:
    """GitHub's two ways to write an instant, and the event's own."""
    assert say("{{ payload.at | time }}", at=value).headline == (Text("2026-11-21 16:03"),)


INVALID = {
    "an open tag": ("fine\n{% if payload %}", 2, "endif"),
    "an unknown name": ("fine\n\n{{ paylod.title }}", 3, "paylod"),
    "an unknown filter": ("{{ payload.title | shout }}", 1, "shout"),
    "a filter that makes markup": ("{{ payload.title | safe }}", 1, "safe"),
    "an unknown test": ("{{ payload is odd_looking }}", 1, "odd_looking"),
    "a function": ("{{ range(10) }}", 1, "range"),
    "a macro": ("fine\n{% macro m() %}{% endmacro %}", 2, "macro"),
    "an include": ("{% include 'other' %}", 1, "include"),
    "a set block": ("{% set x %}**{{ payload.title }}**{% endset %}{{ x }}", 1, "assignblock"),
    "too long": ("x" * 20_001, 1, "20000"),
}  # fmt: skip


@pytest.mark.parametrize(("template", "line", "reason"), INVALID.values(), ids=INVALID)
def test_a_mistake_is_found_when_the_template_is_read(template: str, line: int, reason: str) -> None:
    """What can be known without an event is told at once, with its line."""
    with pytest.raises(TemplateInvalid) as caught:
        compile_template(template)
    assert caught.value.line == line
    assert reason in caught.value.reason


FAILING = {
    "a value that is not there": ("fine\n{{ payload.nothing }}", 2, "nothing"),
    "a value of what is not there": ("{{ payload.nothing.more }}", 1, "nothing"),
    "a division by zero": ("fine\nfine\n{{ 1 / 0 }}", 3, "ZeroDivisionError"),
    "a value of the wrong kind": ("{{ payload.title | time }}", 1, "ValueError"),
    "a whole object": ("{{ payload }}", 1, "name one of its values (title, long)"),
    "a hidden attribute": ("{{ payload.title.__class__ }}", 1, "unsafe"),
    "a method that is not allowed": ("{{ payload.title.center(1000000000) }}", 1, "not safely callable"),
    "formatting by a value": ("{{ payload.title % 1 }}", 1, "%"),
    "a long repetition": ("{{ 'x' * 1000000000 }}", 1, "*"),
    "a power": ("{{ 9 ** 9 ** 9 }}", 1, "**"),
    "a long replacement": ("{{ payload.long | replace('a', payload.long) }}", 1, "replace"),
    "a long joining": ("{{ payload.long | list | join(payload.long) }}", 1, "join"),
    "a doubled text": ("{% set a = payload.long %}" + "{% set a = a ~ a %}" * 28 + "{{ a }}", 1, "~ makes more than"),
    "a text added to itself": ("{% set a = payload.long %}" + "{% set a = a + a %}" * 28 + "{{ a }}", 1, "+ makes more than"),
    "a list added to itself": ("{% set a = [1] %}" + "{% set a = a + a %}" * 40 + "{{ a | length }}", 1, "+ makes more than"),
    "a number multiplied by itself": ("{% set a = 9 %}" + "{% set a = a * a %}" * 28 + "{{ a }}", 1, "*"),
    "a list of long texts": ("{{ payload.long | list | map('replace', 'a', payload.long) | list | length }}", 1, "makes more than"),
    "long texts from short ones": ("{{ payload.long | list | map('default', payload.long) | map('replace', 'a', payload.long) | join }}", 1, "makes more than"),
    "a sum of lists": ("{{ [[1], [2]] | sum(start=[]) }}", 1, "numbers"),
    "a list inside a text": ("{% set a = [1, 1] %}" + "{% set a = [a, a] %}" * 28 + "{{ a ~ '' }}", 1, "whole lists"),
    "long loops": ("{% for a in payload.long %}{% for b in payload.long %}{% endfor %}{% endfor %}", 1, "10000 rounds"),
    "nothing said": ("{% if false %}x{% endif %}", None, "says nothing"),
}  # fmt: skip


@pytest.mark.parametrize(("template", "line", "reason"), FAILING.values(), ids=FAILING)
def test_a_failure_on_an_event_is_one_error(template: str, line: int | None, reason: str) -> None:
    """Whatever goes wrong while rendering is a TemplateFailed, with the line where there is one."""
    with pytest.raises(TemplateFailed) as caught:
        say(template, title="a title", long="a" * 5_000)
    assert caught.value.line == line
    assert reason in caught.value.reason
    assert caught.value.code == "template_failed"


def test_what_templates_put_together_is_not_in_the_way() -> None:
    """``~`` was compiled to a plain joining that nothing bounded; what ordinary templates do with it and its like goes on."""
    template = (
        "{% set who = actor.login ~ ' (' ~ payload.commits | length ~ ')' %}{{ who }}: {{ payload.commits | map(attribute='n') | sum }}"
        " {{ payload.commits | map(attribute='message') | join(', ') }} {{ 'a' + 'b' }} {{ 2 * 3 + 1.5 }} {{ payload.none ~ 1 }} {{ ('x' ~ 'y') ~ 'z' }}"
    )
    said = say(template, commits=[{"message": "one", "n": 1}, {"message": "two", "n": 2}], none=None)
    assert plain(said) == "dependabot[bot] (2): 3 one, two ab 7.5 None1 xyz"


def test_a_failing_template_takes_no_memory() -> None:
    """A template of 449 characters made a text of 268 MB, already when the configuration was checked."""
    template = compile_template("{% set a = payload.title %}" + "{% set a = a ~ a %}" * 23 + "{{ a }}")
    tracemalloc.start()
    try:
        with pytest.raises(TemplateFailed):
            template.render(event(title="x" * 32), "en", SEOUL)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


def test_a_long_output_is_cut() -> None:
    """A long value does not make a message that no room takes; it ends with "…"."""
    said = say("{{ payload.body }}{{ payload.body }}", body="b" * 6_000)
    (text,) = said.headline
    assert isinstance(text, Text)
    assert (len(text.text), text.text[-1]) == (OUTPUT_MAX + 1, "…")


def test_jinja_is_imported_with_the_first_template() -> None:
    """A hub without templates does not pay for them."""
    program = "import sys; from leverframe import templates; assert 'jinja2' not in sys.modules; templates.compile_template('x'); assert 'jinja2' in sys.modules"
    subprocess.run([sys.executable, "-c", program], check=True, env={"PYTHONPATH": ":".join(sys.path)})


def test_whole_values_of_ours_show_what_people_call_them() -> None:
    """``{{ actor }}`` is the login, ``{{ subject }}`` the title, ``{{ event }}`` its full name."""
    about = replace(event(), subject=Subject(kind="pull_request", key="acme/web#1", number=1, title="Fix *it*"))
    said = compile_template("{{ actor }}: {{ event.subject }} ({{ event }})").render(about, "en", SEOUL)
    assert plain(said) == "dependabot[bot]: Fix *it* (pull_request.opened)"


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("{{ actor.name }}", "actor has no name; it has avatar_url, is_bot, login, url"),
        ("a\n{% if subject.titel %}x{% endif %}", "line 2: subject has no titel; it has key, kind, number, title, url"),
        ("{{ event.actor.name }}", "actor has no name"),
        ("{{ event.repository }}", "event has no repository"),
        ("{{ repo.full_name }}", "repo has no full_name; it is text"),
    ],
)
def test_an_attribute_that_is_none_is_told_before_any_event(template: str, reason: str) -> None:
    """What we know to have no such attribute is refused when the template is read, with what there is."""
    with pytest.raises(TemplateInvalid) as caught:
        compile_template(template)
    assert reason in str(caught.value)
