"""Programs that are forked from a process which has imported the hub: that is four fifths of what a start costs, and a hundred are started.

Each is a process like any other, with memory, files and sockets of its own, that ``kill -9`` ends. That ``leverframe`` starts from nothing is
tried where nothing else is: by some of the command line's tests, and by hubs that have a disk of their own.
"""

from __future__ import annotations

import atexit
import json
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path

TESTS = Path(__file__).parents[1]
_NUMBER = struct.Struct("=q")


class Forked:
    """``leverframe`` with some arguments; as much of ``subprocess.Popen`` as is used."""

    def __init__(self, *arguments: str, environ: Mapping[str, str], out: int, err: int, folder: Path | None = None) -> None:
        """Start it with this environment, in this folder, and what it prints in these files."""
        self._told, told = os.pipe()
        said = json.dumps({"arguments": arguments, "environ": dict(environ), "folder": str(folder or Path.cwd())}).encode()
        socket.send_fds(_importer(), [_NUMBER.pack(len(said))], [out, err, told])
        _importer().sendall(said)
        os.close(told)
        self.pid: int = _NUMBER.unpack(os.read(self._told, _NUMBER.size))[0]
        self.returncode: int | None = None

    def wait(self, timeout: float | None = None) -> int:
        """Return how it ended; raises ``subprocess.TimeoutExpired``."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("leverframe", timeout or 0.0)
            self.returncode = _NUMBER.unpack(os.read(self._told, _NUMBER.size))[0]
            os.close(self._told)
        return self.returncode

    def poll(self) -> int | None:
        """Return how it ended, ``None`` while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """End it as a power cut would."""
        self.send_signal(signal.SIGKILL)


def printed(*arguments: str, environ: Mapping[str, str]) -> str:
    """Return what a command prints, run to its end."""
    with tempfile.TemporaryFile() as out, open(os.devnull, "wb") as err:
        Forked(*arguments, environ=environ, out=out.fileno(), err=err.fileno()).wait(60)
        out.seek(0)
        return out.read().decode()


@cache
def _importer() -> socket.socket:
    """Start the process that has imported the hub; it ends with this one."""
    ours, its = socket.socketpair()
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent / "src"), str(TESTS)]), "PYTHONIOENCODING": "utf-8"}
    program = f"from acceptance.forks import fork; fork({its.fileno()})"
    process = subprocess.Popen([sys.executable, "-W", "error", "-c", program], env=environ, pass_fds=[its.fileno()])
    its.close()
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours


def fork(number: int) -> None:
    """Import the hub, then become in a child whatever the socket of this number asks for, until nobody holds its other end."""
    sys.modules["rich"] = None  # type: ignore[assignment]  as ``leverframe.cli.main`` does
    import structlog  # noqa: F401

    del sys.modules["rich"]
    import leverframe.cli.commands
    import leverframe.cli.serving
    import leverframe.server  # noqa: F401

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever looks after a child says how it ended
    with socket.socket(fileno=number) as asked:
        while True:
            begun, files, _, _ = socket.recv_fds(asked, _NUMBER.size, 3)
            if not begun:
                return
            (size,) = _NUMBER.unpack(begun)
            said = asked.recv(size, socket.MSG_WAITALL)
            if os.fork() == 0:
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                asked.close()
                _become(**json.loads(said), files=files)
            for file in files:
                os.close(file)


def _become(*, arguments: list[str], environ: dict[str, str], folder: str, files: list[int]) -> None:
    """Run the program in a child, and tell its number and how it ended."""
    out, err, told = files
    if child := os.fork():
        os.write(told, _NUMBER.pack(child))
        os.write(told, _NUMBER.pack(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])))
        os._exit(0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    for file in files:
        os.close(file)
    os.environ.clear()
    os.environ.update(environ)
    time.tzset()
    os.chdir(folder)
    sys.argv = ["leverframe", *arguments]
    from leverframe.cli.main import main

    main()
    sys.exit()
