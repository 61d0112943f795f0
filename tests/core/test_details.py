"""What refusals say in their details: in both languages, from one table."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from pydantic import BaseModel, ValidationError

from leverframe.config.problems import TOML, of_toml
from leverframe.core.details import DETAILS, OF_FIELDS, Detail, Unusable, about, detail, of_field
from leverframe.core.errors import Refused, document

HANGUL = re.compile("[가-힣]")


@pytest.mark.parametrize("key", DETAILS)
def test_a_detail_is_said_in_both_languages(key: str) -> None:
    """English without Korean letters, Korean with them, and each puts in the same values."""
    en, ko = DETAILS[key]
    assert en and not HANGUL.search(en) and HANGUL.search(ko)
    assert _fields(en) == _fields(ko)


def _fields(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field is not None}


def test_the_table_is_sorted() -> None:
    """Whoever adds a detail finds the place."""
    assert list(DETAILS) == sorted(DETAILS)
    assert list(OF_FIELDS) == sorted(OF_FIELDS)


def test_a_problem_document_follows_its_language() -> None:
    """On a Korean hub title and remedy were Korean and the detail was English: both are asked for by one word now."""
    refused = Refused("hook_field_invalid", about("payloadUrl", "may_not_be_empty"))
    assert document(refused)["detail"] == "payloadUrl: may not be empty"
    assert document(refused, "ko")["detail"] == "payloadUrl: 비울 수 없음"
    assert (refused.detail, str(refused)) == ("payloadUrl: may not be empty", "hook_field_invalid: payloadUrl: may not be empty"), "logs and the audit"


def test_what_was_met_is_the_same_in_both() -> None:
    """A name, a value or a vendor's words are not translated."""
    refused = Refused("source_unknown", "githup")
    assert document(refused)["detail"] == document(refused, "ko")["detail"] == "githup"
    assert "detail" not in document(Refused("source_unknown"), "ko")


def test_two_things_are_said_after_each_other() -> None:
    """Why not, and who could."""
    both = detail("grant_missing", actor="person:bo", wanted="admin").then(detail("roles_that_do", roles="ops"))
    assert both == Detail("person:bo has no grant for admin; roles that do: ops", "person:bo에게 admin 권한이 없음; 할 수 있는 역할: ops")


class Form(BaseModel):
    """Fields that are wrong in as many ways."""

    name: str
    count: int = 1


@pytest.mark.parametrize(
    ("given", "ko"),
    [({}, "없음"), ({"name": 1}, "글자여야 함"), ({"name": "a", "count": "x"}, "정수여야 함")],
)  # fmt: skip
def test_a_field_that_pydantic_refuses_is_told_in_both(given: dict[str, object], ko: str) -> None:
    """English is pydantic's own; a kind of error that is not in the table stays English."""
    with pytest.raises(ValidationError) as raised:
        Form.model_validate(given)
    error = raised.value.errors()[0]
    assert of_field(error["type"], error["msg"], error.get("ctx", {})) == Detail(error["msg"], ko)
    assert of_field("uuid_version", "UUID version 4 expected", {}) == Detail("UUID version 4 expected", "UUID version 4 expected")
    ours = Unusable(detail("write_folder"))
    assert of_field("value_error", f"Value error, {ours}", {"error": ours}) == detail("write_folder")


@pytest.mark.parametrize(
    ("said", "ko"),
    [
        ("Invalid value", "값으로 읽을 수 없음"), ("Cannot declare ('hub',) twice", "('hub',) 섹션이 두 번 있음"), ("Illegal character '\\n'", "쓸 수 없는 문자 '\\n'"),
        ("Unescaped '\\' in a string", "문자열 안의 \\는 \\\\로 씀"), ("Unclosed inline table", "{ }가 닫히지 않음"),
        ("Something of a later Python", "Something of a later Python"),
    ],
)  # fmt: skip
def test_what_is_no_toml_is_told_in_both(said: str, ko: str) -> None:
    """The few sentences of tomllib that people meet have a Korean one."""
    assert of_toml(said) == Detail(said[:1].lower() + said[1:], ko)
    assert all(HANGUL.search(korean) for korean in TOML.values())
