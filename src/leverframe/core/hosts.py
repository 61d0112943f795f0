"""What a host's name or address says by itself, without asking a resolver."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str) -> bool:
    """Return whether a host (a name or an address, without brackets) can only mean this machine.

    That is ``localhost``, ``*.localhost`` (RFC 6761, 6.3), 127.0.0.0/8, ``::1``, and 127.0.0.0/8 as IPv6 maps it: so a client of
    this machine is shown by a server that listens to both.
    """
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
