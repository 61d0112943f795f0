"""The watchdog: while a plugin's coroutine keeps the loop from everything else, nobody else could say so."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import threading
import time
import traceback
from collections.abc import Callable, Coroutine, Generator
from types import FrameType
from typing import Any, Generic, TypeVar

T = TypeVar("T")
BLOCKED_S = 0.5
"""A step of a coroutine that takes longer holds up every door of the hub."""
Blocked = Callable[[str, str, float, str], None]
"""Told the plugin, its function, the seconds so far, and the line at which it stands."""


class Watchdog:
    """Watches the steps of plugins' coroutines from a thread of its own, which sleeps while none is made."""

    def __init__(self, blocked: Blocked, *, limit_s: float = BLOCKED_S) -> None:
        """``blocked`` is called from that thread, once for each step that takes longer than ``limit_s``."""
        self._blocked, self._limit_s = blocked, limit_s
        self._step: tuple[int, str, str, float, int] | None = None
        """The step that is being made: its number, plugin, function, beginning, thread."""
        self._count = 0
        self._begun, self._ended = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def watched(self, coroutine: Coroutine[Any, Any, T], plugin: str, function: str) -> Watched[T]:
        """Return what is awaited in place of ``coroutine``."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._watch, name="leverframe-plugins", daemon=True)
            self._thread.start()
        return Watched(coroutine, self, plugin, function)

    def begin(self, plugin: str, function: str) -> None:
        """Note that a step begins."""
        self._count += 1
        self._step = self._count, plugin, function, time.monotonic(), threading.get_ident()
        self._begun.set()

    def end(self) -> None:
        """Note that the step has ended."""
        self._step = None

    def close(self) -> None:
        """End the thread."""
        self._ended.set()
        self._begun.set()

    def _watch(self) -> None:
        told = 0
        while True:
            self._begun.wait()
            if self._ended.is_set():
                return
            self._begun.clear()
            before = self._step
            if before is None:
                continue
            if self._ended.wait(self._limit_s):
                return
            now = self._step
            if now is None or now[0] == told:
                continue
            if now[0] != before[0]:
                self._begun.set()  # another one by now: it has its own time
                continue
            told = now[0]
            _, plugin, function, began, thread = now
            self._blocked(plugin, function, time.monotonic() - began, _stands_at(sys._current_frames().get(thread)))


class Watched(Generic[T]):
    """A coroutine whose steps are watched. What would end the program is an error of the coroutine's here; one that does not end when
    it is cancelled is closed when it is cancelled once more.
    """

    def __init__(self, coroutine: Coroutine[Any, Any, T], watchdog: Watchdog, plugin: str, function: str) -> None:
        self._coroutine, self._watchdog, self._plugin, self._function = coroutine, watchdog, plugin, function

    def __await__(self) -> Generator[Any, Any, T]:
        """Run it, step by step."""
        steps = self._coroutine.__await__()
        thrown: BaseException | None = None
        cancelled = False
        while True:
            self._watchdog.begin(self._plugin, self._function)
            try:
                waits = steps.send(None) if thrown is None else steps.throw(thrown)
            except StopIteration as ended:
                result: T = ended.value
                return result
            except (SystemExit, KeyboardInterrupt) as error:
                raise RuntimeError(f"{type(error).__name__} in a plugin") from error
            finally:
                self._watchdog.end()
            thrown = None
            try:
                yield waits
            except GeneratorExit:
                steps.close()
                raise
            except asyncio.CancelledError as error:
                if cancelled:  # it was told, and goes on all the same
                    with contextlib.suppress(RuntimeError):
                        steps.close()
                    raise
                cancelled, thrown = True, error
            except BaseException as error:  # noqa: BLE001 - it is the coroutine's to hear
                thrown = error


def _stands_at(frame: FrameType | None) -> str:
    """Return the innermost lines of a thread's stack, the innermost last."""
    if frame is None:
        return "?"
    stack = traceback.extract_stack(frame)[-3:]
    return " > ".join(f"{one.filename.rpartition('/')[2]}:{one.lineno} {one.name}" for one in stack)
