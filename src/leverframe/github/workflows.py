"""The workflows of a repository's default branch, and what starts each.

https://docs.github.com/en/rest/actions/workflows#list-repository-workflows, …/rest/repos/contents#get-repository-content
"""

from __future__ import annotations

from typing import Any

import msgspec

from leverframe.core.workflow_triggers import Triggers, triggers
from leverframe.github.client import PAGE, GitHub, quoted
from leverframe.github.errors import Trouble

RAW = "application/vnd.github.raw+json"
MOST = 50
"""Files that are read: one request each."""


class _Listed(msgspec.Struct):
    path: str
    state: str = "active"
    name: str = ""


class _Page(msgspec.Struct):
    page: list[_Listed] = msgspec.field(name="workflows")


class Workflow(msgspec.Struct, frozen=True, kw_only=True):
    """One workflow of the default branch."""

    file: str
    """Its name in ``.github/workflows``."""
    active: bool
    triggers: Triggers | None
    """``None`` where the file is not on the default branch, or cannot be read."""


async def workflows(github: GitHub, repository: str) -> list[Workflow] | Trouble:
    """Return the workflows that GitHub knows of a repository, with what starts each on its default branch."""
    listed = await github.get(repository, "/actions/workflows", _Page, {"per_page": PAGE})
    if isinstance(listed, Trouble):
        return listed
    found = []
    for one in listed.page[:MOST]:
        if not one.path.startswith(".github/workflows/"):
            continue  # GitHub's own, such as Dependabot's
        text = await github.text(repository, "/contents" + quoted(*one.path.split("/")), RAW)
        if isinstance(text, Trouble) and text.status != 404:
            return text
        read = None if isinstance(text, Trouble) else triggers(_yaml(text))
        found.append(Workflow(file=one.path.removeprefix(".github/workflows/"), active=one.state == "active", triggers=read))
    return found


def _yaml(text: str) -> Any:
    """Return what a file holds, ``None`` where it is no YAML."""
    from ruamel.yaml import YAML  # only for who asks
    from ruamel.yaml.error import YAMLError

    try:
        return YAML(typ="safe", pure=True).load(text)
    except (YAMLError, ValueError, RecursionError, TypeError):
        return None
