"""A plugin's runner and chat: found by their kind, contained whatever they do."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from leverframe.config import ConfigErrors
from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]
ROOMS = """
from pathlib import Path
from pydantic import BaseModel
from leverframe.core.delivery import Delivered
from leverframe.core.messages import plain
from leverframe.core.runs import Absent, CancelRefused, Finished, Going, Run, Started

@runner("shell")
class Shell:
    class Settings(BaseModel):
        kind: str
        ledger: str
        broken: bool = False

    class Target(BaseModel):
        script: str

    poll_every_s = 0.05

    def __init__(self, name, settings):
        self.name, self.settings, self.polls = name, settings, 0

    async def start(self, order):
        if self.settings.broken:
            raise OSError("no shell")
        with open(self.settings.ledger, "a") as ledger:
            ledger.write(f"{order.target['script']} {order.parameters['host']}\\n")
        return Started(run=Run(id="1", url="https://shell.example/1"))

    def find(self, order):
        return Absent(sure=True)

    def poll(self, order, run):
        self.polls += 1
        return Finished(run=run, result="succeeded") if self.polls > 1 else Going(run=run)

    async def cancel(self, order, run):
        return CancelRefused(code="cancel_repeated")

@chat("file")
class File:
    def __init__(self, name, settings):
        self.path = settings.path

    def post(self, posting):
        if posting.room == "boom":
            raise OSError("the disk is full")
        with open(self.path, "a") as file:
            file.write(f"{posting.room}: {plain(posting.message)}\\n")
        return Delivered()

@on_happening("succeeded")
def told(what: Happening) -> list[Post]:
    return [post("notes:deploys", f"{what.service} {what.name}"), post("notes:boom", "x")]
"""


def config(ledger: Path, notes: Path, *, broken: bool = False) -> str:
    """Return a runner and a chat of the plugin's kinds, and a command that the runner does."""
    return f"""
[runners.sh]
kind = "shell"
ledger = "{ledger}"
broken = {str(broken).lower()}

[chats.notes]
kind = "file"
path = "{notes}"

[commands.restart]
runner = "sh"
script = "restart.sh"
arguments = [{{ name = "host" }}]
"""


async def test_a_kind_of_a_plugin_is_found_by_its_name(plugin: Write, tmp_path: Path) -> None:
    """``[runners.x] kind`` and ``[chats.x] kind`` name it; its own settings and its keys of a command reach it, and what it does is done like anything else."""
    ledger, notes = tmp_path / "ledger", tmp_path / "notes"
    async with Hub(plugin(ROOMS), config=config(ledger, notes)) as hub:
        await hub.slash("/lever restart db1")
        await hub.message("#ops", "succeeded", within_s=20)
        assert ledger.read_text() == "restart.sh db1\n"
        async with asyncio.timeout(20):  # the two rooms are written to side by side
            while not (notes.exists() and hub.metric("leverframe_plugin_failures_total", plugin="sample", hook="chat")):
                await hub.app.clock.sleep(0.02)
        assert notes.read_text() == "deploys: /restart succeeded\n"


async def test_a_start_that_fails_is_lost_and_looked_for(plugin: Write, tmp_path: Path) -> None:
    """The runner may have pulled before it failed: it is asked what became of it, and is sure that there is nothing."""
    async with Hub(plugin(ROOMS), config=config(tmp_path / "ledger", tmp_path / "notes", broken=True)) as hub:
        await hub.slash("/lever restart db1")
        await hub.message("#ops", "answer was lost")
        assert hub.metric("leverframe_plugin_failures_total", plugin="sample", hook="runner") >= 1


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ("[runners.sh]\nkind = 'shell'\n", "key_missing"), ("[runners.sh]\nkind = 'shel'\nledger = 'x'\n", "kind_unknown"),
        ("[runners.sh]\nkind = 'shell'\nledger = 'x'\n[commands.restart]\nrunner = 'sh'\n", "key_missing"),
    ],
)  # fmt: skip
async def test_its_settings_are_checked_like_any(plugin: Write, more: str, code: str) -> None:
    """A key that is missing is told with its line, before anything starts."""
    with pytest.raises(ConfigErrors) as refused:
        async with Hub(plugin(ROOMS), config=more):
            pass
    assert code in {finding.code for finding in refused.value.findings}
