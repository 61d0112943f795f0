"""A plugin with a process of its own: begun when it is first needed, ended when it does not keep its time, begun anew at the next call."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import structlog

from leverframe.core.errors import Refused
from leverframe.plugins import packing
from leverframe.plugins.declaring import Declared
from leverframe.plugins.loading import Broken, Found, Plugin
from leverframe.plugins.running import GRACE_S, Failed
from leverframe.plugins.values import Hub, Said

START_S = 20.0
"""Seconds that a process may take to read its plugin."""
LONGEST = 64 * 1024 * 1024
_COMMAND = [sys.executable, "-m", "leverframe.plugins.process"]
_KEPT = ("PATH", "HOME", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "SYSTEMROOT")
log = structlog.get_logger("leverframe.plugins")


def declared_by(found: Found) -> tuple[Declared, ...]:
    """Return what a plugin declares, read in a process of its own. Raises :class:`Broken`."""
    first = packing.line({"plugin": found.name, "path": _path(found), "settings": {}})
    try:
        ran = subprocess.run(_COMMAND, input=first, stdout=PIPE, stderr=PIPE, env=_environment(), timeout=START_S, check=False)
        answer = packing.unline(ran.stdout.partition(b"\n")[0])
    except subprocess.TimeoutExpired:
        raise Broken(f"it takes more than {START_S:g} s to be read") from None
    except msgspec.DecodeError:
        raise Broken(f"its process ended: {ran.stderr.decode(errors='replace').strip()[-300:] or ran.returncode}") from None
    if "broken" in answer:
        raise Broken(answer["broken"])
    return packing.unpack_declared(answer["declared"])


class Isolated:
    """Runs a plugin's functions in a process of its own; satisfies ``running.Runs``."""

    def __init__(self, plugin: Plugin, hub: Hub, found: Found) -> None:
        self._plugin, self._hub, self._found = plugin, hub, found
        self._process: Process | None = None
        self._starting = asyncio.Lock()
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Said]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def pid(self) -> int | None:
        """The process, while there is one."""
        return self._process.pid if self._process is not None else None

    async def call(self, function: str, given: Mapping[type, Any], values: Mapping[str, Any], *, answers: bool) -> Said:
        """Return what a function came to; see ``running.Runs``. Starting the process takes time of its own."""
        process = await self._started()
        number = next(self._numbers)
        answer: asyncio.Future[Said] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        try:
            self._tell(process, {"call": number, "function": function, "given": packing.pack_given(given), "values": values, "answers": answers})
            done, _ = await asyncio.wait({answer}, timeout=self._plugin.timeout_s)
            if not done:
                self._tell(process, {"cancel": number})
                done, _ = await asyncio.wait({answer}, timeout=GRACE_S)
                if not done:
                    log.warning("plugin_process_killed", plugin=self._plugin.name, function=function, timeout_s=self._plugin.timeout_s)
                    await self._kill(process)
                raise Failed("plugin_timeout", f"{self._plugin.name}: {self._plugin.timeout_s:g} s")
            return answer.result()
        finally:
            self._waiting.pop(number, None)
            if answer.done() and not answer.cancelled():
                answer.exception()

    async def close(self) -> None:
        """End the process."""
        if self._process is not None:
            await self._kill(self._process)
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _started(self) -> Process:
        async with self._starting:
            if self._process is not None and self._process.returncode is None:
                return self._process
            process = await asyncio.create_subprocess_exec(*_COMMAND, stdin=PIPE, stdout=PIPE, stderr=PIPE, env=_environment(), limit=LONGEST, start_new_session=True)
            assert process.stdout is not None
            assert process.stderr is not None
            try:
                self._tell(process, {"plugin": self._plugin.name, "path": _path(self._found), "settings": dict(self._plugin.settings)})
                async with asyncio.timeout(START_S):
                    first = packing.unline(await process.stdout.readline())
                if "broken" in first:
                    raise Failed("plugin_failed", f"{self._plugin.name}: {first['broken']}")
            except (TimeoutError, msgspec.DecodeError) as error:
                await self._kill(process)
                raise Failed("plugin_failed", f"{self._plugin.name}: its process did not start") from error
            except BaseException:
                await self._kill(process)
                raise
            self._process = process
            for name, work in (("answers", self._hear(process)), ("errors", self._errors(process.stderr))):
                task = asyncio.create_task(work, name=f"plugin {self._plugin.name} {name}")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            return process

    def _tell(self, process: Process, message: Mapping[str, Any]) -> None:
        assert process.stdin is not None
        with contextlib.suppress(ConnectionError, RuntimeError):  # it has ended, which whoever waits is told
            process.stdin.write(packing.line(message))

    async def _hear(self, process: Process) -> None:
        """Take the process's answers until it ends."""
        assert process.stdout is not None
        try:
            while given := await process.stdout.readline():
                self._take(process, packing.unline(given))
        except (msgspec.DecodeError, msgspec.ValidationError, ValueError, LookupError, TypeError) as error:
            log.error("plugin_process_not_understood", plugin=self._plugin.name, error=str(error))
            await self._kill(process)
        await process.wait()
        if self._process is process:
            self._process = None
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(Failed("plugin_failed", f"{self._plugin.name}: its process ended"))

    def _take(self, process: Process, message: Mapping[str, Any]) -> None:
        match message:
            case {"memory": int(number), "do": "get" | "put" | "forget" | "keys" as what, "given": list(given)}:
                task = asyncio.create_task(self._remember(process, number, what, given), name=f"plugin {self._plugin.name} memory")
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case {"call": int(number)} if number in self._waiting and not self._waiting[number].done():
                if "said" in message:
                    self._waiting[number].set_result(packing.unpack_said(message["said"]))
                else:
                    self._waiting[number].set_exception(Failed(str(message["code"]), str(message["detail"])))
            case _:
                pass  # late: nobody waits for it

    async def _remember(self, process: Process, number: int, what: str, given: list[Any]) -> None:
        try:
            result = await getattr(self._hub.memory, what)(*given)
        except Refused as refused:
            self._tell(process, {"memory": number, "code": refused.code})
        else:
            self._tell(process, {"memory": number, "result": result})

    async def _errors(self, stream: asyncio.StreamReader) -> None:
        while said := await stream.readline():
            log.warning("plugin_said", plugin=self._plugin.name, line=said.decode(errors="replace").rstrip()[:1_000])

    async def _kill(self, process: Process) -> None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        if self._process is process:
            self._process = None


def _path(found: Found) -> str | None:
    return str(found.path) if found.path is not None else None


def _environment() -> dict[str, str]:
    """Return what the process sees of the hub's environment: no secret. Its own settings come to it over the pipe."""
    kept = {name: value for name, value in os.environ.items() if name in _KEPT or name.startswith(("LC_", "SSL_CERT"))}
    source = str(Path(__file__).parents[2])
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, [source, os.environ.get("PYTHONPATH", "")])), "PYTHONUNBUFFERED": "1"}
