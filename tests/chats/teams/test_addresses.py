"""Where Teams may tell the hub to post to."""

from __future__ import annotations

import pytest

from leverframe.chats.teams.addresses import Addresses
from leverframe.chats.teams.settings import Settings

ADDRESSES = Addresses(Settings(service_urls=["https://proxy.example.com/teams/", "http://127.0.0.1:8100/teams/"]))


@pytest.mark.parametrize("url", [
    "https://smba.trafficmanager.net/teams/", "https://smba.trafficmanager.net/amer/0000/", "https://smba.infra.gov.teams.microsoft.us/gov",
    "https://webchat.botframework.com/", "https://proxy.example.com/teams/emea", "http://127.0.0.1:8100/teams/",
])  # fmt: skip
def test_microsofts_and_the_operators_own(url: str) -> None:
    """Teams' hosts in its clouds by https, and what the configuration names."""
    assert ADDRESSES.may_be(url)


@pytest.mark.parametrize("url", [
    "http://smba.trafficmanager.net/teams/", "https://smba.trafficmanager.net:8443/", "https://evil.trafficmanager.net/", "https://smba.trafficmanager.net.evil.example/",
    "https://evilbotframework.com/", "https://user@smba.trafficmanager.net/", "https://smba.trafficmanager.net@evil.example/", "https://evil.example/?x=.botframework.com",
    "https://evil.example\\.botframework.com/", "https://proxy.example.com/other", "https://proxy.example.com/teams/../other", "http://169.254.169.254/", "http://127.0.0.1:9/teams/", "ftp://x.botframework.com/",
    "https://[::1/", "", "smba.trafficmanager.net", "https://smba.trafficmanager.net/#x", "https://smba.trafficmanager.net/" + "a" * 600, "https://ｓmba.trafficmanager.net/",
])  # fmt: skip
def test_everything_else_is_not(url: str) -> None:
    """Another host, another scheme, a name that only looks like one, credentials, and what is no address."""
    assert not ADDRESSES.may_be(url)
