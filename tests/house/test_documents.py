"""Documents tell the truth: links lead somewhere, commands exist, configuration loads, generated pages are fresh."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from textwrap import dedent
from typing import Any
from urllib.parse import unquote

import pytest
import typer

from house.repository import ROOT, shown, tracked
from leverframe.cli import commands
from leverframe.config import ConfigErrors, load
from leverframe.core.errors import PROBLEMS

PAGES = [path for path in tracked() if path.suffix == ".md"]
KOREAN = [path for path in PAGES if path.name.endswith(".ko.md")]
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)


def _blocks(page: Path, *languages: str) -> list[str]:
    return [dedent(text) for language, text in BLOCK.findall(page.read_text()) if language in languages]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_links_lead_somewhere(page: Path) -> None:
    """A relative link names a file of the repository, and the heading in it if it names one."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", BLOCK.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        name, _, heading = unquote(link).partition("#")
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (heading and target.suffix == ".md" and heading not in _anchors(target)):
            broken.append(link)
    assert broken == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", BLOCK.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_make_targets_in_documents_exist(page: Path) -> None:
    """Every ``make`` line that a document tells people to type is a target."""
    targets = set(re.findall(r"^([a-z]+):.*## ", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = [target for block in _blocks(page, "sh", "bash", "console") for target in re.findall(r"^\$? ?make ([a-z]+)", block, re.MULTILINE)]
    assert set(named) - targets == set()


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_configuration_in_documents_is_toml(page: Path) -> None:
    """What a document shows as TOML parses."""
    for block in _blocks(page, "toml"):
        tomllib.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_configuration_in_documents_has_keys_that_exist(page: Path, tmp_path: Path) -> None:
    """What a document shows of leverframe.toml is read as it stands; an excerpt may lack what it refers to, but invents nothing."""
    lacking = {"chat_unknown", "hook_source_needed", "identity_unknown", "plugin_unknown", "plugins_folder_unreadable", "secret_env_missing", "secret_file_unreadable", "source_unknown", "url_missing"}
    for block in _blocks(page, "toml"):
        (tmp_path / "leverframe.toml").write_text(block)
        found = []
        try:
            load(tmp_path / "leverframe.toml", environ={})
        except ConfigErrors as errors:
            found = [finding for finding in errors.findings if finding.code not in lacking]
        assert found == []


@pytest.mark.parametrize("name", ["README.md", "README.ko.md"])
def test_the_configuration_of_the_readme_starts_a_hub(name: str, tmp_path: Path) -> None:
    """The ten lines to a first Slack channel are whole: nothing has to be added; those that deploy go with them."""
    block, levers = _blocks(ROOT / name, "toml")
    (tmp_path / "leverframe.toml").write_text(block)
    config = load(tmp_path / "leverframe.toml", environ={"GITHUB_WEBHOOK_SECRET": "a" * 64, "SLACK_BOT_TOKEN": "xoxb-1"})
    assert config.warnings == ()
    assert [route.name for route in config.routes] == ["pull requests and wiki"]
    (tmp_path / "leverframe.toml").write_text(f"{block}\n{levers}")
    config = load(tmp_path / "leverframe.toml", environ={"GITHUB_WEBHOOK_SECRET": "a" * 64, "SLACK_BOT_TOKEN": "xoxb-1"})
    assert config.warnings == ()
    assert list(config.catalogue.services["web-app"]) == ["staging", "production"]


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_commands_in_documents_exist(page: Path) -> None:
    """Every ``leverframe`` line that a document tells people to type is a command with these options."""
    unknown = []
    for block in _blocks(page, "sh", "bash", "console"):
        for line in block.splitlines():
            words = shlex.split(line, comments=True)
            if words and words[0].rpartition("/")[2] == "leverframe" and not _is_command([word for word in words[1:] if word != "&"]):
                unknown.append(line)
    for span in re.findall(r"`leverframe ([^`]+)`", BLOCK.sub("", page.read_text())):
        words = [word for word in span.split() if not word.startswith("[")]
        if not _is_command(words) and not _is_command([*words, "list"]):
            unknown.append(span)
    assert unknown == []


@cache
def _program() -> Any:
    return typer.main.get_command(commands.app)


def _is_command(words: list[str]) -> bool:
    command: Any = _program()
    while words and words[0] in getattr(command, "commands", {}):
        command, words = command.commands[words[0]], words[1:]
    if hasattr(command, "commands") and not command.invoke_without_command:
        return False
    options = {name for parameter in command.params for name in (*parameter.opts, *parameter.secondary_opts)}
    return all(word.split("=")[0] in options for word in words if word.startswith("--"))


@pytest.mark.parametrize("page", PAGES, ids=shown)
def test_codes_in_documents_are_those_that_are_shown(page: Path) -> None:
    """A table of codes names them as the hub does: Slack's page had not_in_channel where people see slack_not_in_channel."""
    for table in re.findall(r"^\| (?:code|코드) \|.*\n\|[ -|]+\n((?:\|.*\n)+)", page.read_text(), re.MULTILINE):
        codes = {code for row in table.splitlines() for code in re.findall(r"`([^`]+)`", row.split(" | ")[0])}
        assert codes and codes <= PROBLEMS.keys(), codes - PROBLEMS.keys()


def test_every_setting_says_what_it_is() -> None:
    """No key of leverframe.toml stands in the reference without a sentence."""
    rows = re.findall(r"^\| `(\S+)` \| .* \| (.*) \|$", (ROOT / "docs" / "configuration.md").read_text(), re.MULTILINE)
    assert rows != []
    assert [key for key, what in rows if not what.strip()] == []


@pytest.mark.parametrize("page", KOREAN, ids=shown)
def test_a_korean_page_shows_the_same_code_as_its_english_twin(page: Path) -> None:
    """Translated pages do not fall behind: same code blocks, comments aside."""
    twin = page.with_name(page.name.replace(".ko.md", ".md"))

    def code(text: str) -> list[list[str]]:
        return [[line.split(" #")[0].rstrip() for line in block.splitlines() if not line.startswith("#")] for _, block in BLOCK.findall(text)]

    assert code(page.read_text()) == code(twin.read_text())


def test_generated_pages_are_fresh() -> None:
    """``docs/errors.md`` and its sisters say what the code says; ``make docs`` writes them anew."""
    checked = subprocess.run([sys.executable, "tools/docs.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    """No path of somebody's home, and no address of a package registry, is tracked."""
    homes = "|".join(("/ho" + "me/[a-z]", "/ro" + "ot/", "/Us" + "ers/[a-z]", "/wo" + "rk/"))
    registries = "|".join(("py" + r"pi\.org", "python" + "hosted", "registry" + r"\.npmjs", "artifact" + "registry", "/opt/wh" + "eels"))
    found = []
    for path in tracked():
        if path.suffix in {".png", ".ico", ".woff2"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1):
            if re.search(rf"(?<![\w.}}]){homes}|{registries}", line):
                found.append(f"{shown(path)}:{number}: {line.strip()[:100]}")
    assert found == []
