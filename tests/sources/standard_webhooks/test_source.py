"""Messages as the specification's own library signs them, and its published vector."""

from __future__ import annotations

import hmac
import json
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta

import pytest
from sources.golden import parsed
from standardwebhooks import Webhook

from leverframe.core.errors import Refused
from leverframe.sources.standard_webhooks.source import StandardWebhooksSource

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


def source(*secrets: str, now: datetime = NOW) -> StandardWebhooksSource:
    return StandardWebhooksSource("billing", secrets or (SECRET,), lambda: now)


def headers(body: bytes, at: datetime = NOW, id: str = "msg_1", secret: str = SECRET) -> dict[bytes, bytes]:
    signature = Webhook(secret).sign(id, at, body.decode())
    return {
        b"content-type": b"application/json", b"webhook-id": id.encode(), b"webhook-timestamp": str(int(at.timestamp())).encode(), b"webhook-signature": signature.encode()
    }  # fmt: skip


def test_what_the_official_library_signs_is_taken() -> None:
    """A message's type is the event, its data the payload; the id makes a repeat."""
    body = json.dumps({"type": "invoice.paid", "timestamp": "2026-05-01T12:00:00Z", "data": {"title": "7월 청구서", "amount": 3}}).encode()
    accepted = source().accept(headers(body), body)
    event = parsed(source(), accepted)
    assert (event.full_name, event.delivery_id, event.payload["amount"], event.payload["original"]["type"]) == ("invoice.paid", "msg_1", 3, "invoice.paid")


def test_the_published_vector_holds() -> None:
    """https://github.com/standard-webhooks/standard-webhooks: the signature is right, the moment long ago, and the message has no type."""
    body = b'{"test": 2432232314}'
    vector = {
        b"content-type": b"application/json", b"webhook-id": b"msg_p5jXN8AQM9LWM0D4loKWxJek", b"webhook-timestamp": b"1614265330",
        b"webhook-signature": b"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip
    with pytest.raises(Refused, match="event_missing"):
        source(now=datetime.fromtimestamp(1614265330, UTC)).accept(vector, body)
    with pytest.raises(Refused, match="timestamp_stale"):
        source().accept(vector, body)


def test_several_signatures_are_looked_through() -> None:
    """While a sender rotates it signs twice; versions that are not known are passed over, and nonsense between them is no 500."""
    body = b'{"type": "a.b"}'
    right = headers(body)
    for others in (b"v1a,xyz ", b"v1,AAAA ", b"nonsense "):
        assert source().accept(right | {b"webhook-signature": others + right[b"webhook-signature"]}, body).name == "a"
    for wrong in (b"v1,", b"v1", b",", b"v1a," + right[b"webhook-signature"][3:], b"v2," + right[b"webhook-signature"][3:]):
        with pytest.raises(Refused, match="signature_invalid"):
            source().accept(right | {b"webhook-signature": wrong}, body)


@pytest.mark.parametrize("moment", [b"", b"now", b"-1", b"1e9", b"9" * 400, "１２".encode()])
def test_moments_that_are_none(moment: bytes) -> None:
    """A moment that is no number is no signature, though it is signed."""
    body = b'{"type": "a"}'
    signature = b64encode(hmac.digest(b64decode(SECRET[6:]), b"1." + moment + b"." + body, "sha256"))
    given = headers(body) | {b"webhook-id": b"1", b"webhook-timestamp": moment, b"webhook-signature": b"v1," + signature}
    with pytest.raises(Refused, match="signature_invalid"):
        source().accept(given, body)


def test_five_minutes_either_way() -> None:
    """As the official library has it."""
    body = b'{"type": "a"}'
    for seconds, taken in ((300, True), (-300, True), (301, False), (-301, False)):
        at = NOW + timedelta(seconds=seconds)
        if taken:
            assert source().accept(headers(body, at), body).name == "a"
        else:
            with pytest.raises(Refused, match="timestamp_stale"):
                source().accept(headers(body, at), body)
