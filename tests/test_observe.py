"""The log: what it does when it cannot be written, and what it calls who asks."""

from __future__ import annotations

import errno
import io
import subprocess
import sys
import threading

import pytest

from leverframe.observe import AccessLog
from leverframe.web.rates import address_of, peer_of


class Disk(io.StringIO):
    """A file on a disk that is full for a while."""

    def __init__(self) -> None:
        super().__init__()
        self.full, self.tried = True, threading.Event()

    def write(self, text: str) -> int:
        if self.full:
            self.tried.set()
            raise OSError(errno.ENOSPC, "No space left on device")
        return super().write(text)


def test_the_access_log_goes_on_after_a_full_disk() -> None:
    """One failed write ended it for as long as the hub ran; now it says how many lines are missing, and goes on."""
    disk = Disk()
    log = AccessLog(disk)
    log.line(peer="192.0.2.1", method="GET", path="/lost", status=200, duration_s=0.001)
    assert disk.tried.wait(10)
    disk.full = False
    log.line(peer="192.0.2.1", method="GET", path="/found", status=200, duration_s=0.001)
    log.close()
    assert "path=/found" in disk.getvalue() and "/lost" not in disk.getvalue() and "log_lines_dropped=1\n" in disk.getvalue()


def test_a_full_disk_ends_nothing_that_speaks_of_itself() -> None:
    """A loop that warns while the disk is full goes on."""
    program = (
        "import structlog\nfrom leverframe.observe import set_up_log\nset_up_log(open('/dev/full', 'w'))\n"
        "structlog.get_logger('leverframe').warning('leases_lost')\nprint('went on')\n"
    )
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert ran.stdout == "went on\n", ran.stderr


@pytest.mark.parametrize(
    ("client", "peer", "counted"),
    [
        (("192.0.2.1", 5), "192.0.2.1", "192.0.2.1"), (("2001:db8::1:2", 5), "2001:db8::1:2", "2001:db8::/64"),
        (("::ffff:192.0.2.1", 5), "::ffff:192.0.2.1", "192.0.2.1"), (None, "local", "local"), (("", 0), "local", "local"),
    ],
)  # fmt: skip
def test_the_log_names_the_address_and_limits_count_the_subscriber(client: tuple[str, int] | None, peer: str, counted: str) -> None:
    """By IPv6 the log named a network of 2⁶⁴ addresses: limits count that, the log tells who it was."""
    assert (peer_of(client), address_of(client)) == (peer, counted)
