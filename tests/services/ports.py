"""Ports for what is started as a process of its own, and may be started there again."""

from __future__ import annotations

import contextlib
import secrets
import socket


def free_port() -> int:
    """Return a port that nobody listens on, and that nobody is given who asks the system for any: a hub that is killed finds it free again.

    A fake of another test's once took it in between, and the next start of the hub was taken for that.
    """
    while True:
        port = 20_000 + secrets.randbelow(12_000)  # below https://www.kernel.org/doc/html/latest/networking/ip-sysctl.html: ip_local_port_range
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
