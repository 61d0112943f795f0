"""The table of refusals: whole, in two languages, documented, and the only one."""

from __future__ import annotations

import ast
import re
from itertools import product
from string import Formatter

import pytest

from house.repository import SOURCE, modules, shown
from leverframe.cli.usage import USAGE
from leverframe.config.problems import SENTENCES
from leverframe.core.details import DETAILS
from leverframe.core.errors import PROBLEMS
from leverframe.core.kept_details import KEPT, in_korean, kept, of_definition, sentences

HANGUL = re.compile("[가-힣]")
ENDS = re.compile(r"(\.|: leverframe .+)$")  # a sentence, or the command to type


@pytest.mark.parametrize("code", sorted(PROBLEMS))
def test_a_refusal_says_what_is_wrong_and_what_to_do(code: str) -> None:
    """Every code has a sentence and a remedy in English and in Korean, and an HTTP status that is an error."""
    problem = PROBLEMS[code]
    assert 400 <= problem.status <= 599
    assert all(ENDS.search(text) and not HANGUL.search(text) for text in problem.en)
    assert all(ENDS.search(text) and HANGUL.search(text) for text in problem.ko)
    assert problem.en[0] != problem.en[1]


def test_the_table_is_sorted() -> None:
    """Whoever adds a row finds the place, and no row stands twice."""
    tables = [
        [
            node.args[0].value for node in ast.walk(tree)
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "row" and isinstance(node.args[0], ast.Constant)
        ]
        for path, tree in modules() if path.parent == SOURCE / "core" / "errors"
    ]  # fmt: skip
    assert all(rows == sorted(rows) for rows in tables)
    assert sum(map(len, tables)) == len(PROBLEMS)


def test_only_codes_of_the_table_are_raised() -> None:
    """``Refused("…")`` anywhere names a row that exists."""
    unknown = [
        f"{shown(path)}:{node.lineno} {node.args[0].value}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) == "Refused" and node.args[0].value not in PROBLEMS
    ]
    assert unknown == []


def test_every_row_is_used() -> None:
    """A code that nothing refuses with is not promised to users."""
    words = set()
    for path, tree in modules():
        if path.parent != SOURCE / "core" / "errors":
            words |= {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and isinstance(node.value, str)}
    assert sorted(set(PROBLEMS) - words) == []


def test_details_are_worded_in_one_place() -> None:
    """A sentence of our own is said by ``core.details`` in both languages: beside the code it was English on a Korean hub.

    Names, values and what a vendor said may stand there as they are.
    """
    written = [
        f"{shown(path)}:{node.lineno} {text}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and len(node.args) > 1 and getattr(node.func, "id", "") == "Refused"
        for text in _texts(node.args[1])
        if re.search(r"\b[a-z]{2,} [a-z]{2,}", text)
    ]
    assert written == []


def test_only_details_of_the_table_are_asked_for() -> None:
    """A key that is not there would be a mistake of the hub's instead of a refusal; what its words put in is given."""
    key_at = {"detail": 0, "about": 1, "invalid": 1, "_invalid": 0}
    wrong = []
    for path, tree in modules():
        if not {"leverframe.core.details", "leverframe.sources.teams.fields"} & {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}:
            continue
        for node in ast.walk(tree):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if name not in key_at or len(node.args) <= key_at[name] or not isinstance(key := node.args[key_at[name]], ast.Constant):
                continue
            wanted = {field for _, field, _, _ in Formatter().parse(DETAILS.get(key.value, ("", ""))[0]) if field}
            if key.value not in DETAILS or wanted != {given.arg for given in node.keywords}:
                wrong.append(f"{shown(path)}:{node.lineno} {key.value}")
    assert wrong == []


def test_every_detail_is_said_somewhere() -> None:
    """A row that nothing asks for is taken out."""
    words = {node.value for path, tree in modules() if path.stem not in ("details", "kept_details") for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert sorted(set(DETAILS) - words) == []


def test_what_is_kept_of_attempts_is_said_in_korean_too() -> None:
    """An attempt, a run and a gate keep what went wrong as text: each sentence of the hub's own in it has its Korean. (Degraded is Argo CD's word.)"""
    keep = {"NotSent", "_fail", "Trouble", "Retryable", "Rejected", "Delivered", "NotStarted", "Lost", "Unreachable", "CancelRefused", "Finished", "Ignored", "StorageFailed", "Failed"}
    english = [
        f"{shown(path)}:{node.lineno} {text}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in keep
        for given in [*node.args, *(one.value for one in node.keywords if one.arg in ("detail", "reason"))]
        for text in _texts(given)
        if " " in text and re.search("[a-z]{2,}", text.removeprefix("Degraded")) and not HANGUL.search(kept(text, "ko"))
    ]
    assert english == []


def test_what_is_wrong_with_a_definition_is_said_in_korean_too() -> None:
    """``check`` tells of commands, conditions, keys and templates in the reader's language."""
    kinds = {"CommandInvalid", "TemplateInvalid", "TemplateFailed", "FilterInvalid", "FilterFailed", "PatternInvalid", "KeyInvalid"}
    english = [
        f"{shown(path)}:{node.lineno} {text}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        for name in [node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")]
        if name in kinds or (name == "ValueError" and path.stem == "definitions") or (name == "found" and node.args and getattr(node.args[0], "value", "") in SENTENCES)
        for given in node.args
        for text in _texts(given)
        if re.search("[a-z]{2,} [a-z]", text) and not HANGUL.search(of_definition(text.removesuffix("; 7")).ko)
    ]
    assert english == []


def test_what_is_wrong_with_a_command_line_is_said_in_korean_too() -> None:
    """Each ``BadParameter`` of the commands' own; what Typer says is tried in ``tests/cli/test_usage.py``."""
    known = sentences(USAGE.items())
    english = [
        f"{shown(path)}:{node.lineno} {text}"
        for path, tree in modules()
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "BadParameter"
        for text in _texts(node.args[0])
        if re.search("[a-z]{2,} [a-z]", text) and in_korean(text, known) is None
    ]
    assert english == []


def test_every_korean_of_what_is_kept_has_its_english() -> None:
    """A sentence that is worded anew in the code is worded anew in the table."""
    written = [
        text for path, tree in modules() if path.stem != "kept_details"
        for node in ast.walk(tree) if isinstance(node, ast.Constant | ast.JoinedStr) for text in _texts(node)
    ]  # fmt: skip
    parts = {en: max((before for before, *_ in Formatter().parse(en)), key=len) for en in KEPT}
    assert [en for en, part in parts.items() if not any(part in text for text in written)] == []


def _texts(node: ast.expr) -> list[str]:
    """Return the words that an expression may be, as far as they are written down there; what is put in is a 7."""
    match node:
        case ast.Constant(value=str(text)):
            return [text]
        case ast.JoinedStr(values=values):
            return ["".join(parts) for parts in product(*(_texts(value) or ["7"] for value in values))]
        case ast.FormattedValue(value=value, conversion=conversion):
            return ["'7'"] if conversion == ord("r") else _texts(value)
        case ast.Subscript(value=value):
            return _texts(value)
        case ast.BoolOp(values=values):
            return [text for value in values for text in _texts(value)]
        case ast.IfExp(body=body, orelse=orelse):
            return [*_texts(body), *_texts(orelse)]
        case ast.BinOp(left=left, right=right):
            return [before + after for before in _texts(left) or ["7"] for after in _texts(right) or ["7"]]
        case _:
            return []
