"""Signatures over raw bytes."""

import hmac

import pytest

from leverframe.core.errors import Refused
from leverframe.core.signing import verify_github

SECRET, BODY = b"It's a Secret to Everybody", b"Hello, World!"
SIGNATURE = b"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"


def test_github_s_own_example_is_right() -> None:
    """The values of GitHub's page about validating deliveries verify."""
    verify_github([SECRET], BODY, SIGNATURE)
    verify_github([b"another", SECRET], BODY, SIGNATURE)


@pytest.mark.parametrize("signature", [None, b""])
def test_a_missing_signature_says_so(signature: bytes | None) -> None:
    """No header and an empty header are the same: the webhook has no secret."""
    with pytest.raises(Refused, match="signature_missing"):
        verify_github([SECRET], BODY, signature)


@pytest.mark.parametrize("secrets", [[], [b"another"], [b""]])
def test_only_a_configured_secret_proves(secrets: list[bytes]) -> None:
    """Without the right secret nothing verifies."""
    with pytest.raises(Refused, match="signature_invalid"):
        verify_github(secrets, BODY, SIGNATURE)


def test_an_empty_secret_proves_nothing() -> None:
    """What is signed with the empty secret is refused, though its signature is right: anybody could have made it."""
    with pytest.raises(Refused, match="signature_invalid"):
        verify_github([b""], BODY, b"sha256=" + hmac.digest(b"", BODY, "sha256").hex().encode())
