"""Which page sent a request, and whether a hub is alone with one person on one machine. Pure."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from urllib.parse import urlsplit

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def host_of(netloc: str) -> str:
    """Return the host of ``host:port`` in lower case, without port and brackets; empty when it is not one."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_loopback(host: str) -> bool:
    """Return whether a host name can only mean this machine: ``localhost``, ``*.localhost`` (RFC 6761), 127.0.0.0/8, ``::1``."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def is_forwarded(headers: Mapping[str, str]) -> bool:
    """Return whether somebody in between passed the request on. ``headers`` have lower-case names."""
    return any(name in ("forwarded", "via", "x-real-ip") or name.startswith("x-forwarded-") for name in headers)


def origin_matches(origin: str | None, *, url: str, host: str | None) -> bool:
    """Return whether ``Origin`` is the hub's own: that of ``hub.url``, or the very host that the request names.

    A missing ``Origin`` and ``null`` do not match. See https://developer.mozilla.org/en-US/docs/Web/HTTP/Headers/Origin
    """
    if not origin:
        return False
    try:
        found, own = urlsplit(origin), urlsplit(url)
    except ValueError:
        return False
    if found.scheme not in ("http", "https") or not found.netloc:
        return False
    if (found.scheme, found.netloc.lower()) == (own.scheme, own.netloc.lower()):
        return True
    return host is not None and found.netloc.lower() == host.lower()


def playground_is_open(*, url: str, method: str, headers: Mapping[str, str]) -> bool:
    """Return whether the playground asks nobody who they are.

    Only where ``hub.url`` and ``Host`` both mean this machine (a name that was rebound to it does not), nobody passed the request on,
    and a write comes from the hub's own page.
    """
    host = headers.get("host")
    try:
        own = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host is None or not is_loopback(own) or not is_loopback(host_of(host)) or is_forwarded(headers):
        return False
    return method in SAFE_METHODS or origin_matches(headers.get("origin"), url=url, host=host)
