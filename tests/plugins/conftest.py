"""Plugins for tests: a file with some code, and a hub that runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest

from leverframe.web.slack import SlackDoors
from leverframe.work import extend


@pytest.fixture(autouse=True)
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """No command is answered with "Working on it" because the machine is busy; a process of a plugin's own takes seconds to begin then."""
    monkeypatch.setattr(extend, "SOON_S", 30.0)
    monkeypatch.setitem(SlackDoors.__init__.__kwdefaults__, "patience_s", 40.0)


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., Path]:
    """Write a plugin and return its file."""

    def write(code: str, name: str = "sample") -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text("from leverframe.plugins import *\n" + dedent(code))
        return path

    return write
