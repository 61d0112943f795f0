"""What handlers of plugins have yet to hear, and what plugins remember; on SQLite and on PostgreSQL."""

from __future__ import annotations

import pytest
from sitting import Clock

from leverframe.core.errors import Refused
from leverframe.store import plugin_calls
from leverframe.store.database import Database
from leverframe.store.plugin_calls import Call
from leverframe.store.plugin_memory import PluginMemory

pytestmark = pytest.mark.anyio


async def put(database: Database, clock: Clock, *handlers: str) -> list[int]:
    """Have handlers hear something; return the calls' ids."""
    calls = [Call(id=database.new_id(), handler=handler, document=b"{}") for handler in handlers]
    await database.write(plugin_calls.put, calls, now=clock.now())
    return [call.id for call in calls]


async def test_a_call_is_taken_by_one_process_and_is_over_once(database: Database, clock: Clock) -> None:
    """Whoever has it is named by its boot; another living process takes others; ending it twice is seen."""
    first, second = await put(database, clock, "a", "b")
    boot = database.boot  # type: ignore[attr-defined]
    taken = await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=1)
    assert [call.id for call in taken] == [first]
    rest = await database.write(plugin_calls.take, boot=boot + 1, now=clock.now(), limit=9)
    assert [call.id for call in rest] == [second]
    assert await database.write(plugin_calls.done, first, boot=boot + 1) is False
    assert await database.write(plugin_calls.done, first, boot=boot) is True
    assert await database.write(plugin_calls.done, first, boot=boot) is False


async def test_what_a_dead_process_had_is_taken_over(database: Database, clock: Clock) -> None:
    """So is what this one took without having been told."""
    [one] = await put(database, clock, "a")
    boot = database.boot  # type: ignore[attr-defined]
    dead = boot - 1
    assert len(await database.write(plugin_calls.take, boot=dead, now=clock.now(), limit=9)) == 1
    assert len(await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=9)) == 1
    assert await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=9, holding=[one]) == []
    assert len(await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=9)) == 1


async def test_a_call_that_is_put_off_waits(database: Database, clock: Clock) -> None:
    """Until its moment; a handler that is at something gets nothing more."""
    [one, _] = await put(database, clock, "a", "b")
    boot = database.boot  # type: ignore[attr-defined]
    await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=1)
    later = clock.now()
    clock.turn(seconds=10)
    await database.write(plugin_calls.put_off, one, boot=boot, due_at=clock.now(), tried=True)
    assert [call.handler for call in await database.write(plugin_calls.take, boot=boot, now=later, limit=9)] == ["b"]
    assert await database.read(plugin_calls.next_due_at) == clock.now()
    assert await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=9, but={"a", "b"}) == []
    assert [(call.id, call.attempt) for call in await database.write(plugin_calls.take, boot=boot, now=clock.now(), limit=1)] == [(one, 1)]


async def test_memory_is_a_plugins_own(database: Database) -> None:
    """By key, replaced, forgotten; nobody else's; plain JSON of some size."""
    ann, bob = PluginMemory(database, "ann"), PluginMemory(database, "bob")
    await ann.put("b", {"count": [1, "두", None]})
    await ann.put("a", 1)
    await ann.put("a", 2)
    assert (await ann.get("a"), await ann.get("b"), await ann.get("c", "default")) == (2, {"count": [1, "두", None]}, "default")
    assert (await ann.keys(), await bob.keys(), await bob.get("a")) == (["a", "b"], [], None)
    await ann.forget("a")
    await ann.forget("never")
    assert await ann.keys() == ["b"]
    with pytest.raises(ValueError, match="more than"):
        await ann.put("large", "x" * 2_000_000)
    with pytest.raises((TypeError, Refused)):
        await ann.put("odd", object())
