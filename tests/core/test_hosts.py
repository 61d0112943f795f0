"""Which hosts can only be this machine."""

from __future__ import annotations

import pytest

from leverframe.core.hosts import is_loopback


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True), ("hub.localhost", True), ("127.1.2.3", True), ("::1", True), ("::ffff:127.0.0.1", True),
        ("localhost.evil", False), ("127.1", False), ("", False), ("0.0.0.0", False), ("::", False), ("::ffff:192.0.2.1", False), ("192.168.0.2", False),
    ],
)  # fmt: skip
def test_only_what_must_mean_this_machine_is_loopback(host: str, loopback: bool) -> None:
    """Spellings that a resolver might take elsewhere do not count."""
    assert is_loopback(host) is loopback
