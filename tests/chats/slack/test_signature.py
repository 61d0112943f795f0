"""Slack's signature: what proves that it is Slack, and what does not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from leverframe.chats.slack.signature import sign, verify
from leverframe.core.errors import Refused

SECRET = b"8f742231b10e8888abcd99yyyzzz85a5"
TIMESTAMP_S = 1531420618
NOW = datetime.fromtimestamp(TIMESTAMP_S, UTC)
BODY = (
    b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
    b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
    b"%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
)
SIGNATURE = b"v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503"


def headers(signature: bytes | None = SIGNATURE, timestamp: bytes | None = b"%d" % TIMESTAMP_S) -> list[tuple[bytes, bytes]]:
    """Return the headers that Slack sends."""
    found = [(b"host", b"hub.example.com")]
    if signature is not None:
        found.append((b"x-slack-signature", signature))
    if timestamp is not None:
        found.append((b"x-slack-request-timestamp", timestamp))
    return found


def test_slacks_own_example_is_proven() -> None:
    """The example of Slack's documentation verifies, and we sign it to the same letters."""
    assert verify([SECRET], headers(), BODY, NOW) == TIMESTAMP_S
    assert sign(SECRET, TIMESTAMP_S, BODY) == SIGNATURE


@pytest.mark.parametrize("secrets", [[SECRET, b"other"], [b"other", SECRET], [b"", SECRET]])
def test_every_secret_is_tried(secrets: list[bytes]) -> None:
    """While a secret is rotated, the old and the new one hold."""
    verify(secrets, headers(), BODY, NOW)


@pytest.mark.parametrize("offset_s", [-300, -1, 0, 1, 300])
def test_a_request_is_taken_for_five_minutes(offset_s: int) -> None:
    """Five minutes before and after the hub's own time."""
    verify([SECRET], headers(), BODY, NOW + timedelta(seconds=offset_s))


@pytest.mark.parametrize("offset_s", [-301, 301, 86_400, -86_400])
def test_a_recorded_request_is_not_taken_again(offset_s: int) -> None:
    """Outside the window a right signature is worth nothing, in both directions."""
    with pytest.raises(Refused) as refused:
        verify([SECRET], headers(), BODY, NOW + timedelta(seconds=offset_s))
    assert (refused.value.code, refused.value.status) == ("slack_request_stale", 401)


@pytest.mark.parametrize(
    ("given", "code", "status"),
    [
        (headers(signature=None), "slack_signature_missing", 401),
        (headers(timestamp=None), "slack_signature_missing", 401),
        (headers(signature=b""), "slack_signature_missing", 401),
        (headers(timestamp=b""), "slack_signature_missing", 401),
        (headers(timestamp=b"now"), "header_invalid", 400),
        (headers(timestamp=b"-1531420618"), "header_invalid", 400),
        (headers(timestamp=b"+1531420618"), "header_invalid", 400),
        (headers(timestamp=b" 1531420618"), "header_invalid", 400),
        (headers(timestamp=b"1531420618.0"), "header_invalid", 400),
        (headers(timestamp=b"1_531_420_618"), "header_invalid", 400),
        (headers(timestamp=b"9" * 5000), "header_invalid", 400),
        (headers(timestamp="１５３１４２０６１８".encode()), "header_invalid", 400),
        (headers(timestamp=b"\xff\xfe"), "header_invalid", 400),
        (headers(timestamp=b"\xb2\xb3"), "header_invalid", 400),
        (headers(timestamp=b"999999999999"), "slack_signature_invalid", 401),
        (headers(timestamp=b"01531420618"), "slack_signature_invalid", 401),
        (headers(signature=b"\xff" * 67), "slack_signature_invalid", 401),
        (headers(signature="v0=한글".encode()), "slack_signature_invalid", 401),
        (headers(signature=SIGNATURE.upper()), "slack_signature_invalid", 401),
        (headers(signature=SIGNATURE[:-1]), "slack_signature_invalid", 401),
        (headers(signature=SIGNATURE + b"\n"), "slack_signature_invalid", 401),
        (headers(signature=b"v1=" + SIGNATURE[3:]), "slack_signature_invalid", 401),
        (headers(signature=b"v0="), "slack_signature_invalid", 401),
        ([*headers(), (b"x-slack-signature", SIGNATURE)], "header_invalid", 400),
        ([*headers(), (b"x-slack-request-timestamp", b"1")], "header_invalid", 400),
    ],
)  # fmt: skip
def test_hostile_headers_are_refused(given: list[tuple[bytes, bytes]], code: str, status: int) -> None:
    """Headers of any bytes are a refusal with a code, never an error of ours."""
    with pytest.raises(Refused) as refused:
        verify([SECRET], given, BODY, NOW)
    assert (refused.value.code, refused.value.status) == (code, status)


@pytest.mark.parametrize("body", [b"", BODY + b" ", BODY[:-1], BODY.replace(b"roadrunner", b"coyote")])
def test_another_body_is_not_proven(body: bytes) -> None:
    """The signature is over every byte."""
    with pytest.raises(Refused, match="slack_signature_invalid"):
        verify([SECRET], headers(), body, NOW)


@pytest.mark.parametrize("secrets", [[], [b""]])
def test_without_a_secret_nobody_is_believed(secrets: list[bytes]) -> None:
    """No secret, or an empty one, with which anybody could sign, proves nothing."""
    with pytest.raises(Refused, match="slack_signing_secret_missing"):
        verify(secrets, headers(sign(b"", TIMESTAMP_S, BODY)), BODY, NOW)
