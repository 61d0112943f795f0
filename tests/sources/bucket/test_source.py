"""Notifications of buckets: SNS's signatures, EventBridge's and MinIO's tokens, and which objects they are about."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from leverframe.core.errors import Refused
from leverframe.ports import Accepted
from leverframe.sources.bucket.sns import is_amazons, text_to_sign
from leverframe.sources.bucket.source import BucketSource, keys_of

pytestmark = pytest.mark.anyio
NOW = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
TOPIC = "arn:aws:sns:ap-northeast-2:123456789012:team-blog"
CERTIFICATE = "https://sns.ap-northeast-2.amazonaws.com/SimpleNotificationService-abc.pem"
SUBSCRIBE = "https://sns.ap-northeast-2.amazonaws.com/?Action=ConfirmSubscription&Token=t"
SNS = {b"content-type": b"text/plain; charset=UTF-8", b"x-amz-sns-message-type": b"Notification"}
JSON = {b"content-type": b"application/json"}
S3 = {"Records": [{"eventName": "ObjectCreated:Put", "s3": {"bucket": {"name": "team-blog"}, "object": {"key": "posts/%EC%95%88%EB%85%95+%F0%9F%8E%89.md"}}}]}


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    """Amazon's key."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate(key: rsa.RSAPrivateKey, until: datetime = NOW + timedelta(days=30)) -> bytes:
    """Return a certificate of ``key``."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(NOW - timedelta(days=400)).not_valid_after(until)
    return made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)


def message(key: rsa.RSAPrivateKey, version: str = "2", *, after: dict[str, Any] | None = None, **changes: Any) -> bytes:
    """Return a message as SNS signs it; ``changes`` are made before that, those of ``after`` afterwards."""
    made: dict[str, Any] = {
        "Type": "Notification", "MessageId": "165545c9-2a5c-472c-8df2-7ff2be2b3b1b", "TopicArn": TOPIC, "Subject": "Amazon S3 Notification", "Message": json.dumps(S3),
        "Timestamp": "2026-11-29T12:00:00.000Z", "SignatureVersion": version, "SigningCertURL": CERTIFICATE, **changes,
    }  # fmt: skip
    signed = text_to_sign(made)
    assert signed is not None
    made["Signature"] = base64.b64encode(key.sign(signed, padding.PKCS1v15(), hashes.SHA256() if version == "2" else hashes.SHA1())).decode()
    return json.dumps({**made, **(after or {})}).encode()


class Amazon:
    """What is asked for, and what is answered."""

    def __init__(self, pem: bytes) -> None:
        self.asked: list[str] = []
        self.answers: dict[str, bytes] = {CERTIFICATE: pem, SUBSCRIBE: b"<ConfirmSubscriptionResponse/>"}

    async def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if url not in self.answers:
            raise Refused("vendor_unreachable", "status 404")
        return self.answers[url]


@pytest.fixture
def amazon(key: rsa.RSAPrivateKey) -> Amazon:
    """Amazon, with its certificate."""
    return Amazon(certificate(key))


def source(amazon: Amazon) -> BucketSource:
    """Return a source that believes one topic."""
    return BucketSource("bucket", (), topics=(TOPIC,), fetch=amazon, now=lambda: NOW)


async def taken(one: BucketSource, body: bytes) -> Accepted:
    """Give it a message, as the door does."""
    await one.prepare(SNS, body)
    return one.accept(SNS, body)


@pytest.mark.parametrize("version", ["1", "2"])
async def test_a_message_of_sns_is_proved_by_amazons_certificate(amazon: Amazon, key: rsa.RSAPrivateKey, version: str) -> None:
    """Both versions of the signature; the certificate is fetched once; the object's name is read as S3 writes it."""
    one = source(amazon)
    for _ in range(2):
        accepted = await taken(one, message(key, version))
    assert (accepted.name, accepted.action, accepted.delivery_id) == ("object", "created", "165545c9-2a5c-472c-8df2-7ff2be2b3b1b")
    assert list(keys_of(accepted)) == ["posts/안녕 🎉.md"] and amazon.asked == [CERTIFICATE]
    event = one.parse(accepted, id=1, received_at=NOW)
    assert event.subject is not None and event.subject.key == "team-blog/posts/안녕 🎉.md" and event.paths == ("posts/안녕 🎉.md",)


async def test_a_subscription_is_confirmed_once_it_is_proved(amazon: Amazon, key: rsa.RSAPrivateKey) -> None:
    """Amazon's own address is asked, and it is no event; a topic that is not believed is not."""
    accepted = await taken(source(amazon), message(key, Type="SubscriptionConfirmation", Token="t", SubscribeURL=SUBSCRIBE))
    assert accepted.is_ping and amazon.asked == [CERTIFICATE, SUBSCRIBE]
    with pytest.raises(Refused) as told:
        await taken(source(amazon), message(key, Type="SubscriptionConfirmation", Token="t", SubscribeURL=SUBSCRIBE, TopicArn=TOPIC + "x"))
    assert told.value.code == "signature_invalid" and len(amazon.asked) == 2


