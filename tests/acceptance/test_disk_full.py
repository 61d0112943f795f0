"""The disk of a hub on SQLite fills up, and has room again: refused and red meanwhile, well afterwards, without a restart."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from acceptance.processes import Answer, Hub, Senders, arrivals, mark, push, until

HEARTBEAT_S = 5
PATIENCE_S = 90
"""How long a busy machine may take for anything."""


def has_name_spaces() -> bool:
    """Return whether a process may have a disk of its own here."""
    mount = ["unshare", "-rm", "mount", "-t", "tmpfs", "none", "/tmp"]
    return shutil.which("unshare") is not None and subprocess.run(mount, check=False, capture_output=True).returncode == 0


def fill_disk(hub: Hub) -> Callable[[], None]:
    """Leave no byte on the disk; returns what makes room again."""
    assert hub.process is not None and hub.disk is not None
    ballast = Path(f"/proc/{hub.process.pid}/root{hub.disk}/ballast")
    file = os.open(ballast, os.O_WRONLY | os.O_CREAT)
    with pytest.raises(OSError, match="No space left"):
        while True:
            os.write(file, b"\0" * 4096)
    os.close(file)
    return ballast.unlink


def forbid_growth(hub: Hub) -> Callable[[], None]:
    """Let the database not grow, as a quota does; returns what lifts it.

    The journal beside it may well be larger already. A limit of that size would let the database grow for a while still, with room in the journal
    again each time it was taken over: red, well and red again.
    """
    assert hub.process is not None
    most = max((hub.folder / "hub.db").stat().st_size, hub.log.stat().st_size + 100_000)
    before = resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, (most, before[1]))
    return lambda: resource.prlimit(hub.process.pid, resource.RLIMIT_FSIZE, before) and None


def refusal(hub: Hub) -> Answer | None:
    """Send one event; return the answer unless it found room (some kilobytes may be left where the next larger ones fail)."""
    answer = hub.take("push", push(mark()))
    return answer if answer.status != 202 else None


def test_a_full_disk_refuses_and_recovers(tmp_path: Path) -> None:
    """Nothing can be written: 503 with Retry-After, readiness red all the time; there is room again: well without a restart, nothing accepted lost.

    Two hubs side by side: one has a small disk that is filled up, the other meets a quota (where there are no name spaces, only that).
    """
    ways = {"quota": forbid_growth, **({"disk": fill_disk} if has_name_spaces() else {})}
    with arrivals() as noted, ExitStack() as stack:
        hubs = {name: stack.enter_context(Hub(tmp_path / name, api_url=noted.slack.url, disk_bytes=16_000_000 if name == "disk" else None)) for name in ways}
        with ExitStack() as sending:
            senders = {name: sending.enter_context(Senders([hub], connections=3, pause_s=0.01)) for name, hub in hubs.items()}
            make_room = []
            for name, hub in hubs.items():
                until(lambda: senders[name].count > 200, PATIENCE_S, hub.said)  # noqa: B023
                make_room.append(ways[name](hub))
            for name, hub in hubs.items():
                until(lambda: senders[name].ledger.refused[503] > 0, PATIENCE_S, hub.said)  # noqa: B023
                until(lambda: not hub.ready(), PATIENCE_S, hub.said)  # noqa: B023
                answer = until(lambda: refusal(hub), PATIENCE_S, hub.said)  # noqa: B023
                assert (answer.status, answer.headers["content-type"]) == (503, "application/problem+json")
                assert int(answer.headers["retry-after"]) > 0
                assert (answer.document["code"], bool(answer.document["remedy"])) == ("storage_unavailable", True)
                assert hub.ask("GET", "/healthz").status == 200
            with pytest.raises(AssertionError, match="still red"):
                until(lambda: any(hub.ready() for hub in hubs.values()), HEARTBEAT_S + 1, "still red")
            for make in make_room:
                make()
            for name, hub in hubs.items():
                until(hub.ready, PATIENCE_S, hub.said)
                before = senders[name].count
                until(lambda: senders[name].count > before + 50, PATIENCE_S, hub.said)  # noqa: B023
        for name, hub in hubs.items():
            ledger = senders[name].ledger
            until(lambda: not noted.missing(ledger), PATIENCE_S, lambda: f"{len(noted.missing(ledger))} missing\n{hub.said()}")  # noqa: B023
            assert set(ledger.refused) == {503}
            assert hub.complaints() == []
