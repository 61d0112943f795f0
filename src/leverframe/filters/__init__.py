"""A route's ``where``: an expression in CEL (https://cel.dev) over ``payload`` and ``event``, with a budget.

Expressions come from leverframe.toml, what they look at from outside. They are evaluated in a process of their own (see
``process``), so that the slowest of them costs a fifth of a second and the 30 MB of CEL are paid only where a route uses it.
"""

from __future__ import annotations

import importlib.util
import json
import re
import select
import signal
import subprocess
import sys
import threading
import weakref
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import IO, Any, Self, TypeAlias

from leverframe.core.events import Event
from leverframe.core.routes import FilterFailed

LONGEST = 1_000
"""Characters of an expression."""
BUDGET_S = 0.2
"""Seconds of processor time for one answer."""
PATIENCE_S = 10.0
"""Seconds to wait for an answer on a machine that has no time for us."""
VARIABLES = frozenset({"payload", "event"})

_Paths: TypeAlias = tuple[tuple[str, ...], ...] | None
"""What an expression reads of a variable; ``None`` is all of it."""
_PLACE = re.compile(r"ERROR: <input>:(\d+):(\d+): (?:Syntax error: )?([^\n]*)")
_UNREAD = (
    re.compile(r"(?:mismatched|extraneous) input '(.*?)' expecting "), re.compile(r"no viable alternative at input '(.*)'"),
    re.compile(r"token recognition error at: '(.*)'"),
)  # fmt: skip
_MESSAGE = re.compile(r'msg: "([^"]+)"')
_BOUND = re.compile(r"\(\s*([A-Za-z_]\w*)\s*,")


class FilterInvalid(ValueError):
    """The expression is none. ``line`` and ``column`` count from 1; 0 is the whole expression."""

    def __init__(self, reason: str, line: int = 0, column: int = 0) -> None:
        super().__init__(f"{reason} (line {line}, column {column})" if line else reason)
        self.reason, self.line, self.column = reason, line, column


class Filters:
    """Answers filters; starts its process when it is first asked, and again when it had to be stopped. Threads may share it."""

    def __init__(self, budget_s: float = BUDGET_S) -> None:
        """Take the seconds of processor time for one answer. Raises ``ModuleNotFoundError`` when CEL is not installed."""
        if importlib.util.find_spec("cel") is None:
            raise ModuleNotFoundError("filters need the package for CEL: pip install 'leverframe[cel]'", name="cel")
        self._budget_s = budget_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def compile(self, expression: str) -> None:
        """Return when ``expression`` is one and names only ``payload``, ``event`` and its own variables.

        Raises :class:`FilterInvalid`. What a payload holds is not known before it comes: see :meth:`where`.
        """
        if len(expression) > LONGEST:
            raise FilterInvalid(f"a filter has at most {LONGEST} characters, this one has {len(expression)}")
        try:
            said = self._ask({"expression": expression})
        except FilterFailed as failed:
            raise FilterInvalid(str(failed)) from failed
        if "error" in said:
            message, place = _MESSAGE.search(said["error"]), _PLACE.search(said["error"])
            if place is None or message is not None:
                raise FilterInvalid(message[1] if message else said["error"].splitlines()[0])
            raise FilterInvalid(_plainly(place[3]), int(place[1]), int(place[2]))
        unknown = set(said["names"]) - VARIABLES - set(_BOUND.findall(expression))
        if unknown:
            raise FilterInvalid(f"there is no {min(unknown)}; a filter sees payload and event")

    def where(self, expression: str, event: Event) -> bool:
        """Return whether ``expression`` holds for ``event``.

        ``payload`` is what the source sent and ``event`` its facts: ``name action full_name source kind delivery_id repo
        actor subject branches labels paths conclusion environment url``, null where the event has none. Raises
        ``core.routes.FilterFailed`` with the reason when there is no answer: a field is missing, types do not fit, the
        budget is spent.
        """
        variables = {"payload": _only(event.payload, _reads(expression, "payload")), "event": _only(_facts(event), _reads(expression, "event"))}
        said = self._ask({"expression": expression, "variables": variables})
        if "error" in said:
            raise FilterFailed(said["error"])
        return bool(said["holds"])

    def close(self) -> None:
        """End the process."""
        with self._lock:
            self._end()

    def _ask(self, request: Mapping[str, Any]) -> Any:
        line = json.dumps(request).encode() + b"\n"
        with self._lock:
            for _ in range(2):
                if said := self._try(line):
                    return json.loads(said)
                match self._end():
                    case signal.SIGPROF:
                        raise FilterFailed(f"it takes more than {self._budget_s:g} s of processor time")
                    case signal.SIGABRT | signal.SIGSEGV:
                        raise FilterFailed("it takes too much memory")
                    case _:
                        continue  # ended by somebody else
        raise FilterFailed("the process that evaluates filters does not answer")

    def _try(self, line: bytes) -> bytes:
        """Return the answer to ``line``, nothing when there is none."""
        process = self._process or self._start()
        requests, answers = _pipe(process.stdin), _pipe(process.stdout)
        try:
            requests.write(line)
            requests.flush()
        except OSError:
            return b""
        return answers.readline() if select.select([answers], [], [], PATIENCE_S)[0] else b""

    def _start(self) -> subprocess.Popen[bytes]:
        # Isolated and without our environment: an expression has no business with either.
        command = [sys.executable, "-I", str(Path(__file__).with_name("process.py")), str(self._budget_s)]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={}, start_new_session=True)
        weakref.finalize(self, _end, self._process)
        return self._process

    def _end(self) -> int:
        process, self._process = self._process, None
        return 0 if process is None else _end(process)


