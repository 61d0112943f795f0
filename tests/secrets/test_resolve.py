"""Secrets: what a reference gives, what refuses it, and that nothing ever shows it."""

import json
import pickle
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from leverframe.secrets import Secret, SecretError, resolve


@pytest.mark.parametrize(
    ("reference", "value", "shown"),
    [
        ("env:TOKEN", "xoxb-1", "env:TOKEN"),
        ("file:token", "from a file", "file:token"),
        ("file:windows", "line", "file:windows"),
        ("written down", "written down", "literal"),
        ("https://hooks.slack.com/services/T/B/x", "https://hooks.slack.com/services/T/B/x", "literal"),
        ("env:WITH_COLON", "user:word", "env:WITH_COLON"),
        ("12:34", "12:34", "literal"),
    ],
)
def test_a_reference_gives_its_value(reference: str, value: str, shown: str, tmp_path: Path) -> None:
    """env, file (without one trailing newline, relative to the folder) and literal values are resolved."""
    (tmp_path / "token").write_text("from a file\n")
    (tmp_path / "windows").write_bytes(b"line\r\n")
    secret = resolve(reference, folder=tmp_path, environ={"TOKEN": "xoxb-1", "WITH_COLON": "user:word"})
    assert (secret.reveal(), secret.reference) == (value, shown)


def test_only_one_trailing_newline_is_removed(tmp_path: Path) -> None:
    """A secret that itself ends with a newline keeps it."""
    (tmp_path / "token").write_text("value\n\n")
    assert resolve("file:token", folder=tmp_path).reveal() == "value\n"


@pytest.mark.parametrize(
    ("reference", "code", "subject"),
    [
        ("env:MISSING", "secret_env_missing", "MISSING"),
        ("env:EMPTY", "secret_empty", "env:EMPTY"),
        ("env:BLANK", "secret_empty", "env:BLANK"),
        ("env:", "secret_env_missing", "env:"),  # "The environment variable  is not set."
        ("file:", "secret_file_unreadable", "file: (Is a directory)"),
        ("file:absent", "secret_file_unreadable", "absent (No such file or directory)"),
        ("file:binary", "secret_file_unreadable", "binary (not UTF-8 text)"),
        ("file:empty", "secret_empty", "file:empty"),
        ("vault:kv/hub#token", "secret_scheme_unsupported", "vault"),
        ("ENV:TOKEN", "secret_scheme_unsupported", "ENV"),
        ("ssm:/prod/gh", "secret_scheme_unsupported", "ssm"),
        ("hunter2:hunter3", "secret_scheme_unsupported", "…"),
        ("", "secret_empty", '""'),
    ],
)
def test_what_gives_no_secret_is_an_error_that_names_it(reference: str, code: str, subject: str, tmp_path: Path) -> None:
    """Each way of having no secret has its own code, and names the variable, file or scheme.

    ``ENV:TOKEN`` and ``ssm:/prod/gh`` were taken as the secrets themselves, with a warning: GitHub signed with another one. What stands
    before the colon of something unknown is not shown: it may be half of a value.
    """
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(SecretError) as caught:
        resolve(reference, folder=tmp_path, environ={"EMPTY": "", "BLANK": "  "})
    assert (caught.value.code, caught.value.subject) == (code, subject)


class Settings(BaseModel):
    token: Secret
    others: list[Secret] = []


def test_a_secret_is_never_shown() -> None:
    """repr, str, format, a model's repr and dump show *** and pickling is refused."""
    settings = Settings.model_validate({"token": "hunter2", "others": ["hunter3"]})
    for shown in (repr(settings), str(settings.token), f"{settings.token:>5}", repr(settings.model_dump()), settings.model_dump_json(), repr([settings.token])):
        assert "hunter" not in shown and "***" in shown
    assert json.loads(settings.model_dump_json())["others"] == ["***"]
    with pytest.raises(TypeError):
        pickle.dumps(settings.token)


def test_a_model_reads_references_in_its_context(tmp_path: Path) -> None:
    """A room's settings model resolves references against the folder and environment in the validation context."""
    (tmp_path / "token").write_text("t\n")
    context = {"folder": tmp_path, "environ": {"ONE": "1"}}
    settings = Settings.model_validate({"token": "file:token", "others": ["env:ONE", "two"]}, context=context)
    assert [settings.token.reveal(), *(other.reveal() for other in settings.others)] == ["t", "1", "two"]


def test_a_model_refuses_without_showing_the_value() -> None:
    """A reference that gives nothing is a validation error with the code, and the input is not echoed by the message."""
    with pytest.raises(ValidationError) as caught:
        Settings.model_validate({"token": "env:NOPE"}, context={"environ": {}})
    (error,) = caught.value.errors()
    assert (error["type"], error["msg"], error["loc"]) == ("secret_env_missing", "NOPE", ("token",))
