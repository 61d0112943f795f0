"""Which headers are secrets."""

import pytest

from leverframe.core.headers import is_secret


@pytest.mark.parametrize(
    ("name", "secret"),
    [
        ("Authorization", True), ("proxy-authorization", True), ("cookie", True), ("set-cookie", True), ("x-hub-signature", True),
        ("x-hub-signature-256", True), ("x-gitlab-token", True), ("webhook-signature", True), ("x-gitea-signature", True),
        ("x-client-secret", True), ("user-agent", False), ("x-github-event", False), ("x-github-delivery", False), ("content-type", False),
        ("webhook-id", False), ("webhook-timestamp", False),
    ],
)  # fmt: skip
def test_one_rule_for_what_is_stored_and_shown(name: str, secret: bool) -> None:
    """What was stored and what was shown followed two lists: a secret under a name of its own was kept, though never shown."""
    assert is_secret(name) is secret