FORGED: dict[str, Callable[[rsa.RSAPrivateKey], bytes]] = {
    "another message": lambda key: message(key, after={"Message": "{}"}), "another topic": lambda key: message(key, after={"TopicArn": TOPIC + "x"}),
    "another time": lambda key: message(key, after={"Timestamp": "2026-11-29T13:00:00.000Z"}), "no signature": lambda key: message(key, after={"Signature": ""}),
    "no base 64": lambda key: message(key, after={"Signature": "é"}), "another version": lambda key: message(key, after={"SignatureVersion": "3"}),
    "the other version": lambda key: message(key, "1", after={"SignatureVersion": "2"}), "a number for a text": lambda key: message(key, after={"Message": 7}),
    "another key": lambda key: message(rsa.generate_private_key(public_exponent=65537, key_size=2048)), "an unknown type": lambda key: message(key, after={"Type": "Gossip"}),
    "a certificate from elsewhere": lambda key: message(key, SigningCertURL="https://sns.evil.example/x.pem"),
    "a confirmation that leads elsewhere": lambda key: message(key, Type="SubscriptionConfirmation", Token="t", SubscribeURL="https://evil.example/"),
    "nothing": lambda key: b"{}", "no object": lambda key: b"[]", "no JSON": lambda key: b"\xff{", "depth": lambda key: b"[" * 100_000,
}  # fmt: skip


@pytest.mark.parametrize("what", FORGED)
async def test_what_is_forged_is_refused(amazon: Amazon, key: rsa.RSAPrivateKey, what: str) -> None:
    """Whatever is changed, the answer is a 4xx, and nobody but Amazon is asked anything."""
    with pytest.raises(Refused) as told:
        await taken(source(amazon), FORGED[what](key))
    assert told.value.status in (400, 401, 403) and all(url == CERTIFICATE for url in amazon.asked)


@pytest.mark.parametrize(
    ("url", "right"),
    [
        (CERTIFICATE, True), ("https://sns.cn-north-1.amazonaws.com.cn/x.pem", True), ("http://sns.us-east-1.amazonaws.com/x.pem", False),
        ("https://sns.us-east-1.amazonaws.com.evil.example/x", False), ("https://sns.us-east-1.amazonaws.com@evil.example/x.pem", False),
        ("https://evil.example/sns.us-east-1.amazonaws.com", False), ("https://s3.amazonaws.com/bucket/x.pem", False), (7, False),
        ("https://sns.us-east-1.amazonaws.com:8443/x.pem", False), ("https://sns.us-east-1.amazonaws.com\\@evil.example/x.pem", False),
        ("https://sns.us-east-1.amazonaws.com/x.pem\n", False),
    ],
)  # fmt: skip
def test_only_amazons_own_addresses_are_asked(url: object, right: bool) -> None:
    """A bucket of somebody's, a name before @, another port: none of these is SNS."""
    assert is_amazons(url) is right


async def test_a_certificate_that_is_over_proves_nothing(key: rsa.RSAPrivateKey) -> None:
    """Nor does what is no certificate; when Amazon is away the sender is told to come again."""
    for pem in (certificate(key, NOW - timedelta(days=1)), b"no certificate"):
        with pytest.raises(Refused) as told:
            await taken(source(Amazon(pem)), message(key))
        assert told.value.code == "signature_invalid"
    away = Amazon(b"")
    away.answers = {}
    with pytest.raises(Refused) as told:
        await taken(source(away), message(key))
    assert told.value.status == 503


@pytest.mark.parametrize(
    ("body", "action", "keys"),
    [
        ({"id": "e-1", "detail-type": "Object Created", "detail": {"bucket": {"name": "b"}, "object": {"key": "posts/a+b c.md"}}}, "created", ["posts/a+b c.md"]),
        ({"id": "e-2", "detail-type": "Object Deleted", "detail": {"object": {"key": "posts/x.md"}}}, "deleted", ["posts/x.md"]),
        ({"EventName": "s3:ObjectRemoved:Delete", "Key": "b/posts/x.md", "Records": [{"s3": {"object": {"key": "posts%2Fx.md"}}}]}, "deleted", ["posts/x.md"]),
        ({"Records": [{"s3": {"object": {"key": "a"}}}, {"s3": 7}, 8, {"s3": {"object": {"key": "b"}}}], "detail": "x"}, None, ["a", "b"]),
    ],
)  # fmt: skip
def test_eventbridge_and_minio_say_which_object(amazon: Amazon, body: dict[str, Any], action: str | None, keys: list[str]) -> None:
    """By any of the tokens, which is compared whole."""
    one = BucketSource("bucket", ("new token", "old"), topics=(), fetch=amazon, now=lambda: NOW)
    for token in (b"Bearer old", b"bearer new token"):
        accepted = one.accept({**JSON, b"authorization": token}, json.dumps(body).encode())
    assert (accepted.name, accepted.action, list(keys_of(accepted))) == ("object", action, keys)
    for wrong in (b"Bearer ol", b"Bearer", b"Basic old", b"old", b"\xff"):
        with pytest.raises(Refused) as told:
            one.accept({**JSON, b"authorization": wrong}, json.dumps(body).encode())
        assert told.value.code == "signature_invalid"


async def test_a_test_event_is_no_news(amazon: Amazon, key: rsa.RSAPrivateKey) -> None:
    """S3 sends one when notifications are switched on."""
    accepted = await taken(source(amazon), message(key, Message='{"Service":"Amazon S3","Event":"s3:TestEvent","Bucket":"b"}'))
    assert accepted.is_ping
