"""``isolated = true``: a process of its own, with the same promises, and none of the hub's secrets."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]
CODE = """
import os
from datetime import timedelta
from typing import Literal

print("this is no JSON")

@command()
async def remember(ask: Asked, hub: Hub, what: Rest, *, lasts: timedelta = timedelta(hours=1)) -> Message:
    "Remember."
    before = await hub.memory.get("what", "nothing")
    await hub.memory.put("what", what)
    print("remembered", what)
    return say(f"{before} before, for {lasts.total_seconds():g} s, by {ask.by.name}", buttons=[button("Again", "remember again")])

@command(acts=False)
def about(hub: Hub) -> str:
    "Tell about the process."
    return f"{os.getpid()} {os.environ.get('HUB_SECRET')} {hub.settings['token']} {await_free()}"

def await_free() -> str:
    return "plain"

@command()
def eat() -> str:
    "Take too much memory."
    return str(len(bytearray(4 * 1024 ** 3)))

@command()
def die() -> str:
    "End its process."
    os._exit(1)

@on_message(r"(?P<word>cake|pie)")
async def sweets(words: Spoken, word: str) -> str:
    return f"{word} for {words.by.id}: {words.match.start()}"

@on_event("star")
def starred(event: Event) -> Post:
    return post("slack:#stars", event.payload["sender"]["login"])
"""


@pytest.fixture
def isolated(plugin: Write, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """A hub with a plugin in a process of its own."""
    monkeypatch.setenv("HUB_SECRET", "the hub's own")
    return Hub(plugin(CODE), settings={"sample": {"isolated": True, "token": "env:PLUGIN_TOKEN"}}, environ={"PLUGIN_TOKEN": "its own"})


async def test_everything_works_as_in_the_hub(isolated: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """Commands with typed arguments and buttons, memory, patterns and events; what it prints goes to the log."""
    async with isolated as hub:
        assert "nothing before, for 7200 s, by name-of-U1" in (await hub.slash("/lever remember the milk --lasts 2h")).text
        reply = await hub.slash("/lever remember more")
        assert "the milk before, for 3600 s" in reply.text
        assert "more before" in (await hub.click(reply.button("Again"))).text
        assert (await hub.mention("is there pie?", user="U7")).text == "pie for U7: 9"
        await hub.github("star")
        assert (await hub.message("#stars")).text
    assert "remembered the milk" in capsys.readouterr().out


async def test_it_sees_its_own_secrets_only(isolated: Hub) -> None:
    """The hub's environment stays the hub's; its own keys come to it resolved."""
    async with isolated as hub:
        pid, *rest = (await hub.slash("/lever about")).text.split(" ", 1)
        assert rest == ["None its own plain"]
        assert int(pid) != os.getpid()


@pytest.mark.parametrize("line", ["die", "eat"])
async def test_a_process_that_ends_is_begun_anew(isolated: Hub, line: str) -> None:
    """Whoever waited is told; the next command has a new process."""
    async with isolated as hub:
        assert "plugin_failed" in (await hub.slash(f"/lever {line}")).text
        assert "its own" in (await hub.slash("/lever about")).text
        pid = int((await hub.slash("/lever about")).text.split()[0])
        os.kill(pid, signal.SIGKILL)
        texts = [(await hub.slash("/lever about")).text for _ in range(2)]
        assert "its own" in texts[-1]
        assert str(pid) not in texts[-1]


async def test_the_process_ends_with_the_hub(isolated: Hub) -> None:
    """Nothing stays behind."""
    async with isolated as hub:
        pid = int((await hub.slash("/lever about")).text.split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_no_process_is_begun_before_it_is_needed(isolated: Hub) -> None:
    """A hub with many plugins starts as fast as without."""
    async with isolated as hub:
        runs: Any = hub.app.host
        assert runs._runs["sample"].pid is None
