"""The process of a plugin with ``isolated = true``: ``python -m leverframe.plugins.process``, spoken to over its pipes, one JSON object a line.

It ends when the hub closes the pipe, however the hub ends. What the plugin prints goes to the hub's log.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from leverframe.core.errors import Refused
from leverframe.plugins import packing
from leverframe.plugins.declaring import MessageOf
from leverframe.plugins.loading import Broken, Found, Plugin, explained, installed, read
from leverframe.plugins.packing import Overheard
from leverframe.plugins.running import Failed, Threads, arguments, spoken
from leverframe.plugins.values import Hub, Refuse, Spoken, read_returned

MEMORY_BYTES = 2 * 1024**3


class Remote:
    """``ports.Memory`` at the other end of the pipe."""

    def __init__(self, out: Out) -> None:
        self._out, self._numbers = out, itertools.count(1)
        self.asked: dict[int, asyncio.Future[Any]] = {}

    async def get(self, key: str, default: Any = None) -> Any:
        """Return what is kept under ``key``, else ``default``."""
        found = await self._ask("get", key)
        return default if found is None else found

    async def put(self, key: str, value: Any) -> None:
        """Keep ``value`` in place of what was there."""
        await self._ask("put", key, value)

    async def forget(self, key: str) -> None:
        """Keep nothing under ``key`` any more."""
        await self._ask("forget", key)

    async def keys(self) -> Sequence[str]:
        """Return every key, sorted."""
        found: Sequence[str] = await self._ask("keys")
        return found

    async def _ask(self, what: str, *given: Any) -> Any:
        number = next(self._numbers)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self.asked[number] = answer
        try:
            self._out.write({"memory": number, "do": what, "given": given})
            return await answer
        finally:
            del self.asked[number]


class Out:
    """The pipe to the hub."""

    def __init__(self, pipe: BinaryIO) -> None:
        self._pipe = pipe

    def write(self, message: Mapping[str, Any]) -> None:
        """Write one line."""
        self._pipe.write(packing.line(message))
        self._pipe.flush()


class Child:
    """Runs what the hub asks for."""

    def __init__(self, out: Out, name: str, functions: Mapping[str, Any], patterns: Mapping[str, MessageOf], settings: Mapping[str, Any]) -> None:
        self._out, self._name, self._functions, self._patterns = out, name, functions, patterns
        self._memory, self._threads = Remote(out), Threads(name)
        self._hub = Hub(plugin=name, settings=settings, memory=self._memory)
        self._calls: dict[int, asyncio.Task[None]] = {}

    def hear(self, message: Mapping[str, Any]) -> None:
        """Take one line of the hub's."""
        match message:
            case {"call": int(number), "function": str(function)}:
                task = asyncio.get_running_loop().create_task(self._call(number, function, message))
                self._calls[number] = task
                task.add_done_callback(lambda done: self._calls.pop(number, None))
            case {"cancel": int(number)} if number in self._calls:
                self._calls[number].cancel()
            case {"memory": int(number)} if number in self._memory.asked and not self._memory.asked[number].done():
                if "code" in message:
                    self._memory.asked[number].set_exception(Refused(message["code"]))
                else:
                    self._memory.asked[number].set_result(message.get("result"))
            case _:
                pass  # late: nobody waits for it

    async def _call(self, number: int, function: str, message: Mapping[str, Any]) -> None:
        try:
            said = await self._said(function, message)
        except Failed as failed:
            self._out.write({"call": number, "code": failed.code, "detail": failed.detail})
        else:
            self._out.write({"call": number, "said": packing.pack_said(said)})

    async def _said(self, function: str, message: Mapping[str, Any]) -> Any:
        its = self._functions[function]
        given = packing.unpack_given(message["given"])
        heard = given.pop(Overheard, None)
        try:
            if heard is not None:
                given[Spoken] = spoken(self._patterns[function], heard.text, heard.by, heard.at)
            called = arguments(its, {**given, Hub: self._hub}, message["values"])
            returned = await its(**called) if asyncio.iscoroutinefunction(its) else await self._threads.run(lambda: its(**called))
            return read_returned(returned, answers=message["answers"])
        except asyncio.CancelledError:
            # What runs in a thread cannot be cancelled: the hub ends the process.
            if not asyncio.iscoroutinefunction(its):
                await asyncio.Event().wait()
            raise Failed("plugin_timeout", self._name) from None
        except Refuse as refused:
            raise Failed("plugin_refused", str(refused)) from refused
        except BaseException as error:
            print(explained(error), file=sys.stderr, flush=True)
            raise Failed("plugin_failed", f"{self._name}: {type(error).__name__}") from error


def main() -> None:
    """Read a plugin, say what it declares, then do what is asked until the pipe is closed."""
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # a plugin that prints must not speak for itself
    _limit_memory()
    out = Out(pipe)
    first = packing.unline(sys.stdin.buffer.readline())
    name, path = first["plugin"], first["path"]
    try:
        found = Found(name=name, path=Path(path)) if path is not None else installed()[name]
        declared, functions = read(found)
    except (Broken, KeyError) as broken:
        out.write({"broken": str(broken)})
        return
    out.write({"declared": packing.pack_declared(declared)})
    plugin = Plugin(name=name, where="", timeout_s=0, isolated=True, declared=declared)
    patterns = {one.function: one for one in plugin.of(MessageOf)}
    asyncio.run(_serve(out, name, functions, patterns, first["settings"]))


async def _serve(out: Out, name: str, functions: Mapping[str, Any], patterns: Mapping[str, MessageOf], settings: Mapping[str, Any]) -> None:
    loop, child = asyncio.get_running_loop(), Child(out, name, functions, patterns, settings)

    def listen() -> None:
        for given in sys.stdin.buffer:
            loop.call_soon_threadsafe(child.hear, packing.unline(given))
        os._exit(0)  # the hub has gone: neither a loop that is blocked nor a thread that hangs may stay behind

    threading.Thread(target=listen, name="hub", daemon=True).start()
    await asyncio.Event().wait()


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        _, most = resource.getrlimit(resource.RLIMIT_AS)
        limit = MEMORY_BYTES if most == resource.RLIM_INFINITY else min(MEMORY_BYTES, most)
        resource.setrlimit(resource.RLIMIT_AS, (limit, most))


if __name__ == "__main__":
    main()
