"""Run a plugin's functions within their limits: a coroutine is cancelled when its time is over, what blocks runs in threads."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import re
import threading
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Protocol, get_args, get_type_hints

from leverframe.plugins.declaring import MessageOf, given_to
from leverframe.plugins.loading import Plugin
from leverframe.plugins.values import Hub, Refuse, Said, Spoken, read_returned
from leverframe.plugins.watching import Watchdog

THREADS = 4
"""Functions of one plugin that block at the same time; more wait, within their time."""
GRACE_S = 1.0
"""What a coroutine has to end once it is cancelled."""


class Failed(Exception):
    """A function failed: ``code`` is ``plugin_failed``, ``plugin_timeout`` or ``plugin_refused``; ``detail`` is for people."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class Runs(Protocol):
    """Where a plugin's functions run: in the hub's process or in one of their own."""

    async def call(self, function: str, given: Mapping[type, Any], values: Mapping[str, Any], *, answers: bool) -> Said:
        """Return what a function came to. ``given`` are the hub's gifts by type, ``values`` the rest by name. Raises :class:`Failed`."""
        ...

    async def close(self) -> None:
        """Let go of it."""
        ...


def spoken(declared: MessageOf, text: str, by: Any, at: Any) -> Spoken | None:
    """Return the words as a pattern matches them; ``None`` when it does not."""
    match = re.compile(declared.pattern, declared.flags).search(text)
    return None if match is None else Spoken(text=text, by=by, at=at, match=match)


def arguments(function: Callable[..., Any], given: Mapping[type, Any], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the keyword arguments for a function; a duration comes as seconds. Raises ``TypeError`` when it wants what is not there."""
    called: dict[str, Any] = {}
    for name, wanted in given_to(function).items():
        if wanted not in given:
            raise TypeError(f"{function.__name__}: nothing is given for {name}: {wanted.__name__}")
        called[name] = given[wanted]
    hints = get_type_hints(function)
    for name in inspect.signature(function).parameters:
        if name in values:
            value = values[name]
            lasts = timedelta in (hints.get(name), *get_args(hints.get(name)))
            called[name] = timedelta(seconds=value) if lasts and isinstance(value, int) else value
    return called


class Local:
    """A plugin in the hub's own process."""

    def __init__(self, plugin: Plugin, hub: Hub, watchdog: Watchdog) -> None:
        self._plugin, self._hub, self._watchdog = plugin, hub, watchdog
        self._threads = Threads(plugin.name)

    async def call(self, function: str, given: Mapping[type, Any], values: Mapping[str, Any], *, answers: bool) -> Said:
        """Return what a function came to; see :class:`Runs`."""
        its = self._plugin.functions[function]
        try:
            called = arguments(its, {**given, Hub: self._hub}, values)
            return read_returned(await self.limited(function, its, called), answers=answers)
        except Failed:
            raise
        except Refuse as refused:
            raise Failed("plugin_refused", str(refused)) from refused
        except Exception as error:
            raise Failed("plugin_failed", f"{self._plugin.name}: {type(error).__name__}") from error

    async def limited(self, name: str, its: Callable[..., Any], called: Mapping[str, Any]) -> Any:
        """Return the result of ``its`` within the plugin's time. Raises what it raises, or :class:`Failed` with ``plugin_timeout``."""
        running = asyncio.ensure_future(self._run(name, its, called))
        try:
            await asyncio.wait({running}, timeout=self._plugin.timeout_s)
            if not running.done():
                raise Failed("plugin_timeout", f"{self._plugin.name}: {self._plugin.timeout_s:g} s")
            if running.cancelled():
                raise RuntimeError("it cancelled itself")
            return running.result()
        finally:
            if not running.done():
                await self._end(running)

    async def _end(self, running: asyncio.Future[Any]) -> None:
        for _ in range(2):
            running.cancel()
            await asyncio.wait({running}, timeout=GRACE_S)
        if running.done() and not running.cancelled():
            running.exception()  # heard: it is late

    async def _run(self, name: str, its: Callable[..., Any], called: Mapping[str, Any]) -> Any:
        if inspect.iscoroutinefunction(its):
            return await self._watchdog.watched(its(**called), self._plugin.name, name)
        returned = await self._threads.run(lambda: its(**called))
        return await self._watchdog.watched(_awaited(returned), self._plugin.name, name) if inspect.isawaitable(returned) else returned

    async def close(self) -> None:
        """Nothing to let go of; threads that still run end with the process."""


async def _awaited(one: Awaitable[Any]) -> Any:
    return await one


class Threads:
    """Daemon threads: one that never ends must not keep the hub from stopping."""

    def __init__(self, name: str, most: int = THREADS) -> None:
        self._name, self._free = name, asyncio.Semaphore(most)

    async def run(self, work: Callable[[], Any]) -> Any:
        """Return what ``work`` returns, run in a thread. One that is cancelled goes on without anybody who waits; its place stays taken."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        done: asyncio.Future[Any] = loop.create_future()

        def finish(result: Any, error: BaseException | None) -> None:
            self._free.release()
            if done.done():
                return
            if error is None:
                done.set_result(result)
            elif isinstance(error, Exception) and not isinstance(error, StopIteration):
                done.set_exception(error)
            else:
                done.set_exception(RuntimeError(f"{type(error).__name__} in a plugin"))

        def run() -> None:
            result, failed = None, None
            try:
                result = work()
            except BaseException as error:  # noqa: BLE001 - whoever waits hears it
                failed = error
            with contextlib.suppress(RuntimeError):  # the hub has stopped: nobody waits any more
                loop.call_soon_threadsafe(finish, result, failed)

        threading.Thread(target=run, name=f"plugin {self._name}", daemon=True).start()
        return await done
