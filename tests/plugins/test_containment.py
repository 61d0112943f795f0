"""Whatever a plugin does, the hub goes on, says which one it was, and counts it. Each test runs in the hub's process and in one of the plugin's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from leverframe.testing import Hub

pytestmark = pytest.mark.anyio
Write = Callable[..., Path]
FAILURES = "leverframe_plugin_failures_total"
BAD = """
import asyncio, os, sys, time

@command()
async def boom() -> str:
    "Raise."
    raise LookupError("the vault is empty")

@command()
def leave() -> str:
    "End the program."
    sys.exit(3)

@command()
async def slow() -> str:
    "Take too long."
    await asyncio.sleep(60)
    return "late"

@command()
def block() -> str:
    "Block a thread."
    time.sleep(60)
    return "late"

@command()
async def stubborn() -> str:
    "Not be cancelled."
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            pass

@command()
async def withdraw() -> str:
    "Cancel itself."
    raise asyncio.CancelledError

@command()
async def wrong() -> str:
    "Return what is no answer."
    return 7

@command()
async def refuse() -> str:
    "Refuse."
    raise Refuse("Not on a Friday.")

@command(acts=False)
async def fine() -> str:
    "Work."
    return "all is well"
"""


@pytest.fixture(params=[False, True], ids=["in the hub", "isolated"])
def isolated(request: pytest.FixtureRequest) -> bool:
    """Where the plugin runs."""
    return bool(request.param)


@pytest.fixture
def bad(plugin: Write, isolated: bool) -> Hub:
    """A hub with a plugin that does everything wrong, and has time for it on a busy machine."""
    return Hub(plugin(BAD), settings={"sample": {"timeout": 20.0, "isolated": isolated}})


@pytest.fixture
def hasty(plugin: Write, isolated: bool) -> Hub:
    """A hub with the same plugin, which may take a fifth of a second."""
    return Hub(plugin(BAD), settings={"sample": {"timeout": 0.2, "isolated": isolated}})


async def test_a_mistake_is_named_and_counted(bad: Hub, capsys: pytest.CaptureFixture[str]) -> None:
    """Who asked sees the plugin's name and no more; the log has the rest; the metric counts; the next command works."""
    async with bad as hub:
        for line, error in (("boom", "LookupError"), ("wrong", "TypeError"), ("leave", "sample")):
            reply = await hub.slash(f"/lever {line}")
            assert "plugin_failed" in reply.text, line
            assert "sample" in reply.text
            assert error in reply.text or line == "leave"
            assert "vault" not in reply.text
            assert not reply.public
        assert hub.metric(FAILURES, plugin="sample", hook="command") == 3
        assert (await hub.slash("/lever fine")).text == "all is well"
    said = capsys.readouterr().out
    assert "plugin=sample" in said
    assert "the vault is empty" in said


@pytest.mark.parametrize("line", ["slow", "block", "stubborn"])
async def test_what_takes_too_long_is_stopped(hasty: Hub, line: str) -> None:
    """A coroutine is cancelled, a thread or a process is left or killed; who asked is told, and others are served.

    On a busy machine a fifth of a second may be too short for what is quick, too: it is asked again. A new process takes its time
    to begin, and who waits for it is told so first.
    """
    async with hasty as hub:
        reply = await hub.slash(f"/lever {line}")
        assert "plugin_timeout" in reply.text
        assert hub.metric(FAILURES, plugin="sample", hook="command") == 1
        async with asyncio.timeout(60):
            while not (fine := await hub.slash("/lever fine")).text.endswith("all is well"):
                assert "plugin_timeout" in fine.text


async def test_a_coroutine_that_cancels_itself_is_a_mistake(bad: Hub) -> None:
    """It cancels nothing of the hub's."""
    async with bad as hub:
        assert "plugin_" in (await hub.slash("/lever withdraw")).text
        assert (await hub.slash("/lever fine")).text == "all is well"


async def test_a_refusal_is_the_plugins_own_words(bad: Hub) -> None:
    """Only who asked sees it, the audit has it, and it is no failure."""
    async with bad as hub:
        reply = await hub.slash("/lever refuse")
        assert "Not on a Friday." in reply.text
        assert not reply.public
        assert hub.metric(FAILURES, plugin="sample", hook="command") == 0
        assert hub.metric("leverframe_commands_total", command="refuse", service="", environment="", code="plugin_refused") == 1


async def test_a_coroutine_that_blocks_the_hub_is_named(plugin: Write, capsys: pytest.CaptureFixture[str]) -> None:
    """While it blocks nobody else could say so: a thread of its own names plugin, function and line."""
    code = """
    import time

    @command()
    async def hog() -> str:
        "Block everything."
        time.sleep(0.8)
        return "done"
    """
    async with Hub(plugin(code)) as hub:
        assert (await hub.slash("/lever hog")).text == "done"
        assert hub.metric(FAILURES, plugin="sample", hook="blocking") == 1
    said = capsys.readouterr().out
    assert "plugin_blocks_the_hub" in said
    assert "function=hog" in said
    assert "sample.py:8" in said
