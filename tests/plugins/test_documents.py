"""The pages for plugin authors are executed: their plugins are read, their tests pass."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from leverframe.config import load

DOCS = Path(__file__).parents[2] / "docs" / "how-to"
PAGES = ["plugins.md", "from-hubot.md"]
BLOCK = re.compile(r"^```python\n# (\S+\.py)\n(.*?)^```", re.MULTILINE | re.DOTALL)


@pytest.fixture(params=PAGES)
def written(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A folder with every file that a page shows."""
    found = BLOCK.findall((DOCS / request.param).read_text())
    assert found
    for name, code in found:
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(code)
    return tmp_path


@pytest.mark.parametrize("page", PAGES)
def test_the_korean_page_shows_the_same_code(page: str) -> None:
    """What runs for the one runs for the other."""
    assert BLOCK.findall((DOCS / page).read_text()) == BLOCK.findall((DOCS / page.replace(".md", ".ko.md")).read_text())


def test_every_plugin_of_the_page_adds_something(written: Path) -> None:
    """``check`` would find nothing wrong with them, not even a warning."""
    (written / "leverframe.toml").write_text('[plugins]\nfolder = "plugins"\n[chats.playground]\n')
    config = load(written / "leverframe.toml", {})
    assert config.warnings == ()
    assert {plugin.name for plugin, _ in config.plugins} == {path.stem for path in (written / "plugins").glob("*.py")}
    assert all(plugin.adds() for plugin, _ in config.plugins)


def test_every_test_of_the_page_passes(written: Path) -> None:
    """As they stand there, run where an author would run them."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"]
    ran = subprocess.run(command, cwd=written, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout[-4000:]
