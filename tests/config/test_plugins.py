"""``[plugins]``: what is wrong with one is told with its place, and hides nothing of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from config.wrong_plugins import FOLDER, WRONG_PLUGINS

from leverframe.config import ConfigErrors, load

REST = '[sources.github]\nsecrets = ["env:S"]\n'


def found(path: Path, text: str, files: dict[str, str]) -> list[tuple[int, str, str]]:
    """Return what is found: line, key and code."""
    (path / "plugins").mkdir()
    for name, source in files.items():
        (path / "plugins" / name).write_text(source)
    (path / "leverframe.toml").write_text(text + REST)
    try:
        return [(one.line, one.key, one.code) for one in load(path / "leverframe.toml", {"S": "s"}).warnings]
    except ConfigErrors as error:
        return [(one.line, one.key, one.code) for one in error.findings]


@pytest.mark.parametrize(("files", "text", "expected"), [case[1:] for case in WRONG_PLUGINS], ids=[case[0] for case in WRONG_PLUGINS])
def test_what_is_wrong_with_a_plugin_is_told(tmp_path: Path, files: dict[str, str], text: str, expected: list[tuple[int, str, str]]) -> None:
    """Each with its line, its key and its code."""
    assert found(tmp_path, text, files) == expected


def test_a_plugin_adds_a_command(tmp_path: Path) -> None:
    """It is in the registry beside the hub's own."""
    source = 'from leverframe.plugins import command\n\n@command(acts=False, free=True)\nasync def ping() -> str:\n    "Say whether the hub is there."\n    return "pong"\n'
    assert found(tmp_path, FOLDER, {"pings.py": source}) == []
    config = load(tmp_path / "leverframe.toml", {"S": "s"})
    assert config.registry.find("ping") is not None
