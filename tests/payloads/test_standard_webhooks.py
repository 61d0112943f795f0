"""Standard Webhooks: the official verifier and its published values accept what every format sends."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from payloads.occasions import DELIVERY, of_github, rendered, sending
from standardwebhooks import Webhook, WebhookVerificationError

from leverframe.core.signing import standard_headers
from leverframe.payloads import FORMATS
from leverframe.payloads.standard_webhooks import StandardWebhooks
from leverframe.ports.payloads import Format, Payload

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_published_example_is_right() -> None:
    """The values that Svix and the specification's libraries test with."""
    at = datetime.fromtimestamp(1614265330, UTC)
    assert standard_headers([SECRET], "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}') == {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }  # fmt: skip


@pytest.mark.parametrize("format", list(FORMATS.values()), ids=list(FORMATS))
@pytest.mark.parametrize("secret", [SECRET, "열려라 참깨", "not_whsec_"])
def test_the_official_verifier_accepts_every_format(format: Format, secret: str) -> None:
    """A secret is base64 after whsec_, or its bytes; one minute later it is still accepted, an hour later not."""
    payload = format.render(of_github("push"))
    assert isinstance(payload, Payload)
    theirs = Webhook(secret if secret == SECRET else secret.encode())
    now = datetime.now(UTC)
    theirs.verify(payload.body, format.sign(payload, sending(secret, at=now - timedelta(minutes=1))))
    with pytest.raises(WebhookVerificationError):
        theirs.verify(payload.body, format.sign(payload, sending(secret, at=now - timedelta(hours=1))))
    with pytest.raises(WebhookVerificationError):
        theirs.verify(payload.body + b" ", format.sign(payload, sending(secret, at=now)))


@pytest.mark.parametrize("format", list(FORMATS.values()), ids=list(FORMATS))
def test_while_a_secret_is_rotated_both_verify_and_the_id_stays(format: Format) -> None:
    """Whoever has the old secret and whoever has the new one read the same delivery."""
    payload = format.render(of_github("push"))
    assert isinstance(payload, Payload)
    headers = format.sign(payload, sending("new", "old", at=datetime.now(UTC)))
    for secret in (b"new", b"old"):
        Webhook(secret).verify(payload.body, headers)
    assert headers["webhook-id"] == DELIVERY


def test_what_is_sent_says_what_happened_and_holds_the_payload() -> None:
    """The type has GitHub's name and action; data what every event has."""
    about = of_github("issues__edited")
    found = rendered(StandardWebhooks(), about)
    assert (found["type"], found["timestamp"]) == ("issues.edited", "2026-05-01T12:00:00.250Z")
    assert found["data"]["payload"] == about.event.payload
    assert found["data"]["subject"]["key"] == "Codertocat/Hello-World#1" and found["data"]["actor"]["login"] == "Codertocat"


def test_a_secret_that_only_looks_like_base64_still_signs() -> None:
    """What was registered before it was looked at does not stop deliveries."""
    assert "webhook-signature" in standard_headers(["whsec_!"], "a", datetime.now(UTC), b"")


def test_secrets_are_not_shown() -> None:
    """The value that carries them says only how many."""
    assert "hunter2" not in repr(sending("hunter2"))
