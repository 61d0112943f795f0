"""Which page sent a request, and whether a hub is alone with one person on one machine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from leverframe.core.hosts import is_loopback

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def host_of(netloc: str) -> str:
    """Return the host of ``host:port`` in lower case, without port and brackets; empty when it is not one."""
    try:
        return (urlsplit(f"//{netloc}").hostname or "").rstrip(".")
    except ValueError:
        return ""


def is_from_here(client: tuple[str, int] | None, headers: Mapping[str, str]) -> bool:
    """Return whether a request was made on this machine: its ``client`` is, and nobody in between passed it on. ``headers`` have lower-case names."""
    if client is None or not is_loopback(client[0]):
        return False
    return not any(name in ("forwarded", "via", "x-real-ip") or name.startswith("x-forwarded-") for name in headers)


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


def playground_is_open(*, url: str, method: str, headers: Mapping[str, str], client: tuple[str, int] | None) -> bool:
    """Return whether the playground asks nobody who they are.

    Only where the request was made on this machine (whoever it is that asks writes ``Host``, and a hub may listen to the outside),
    ``hub.url`` and ``Host`` both mean this machine (a name that was rebound to it does not), and a write comes from the hub's own page.
    """
    host = headers.get("host")
    try:
        own = urlsplit(url).hostname or ""
    except ValueError:
        return False
    if host is None or not is_loopback(own) or not is_loopback(host_of(host)) or not is_from_here(client, headers):
        return False
    return method in SAFE_METHODS or origin_matches(headers.get("origin"), url=url, host=host)


def content_policy(images: str = "'self' data:") -> str:
    """Return what a page may load and do; ``images`` is where its pictures may come from."""
    return (
        f"default-src 'none'; style-src 'self'; script-src 'self'; img-src {images}; connect-src 'self'; "
        "font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )
