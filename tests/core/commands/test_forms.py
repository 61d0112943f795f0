"""A form is a command's definition to fill in."""

from __future__ import annotations

import pytest
from core.commands.team import ADMIN, ANN, BOB, KNOWN, OPEN, done
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from leverframe.core.commands.builtin import APPROVE, BUILT_IN, DEPLOY, HISTORY, LOCK, SETTLE
from leverframe.core.commands.definitions import Command, Known
from leverframe.core.commands.forms import Misfilled, form_for, read_form
from leverframe.core.commands.parsing import Parsed
from leverframe.core.conversation import Field
from leverframe.core.errors import PROBLEMS, Locale


def _fields(command: Command, identity: object = ADMIN, locale: Locale = "en", **given: str) -> dict[str, Field]:
    form = form_for(command, BUILT_IN, KNOWN, identity, locale, given=given)  # type: ignore[arg-type]
    return {field.name: field for field in form.fields}


def _values(field: Field) -> list[str]:
    return [choice.value for choice in field.choices]


def test_a_form_has_a_field_for_every_argument() -> None:
    """Services and environments to choose from, a branch to write, options that may be left out, all in the person's language."""
    form = form_for(DEPLOY, BUILT_IN, KNOWN, ADMIN, "ko", context="C0123")
    assert (form.id, form.title, form.submit, form.cancel, form.context) == ("deploy", "배포", "배포", "닫기", "C0123")
    assert [field.name for field in form.fields] == ["service", "environment", "ref", "reason", "dm", "parameters"]
    fields = {field.name: field for field in form.fields}
    assert _values(fields["service"]) == ["web-app", "api", "shop.io"]
    assert _values(fields["environment"]) == ["staging", "production"]
    assert fields["service"].label == "서비스" and fields["service"].required
    assert not fields["ref"].choices and not fields["ref"].required and fields["ref"].hint == "비워 두면 기본 브랜치를 배포합니다."
    assert [choice.label for choice in fields["dm"].choices] == ["예", "아니요"] and fields["dm"].value == "no"


def test_a_form_offers_what_somebody_may_choose() -> None:
    """Who may deploy to staging only sees nothing else."""
    fields = _fields(DEPLOY, BOB)
    assert _values(fields["service"]) == ["web-app", "shop.io"]
    assert _values(fields["environment"]) == ["staging"]
    assert [choice.label for choice in _fields(APPROVE, ANN)["deployment"].choices] == ["web-app → production main"]


def test_a_form_begins_with_what_was_said() -> None:
    """A word that is known is kept; one that cannot be chosen is not."""
    fields = _fields(DEPLOY, service="web-app", environment="nowhere", ref="release/7")
    assert (fields["service"].value, fields["environment"].value, fields["ref"].value) == ("web-app", "", "release/7")


def test_a_form_without_anything_to_choose_is_written() -> None:
    """Where open deployments are not read, an id can still be pasted."""
    field = form_for(APPROVE, BUILT_IN, Known(services=KNOWN.services), ADMIN, "en").fields[0]
    assert not field.choices and field.hint == "Its id: dep_…"


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"service": "web-app", "environment": "staging"}, "deploy web-app staging"),
        ({"service": "web-app", "environment": "staging", "ref": " release/7 ", "dm": "no", "reason": ""}, "deploy web-app staging release/7 --dm=no"),
        (
            {"service": "web-app", "environment": "production", "reason": "the “shop”\nis down", "dm": "yes", "parameters": "a=1\n\nb = x y "},
            "deploy web-app production --reason 'the “shop” is down' --dm a=1 b='x y'",
        ),
    ],
)
def test_a_form_says_the_same_as_a_line(fields: dict[str, str], line: str) -> None:
    """Both are read by one definition."""
    assert read_form(DEPLOY, fields, BUILT_IN, KNOWN, "en") == done(line)


@pytest.mark.parametrize(
    ("command", "fields", "codes"),
    [
        (DEPLOY, {}, {"service": "command_word_missing", "environment": "command_word_missing"}),
        (DEPLOY, {"service": "api", "environment": "staging"}, {"environment": "environment_unknown"}),
        (DEPLOY, {"service": "gone", "environment": "staging"}, {"service": "service_unknown"}),
        (DEPLOY, {"service": "api", "environment": "production", "ref": "a b"}, {"ref": "ref_invalid"}),
        (DEPLOY, {"service": "api", "environment": "production", "parameters": "nonsense"}, {"parameters": "parameter_invalid"}),
        (DEPLOY, {"service": "api", "environment": "production", "reason": "x" * 301}, {"reason": "command_value_long"}),
        (DEPLOY, {"service": "api", "environment": "production", "reason": "x" * 20_000}, {"reason": "command_too_long"}),
        (DEPLOY, {"service": "api", "environment": "production", "reason": "a\u202eb"}, {"reason": "command_character_invalid"}),
        (LOCK, {"service": "api", "environment": "production", "for": "soon"}, {"for": "duration_invalid"}),
        (SETTLE, {"deployment": OPEN, "outcome": "perhaps"}, {"outcome": "choice_unknown"}),
        (HISTORY, {"environment": "production"}, {"service": "command_word_missing"}),
        (replace(HISTORY, arguments=tuple(replace(one, required=False) for one in HISTORY.arguments)), {"environment": "production"}, {"service": "command_word_missing"}),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_at_its_field(command: Command, fields: dict[str, str], codes: dict[str, str]) -> None:
    """Each field has its own sentence, in the person's language."""
    for locale in ("en", "ko"):
        found = read_form(command, fields, BUILT_IN, KNOWN, locale)  # type: ignore[arg-type]
        assert isinstance(found, Misfilled) and found.codes == codes
        assert found.errors.keys() == codes.keys() and all(found.errors.values())


def test_a_field_names_what_could_stand_there() -> None:
    """The environments of the service that was chosen."""
    found = read_form(DEPLOY, {"service": "api", "environment": "staging"}, BUILT_IN, KNOWN, "ko")
    assert isinstance(found, Misfilled)
    assert found.errors == {"environment": "이 서비스에 없는 환경입니다. 대신 쓸 수 있는 값: production"}


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from(list(BUILT_IN)),
    st.dictionaries(st.sampled_from(["service", "environment", "ref", "reason", "for", "deployment", "parameters", "command", "dm", "x"]), st.one_of(st.text(max_size=20), st.sampled_from(["web-app", "staging", OPEN, "2h", "yes"]))),
)  # fmt: skip
def test_no_form_that_is_sent_raises(command: Command, fields: dict[str, str]) -> None:
    """Whatever a client sends is a command or a sentence at a field that the form has."""
    found = read_form(command, fields, BUILT_IN, KNOWN, "en")
    if isinstance(found, Misfilled):
        assert set(found.codes.values()) <= PROBLEMS.keys()
    else:
        assert isinstance(found, Parsed)