def _plainly(said: str) -> str:
    """Return a parser's complaint without the list of everything that it would have liked better."""
    for unread in _UNREAD:
        if found := unread.match(said):
            return "it ends too early" if found[1] == "<EOF>" else f"“{found[1]}” cannot stand here"
    return said


def _pipe(pipe: IO[bytes] | None) -> IO[bytes]:
    assert pipe is not None  # asked for in _start
    return pipe


def _end(process: subprocess.Popen[bytes]) -> int:
    """End ``process`` and return the signal that had ended it before, 0 when none had."""
    ended = process.poll()
    if ended is None and process.stdout is not None and select.select([process.stdout], [], [], 0)[0]:
        ended = process.wait()  # it has closed its end: it is on its way out
    if ended is None:
        process.kill()
        process.wait()
    for pipe in (process.stdin, process.stdout):
        if pipe is not None and not pipe.closed:
            try:
                pipe.close()
            except BrokenPipeError:  # what was not sent need not be
                continue
    return -ended if ended is not None and ended < 0 else 0


def _facts(event: Event) -> dict[str, Any]:
    actor, subject = event.actor, event.subject
    return {
        "name": event.name, "action": event.action, "full_name": event.full_name, "source": event.source, "kind": event.kind,
        "delivery_id": event.delivery_id, "repo": event.repo,
        "actor": None if actor is None else {"login": actor.login, "url": actor.url, "is_bot": actor.is_bot},
        "subject": None if subject is None else {
            "kind": subject.kind, "key": subject.key, "number": subject.number, "title": subject.title, "url": subject.url,
        },
        "branches": event.branches, "labels": event.labels, "paths": event.paths, "conclusion": event.conclusion,
        "environment": event.environment, "url": event.url,
    }  # fmt: skip


@lru_cache(maxsize=1_000)
def _reads(expression: str, variable: str) -> _Paths:
    """Return at least the paths below ``variable`` that ``expression`` reads.

    Turning a pull request's payload into CEL's own values takes 0.6 ms, one field of it 10 µs. Words that only look like
    the variable (in a string, as a field) add to the paths, which does no harm; whatever is not plainly
    ``variable.field.field`` makes it all of the variable.
    """
    found: set[tuple[str, ...]] = set()
    for match in re.finditer(rf"\b{variable}\b((?:\s*\.\s*[A-Za-z_]\w*)*)\s*(\(?)", expression):
        path = tuple(part.strip() for part in match[1].split(".")[1:])
        if match[2]:
            path = path[:-1]  # a method
        if not path:
            return None
        found.add(path)
    return tuple(path for path in found if not any(path[:length] in found for length in range(1, len(path))))


def _only(value: Mapping[str, Any], paths: _Paths) -> dict[str, Any]:
    """Return ``value`` with nothing but what stands at ``paths``, none of which begins with another."""
    if paths is None:
        return dict(value)
    kept: dict[str, Any] = {}
    for path in paths:
        source, target = value, kept
        for depth, key in enumerate(path, 1):
            if key not in source:
                break
            if depth == len(path) or not isinstance(source[key], dict):
                target[key] = source[key]
                break
            source, target = source[key], target.setdefault(key, {})
    return kept
