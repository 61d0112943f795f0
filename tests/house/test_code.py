"""How the code is kept: small files, a pure core, floors, a docstring on what others call."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator

from house.repository import ROOT, SOURCE, modules, shown

LONGEST = 500


def test_no_module_is_too_long() -> None:
    """A module of more than 500 lines is two modules."""
    lengths = {shown(path): len(path.read_text().splitlines()) for path, _ in modules()}
    assert {path: lines for path, lines in lengths.items() if lines > LONGEST} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    """A module is called after what it holds."""
    nothing = {"base", "common", "helper", "helpers", "manager", "misc", "util", "utils"}
    assert [shown(path) for path, _ in modules() if path.stem in nothing or path.parent.name in nothing] == []


def test_floors_hold() -> None:
    """The import contracts of pyproject.toml are kept: floors, rooms, the pure core."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    checked = subprocess.run([sys.executable, "-c", program, "--no-cache", "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_the_core_neither_waits_nor_asks_the_clock() -> None:
    """What core decides follows from what it is given: no async, no present time, no chance, no files, no output."""
    asked = {"now", "utcnow", "today", "uuid1", "uuid4", "token_bytes", "token_hex", "token_urlsafe", "open", "print", "input"}
    found = []
    for path, tree in modules():
        if not path.is_relative_to(SOURCE / "core"):
            continue
        for node in ast.walk(tree):
            called = node.func if isinstance(node, ast.Call) else None
            name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
            if isinstance(node, ast.AsyncFunctionDef | ast.Await) or name in asked:
                found.append(f"{shown(path)}:{node.lineno} {name}")
    assert found == []


def test_every_public_function_has_a_docstring() -> None:
    """Who calls a function or a method need not read its body.

    Methods that a foreign base class asks for are that class's to explain, and a function of ``core/wording`` is the sentence it says.
    """
    bare = [
        f"{shown(path)}:{function.lineno} {function.name}"
        for path, tree in modules()
        if path.parent not in (SOURCE / "core" / "wording" / "en", SOURCE / "core" / "wording" / "ko")
        for function in _public(tree)
        if ast.get_docstring(function) is None
    ]
    assert bare == []


def test_every_module_has_a_docstring() -> None:
    """The first line of a file says what it is for."""
    assert [shown(path) for path, tree in modules() if tree.body and ast.get_docstring(tree) is None] == []


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("_"):
            yield node
        if isinstance(node, ast.ClassDef) and not node.name.startswith("_") and all(ast.unparse(base) == "Protocol" for base in node.bases):
            yield from (
                item for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not item.name.startswith("_")
            )
