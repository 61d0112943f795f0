"""The page about templates is true: its variables are those there are, and its examples say what it shows."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC
from pathlib import Path

import pytest

from house.repository import ROOT
from leverframe.config.checking import sample_events
from leverframe.core.messages import plain
from leverframe.core.routes import Route, RouteTable
from leverframe.templates import ATTRIBUTES, NAMES, compile_template

PAGES = [ROOT / "docs" / "how-to" / name for name in ("templates.md", "templates.ko.md")]
EXAMPLE = re.compile(r"```toml\n(.*?)```\n\n```text\n(.*?)```", re.DOTALL)
EXAMPLES = [example for page in PAGES for example in EXAMPLE.findall(page.read_text())]


@pytest.mark.parametrize(("toml", "said"), EXAMPLES)
def test_an_example_says_what_the_page_shows(toml: str, said: str) -> None:
    """The template, rendered of the first sample that its route takes, gives the text below it."""
    [route] = tomllib.loads(toml)["routes"]
    takes = RouteTable([Route(name=route["name"], events=tuple(route["events"]), conclusions=tuple(route.get("conclusions", ())) or None)])
    event = next(event for event in sample_events() if takes.firing(event))
    assert plain(compile_template(route["template"]).render(event, "en", UTC)) == said.strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_page_lists_every_variable_and_what_it_has(page: Path) -> None:
    """Nobody has to read the code to know what a template can name."""
    rows = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page.read_text(), re.MULTILINE))
    assert set(rows) == NAMES
    for name, has in ATTRIBUTES.items():
        assert set(has) <= set(re.findall(r"`(\w+)`", rows[name])), name
