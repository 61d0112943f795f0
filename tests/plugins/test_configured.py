"""``[plugins]``: what is read, what is told about what is wrong with it, and that nothing is read without it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from leverframe.config import Config, ConfigErrors, load
from leverframe.plugins import loading

Write = Callable[..., Path]
PING = '@command(acts=False, free=True)\ndef ping() -> str:\n    "Say pong."\n    return "pong"\n'


def read(folder: Path, toml: str) -> Config:
    """Return what a configuration in ``folder`` says."""
    (folder / "leverframe.toml").write_text(toml)
    return load(folder / "leverframe.toml", {"TOKEN": "hunter2"})


def codes(folder: Path, toml: str) -> list[tuple[str, str]]:
    """Return code and detail of everything that is wrong."""
    with pytest.raises(ConfigErrors) as refused:
        read(folder, toml)
    return [(finding.code, finding.detail) for finding in refused.value.findings if finding.severity == "error"]


def test_a_folder_is_read_whole_but_for_what_is_none(plugin: Write, tmp_path: Path) -> None:
    """Files and packages by their names; what begins with ``_`` is not read, nor what is not enabled."""
    plugin(PING)
    plugin("raise OSError", "_helpers")
    plugin("raise OSError", "off")
    package = tmp_path / "many"
    package.mkdir()
    (package / "__init__.py").write_text("from .inner import pong\n")
    (package / "inner.py").write_text('from leverframe.plugins import command\n@command()\ndef pong() -> None:\n    "Pong."\n')
    config = read(tmp_path, '[plugins]\nfolder = "."\n[plugins.off]\nenabled = false\n')
    assert [(one.name, one.adds()) for one, _ in config.plugins] == [("many", ["command pong"]), ("sample", ["command ping"])]
    assert config.registry.find("pong") is not None


def test_its_own_keys_are_the_plugins(plugin: Write, tmp_path: Path) -> None:
    """References to secrets are resolved wherever they stand, and shown nowhere."""
    plugin(PING)
    config = read(tmp_path, '[plugins]\nfolder = "."\n[plugins.sample]\ntimeout = 3\nurl = "https://x"\nkeys = { a = "env:TOKEN" }\n')
    [(one, _)] = config.plugins
    assert (one.timeout_s, dict(one.settings)) == (3.0, {"url": "https://x", "keys": {"a": "hunter2"}})
    assert "hunter2" not in repr(config.plugins)


def test_an_installed_package_is_a_plugin_once_it_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Being installed alone does nothing: what runs in the hub is written down in its configuration."""
    (tmp_path / "acme_plugin.py").write_text("from leverframe.plugins import *\n" + PING)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(loading, "entry_points", lambda group: [EntryPoint("acme", "acme_plugin", group)])
    assert read(tmp_path, "[plugins]\n").plugins == ()
    [(one, _)] = read(tmp_path, "[plugins.acme]\n").plugins
    assert (one.where, one.adds()) == ("acme_plugin", ["command ping"])


@pytest.mark.parametrize("isolated", ["false", "true"])
def test_a_plugin_that_cannot_be_read_is_named_with_its_line(plugin: Write, tmp_path: Path, isolated: str) -> None:
    """The exception and the line of the plugin's own file."""
    plugin("\nx = 1\nraise LookupError('no such thing')\n")
    [(code, detail)] = codes(tmp_path, f'[plugins]\nfolder = "."\n[plugins.sample]\nisolated = {isolated}\n')
    assert (code, detail) == ("plugin_broken", "sample: LookupError: no such thing (line 4)")


@pytest.mark.parametrize(
    ("code", "toml", "found"),
    [
        (PING, '[plugins]\nfolder = "nowhere"\n', "plugins_folder_unreadable"),
        (PING, '[plugins]\nfolder = "."\n[plugins.smaple]\n', "plugin_unknown"),
        (PING, '[plugins]\nfolder = "."\n[plugins.sample]\ntimeout = 0\n', "value_invalid"),
        (PING, '[plugins]\nfolder = "."\n[plugins.sample]\nisolated = "yes"\n', "value_type"),
        (PING, '[plugins]\nfolder = "."\n[plugins.sample]\nkey = "env:MISSING"\n', "secret_env_missing"),
        (PING, '[plugins]\nfolder = "."\nfodler = "x"\n', "key_unknown"),
        (PING.replace("ping", "deploy"), '[plugins]\nfolder = "."\n', "command_taken"),
        ("x = (", '[plugins]\nfolder = "."\n', "plugin_broken"),
        ("import sys; sys.exit(1)", '[plugins]\nfolder = "."\n', "plugin_broken"),
        ("@command(free=True)\ndef x() -> None: ...", '[plugins]\nfolder = "."\n', "plugin_broken"),
        ("@chat('slack')\nclass X:\n    def post(self, posting): ...", '[plugins]\nfolder = "."\n', "plugin_kind_taken"),
        ("@chat('x')\nclass X:\n    def post(self, posting): ...", '[plugins]\nfolder = "."\n[plugins.sample]\nisolated = true\n', "plugin_not_isolable"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_before_anything_starts(plugin: Write, tmp_path: Path, code: str, toml: str, found: str) -> None:
    """Each mistake has a code of its own, with a remedy."""
    plugin(code)
    assert found in dict(codes(tmp_path, toml))


def test_a_file_that_adds_nothing_is_a_warning(plugin: Write, tmp_path: Path) -> None:
    """A decorator was forgotten, or it is no plugin."""
    plugin("x = 1")
    assert [finding.code for finding in read(tmp_path, '[plugins]\nfolder = "."\n').warnings] == ["plugin_adds_nothing"]


def test_a_grant_for_a_plugins_command_is_known(plugin: Write, tmp_path: Path) -> None:
    """``allow = ["ping"]`` means something where the plugin is there."""
    plugin(PING.replace(", free=True", ""))
    config = read(tmp_path, '[plugins]\nfolder = "."\n[roles.x]\nmembers = ["mail:a@example.com"]\nallow = ["ping", "pong"]\n')
    assert [finding.detail for finding in config.warnings if finding.code == "grant_unknown"] == ["pong"]


def test_nothing_of_plugins_is_imported_without_them(tmp_path: Path) -> None:
    """A hub without plugins pays nothing for them."""
    (tmp_path / "leverframe.toml").write_text('[chats.playground]\n[services.web]\n[services.web.environments.staging]\nrunner = "simulated"\n')
    code = (
        "import asyncio, sys; from pathlib import Path; from leverframe.app import build; from leverframe.config import load\n"
        "async def main():\n    app = await build(load(Path('leverframe.toml'))); await app.stop()\n"
        "asyncio.run(main()); print([name for name in sys.modules if name.startswith('leverframe.plugins')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.stdout.strip() == "[]", ran.stderr


def test_check_and_doctor_tell_what_plugins_add(plugin: Write, tmp_path: Path) -> None:
    """Each with its file and what it adds, also as JSON."""
    plugin(PING)
    (tmp_path / "leverframe.toml").write_text('[chats.playground]\n[plugins]\nfolder = "."\n')
    run = [sys.executable, "-c", "from leverframe.cli.main import main; main()"]

    def said(*words: str) -> str:
        return subprocess.run([*run, *words], cwd=tmp_path, capture_output=True, text=True, check=False).stdout

    assert f"plugins.sample ({tmp_path}/sample.py): command ping" in said("check")
    assert json.loads(said("check", "--json"))["plugins"] == [{"name": "sample", "where": f"{tmp_path}/sample.py", "adds": ["command ping"]}]
    assert f"plugins.sample command ping ({tmp_path}/sample.py)" in said("doctor")
