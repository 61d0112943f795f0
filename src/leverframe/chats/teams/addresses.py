"""Where Teams may tell the hub to post to: Microsoft's own hosts, and what the configuration names.

The address comes with every activity (``serviceUrl``), and the bot's token goes there: a wrong one would give it away.
https://learn.microsoft.com/en-us/azure/bot-service/rest-api/bot-framework-rest-connector-authentication#step-4-verify-the-jwt-token
"""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from leverframe.chats.teams.settings import Settings

HOSTS = frozenset({"smba.trafficmanager.net", "smba.infra.gcc.teams.microsoft.com", "smba.infra.gov.teams.microsoft.us", "smba.infra.dod.teams.microsoft.us"})
"""Hosts of Teams' service, in its clouds. https://learn.microsoft.com/en-us/microsoftteams/platform/concepts/cloud-overview"""
SUFFIXES = (".botframework.com", ".teams.microsoft.com", ".teams.microsoft.us")


class Addresses:
    """The addresses of one chat."""

    def __init__(self, settings: Settings) -> None:
        self._named = [found for url in (settings.service_url, *settings.service_urls) if (found := _split(url)) is not None]

    def named(self, url: str) -> bool:
        """Return whether the operator named ``url`` in the configuration: it is theirs, and goes through no guard."""
        parts = _split(url)
        return parts is not None and any(
            (parts.scheme, parts.netloc) == (named.scheme, named.netloc) and f"{parts.path.rstrip('/')}/".startswith(f"{named.path.rstrip('/')}/") for named in self._named
        )

    def may_be(self, url: str) -> bool:
        """Return whether ``url`` may be posted to."""
        parts = _split(url)
        if parts is None or len(url) > 500:
            return False
        if self.named(url):
            return True
        host = parts.hostname or ""
        return parts.scheme == "https" and parts.port in (None, 443) and (host in HOSTS or host.endswith(SUFFIXES))


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    plain = url.isascii() and not any(char in url for char in "\\ \t\r\n") and ".." not in parts.path
    return parts if plain and parts.hostname and not (parts.username or parts.password or parts.query or parts.fragment or "@" in parts.netloc) else None
