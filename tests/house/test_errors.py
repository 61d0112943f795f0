"""The table of refusals: whole, in two languages, documented, and the only one."""

from __future__ import annotations

import ast
import re

import pytest

from house.repository import SOURCE, modules, shown
from leverframe.core.errors import PROBLEMS

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
