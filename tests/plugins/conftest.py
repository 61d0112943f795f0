"""Plugins for tests: a file with some code, and a hub that runs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from textwrap import dedent

import pytest


@pytest.fixture
def plugin(tmp_path: Path) -> Callable[..., Path]:
    """Write a plugin and return its file."""

    def write(code: str, name: str = "sample") -> Path:
        path = tmp_path / f"{name}.py"
        path.write_text("from leverframe.plugins import *\n" + dedent(code))
        return path

    return write
