"""What happens in a bucket: S3 by SNS and by EventBridge, and MinIO.

https://docs.aws.amazon.com/AmazonS3/latest/userguide/notification-content-structure.html
https://docs.aws.amazon.com/AmazonS3/latest/userguide/ev-events.html
https://min.io/docs/minio/linux/administration/monitoring/publish-events-to-webhook.html
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote_plus

from leverframe.core.errors import Refused
from leverframe.core.events import Event, Subject
from leverframe.core.json_objects import read_object
from leverframe.core.payload import mapping, text
from leverframe.ports import Accepted
from leverframe.sources.bucket.sns import Certificates, Fetch, is_amazons

MOST = 1_000
"""Objects that are read of one notification; S3 tells of one, and what tells of more has the whole bucket looked through sooner or later."""


class BucketSource:
    """One bucket's notifications. Satisfies ``ports.Source`` and ``ports.Prepares``."""

    kind = "bucket"

    def __init__(self, name: str, secrets: Sequence[str], *, topics: Sequence[str], fetch: Fetch, now: Callable[[], datetime]) -> None:
        """Raises ``ValueError`` when nobody could prove who they are, or with an empty token. ``fetch`` asks Amazon, through the guard."""
        if (not secrets and not topics) or not all(secrets):
            raise ValueError(f"source {name}: it needs secrets, none of them empty, or topics")
        self.name = name
        self._tokens, self._topics, self._fetch, self._now = tuple(one.encode() for one in secrets), frozenset(topics), fetch, now
        self._certificates = Certificates(fetch)

    async def prepare(self, headers: Mapping[bytes, bytes], body: bytes) -> None:
        """Fetch the certificate that a message of SNS names, and confirm a subscription to a topic that is believed. Raises ``Refused``."""
        message = _object(body) if b"x-amz-sns-message-type" in headers else {}
        if not message or message.get("TopicArn") not in self._topics:
            return  # :meth:`accept` refuses it without asking anybody
        await self._certificates.have(message.get("SigningCertURL"))
        if message.get("Type") == "SubscriptionConfirmation":
            self._certificates.verify(message, self._now())
            if not is_amazons(message.get("SubscribeURL")):
                raise Refused("signature_invalid", "SubscribeURL")
            await self._fetch(str(message["SubscribeURL"]))

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what the request says; who sent it is looked at before anything else."""
        if b"x-amz-sns-message-type" in headers:
            message = _object(body)
            if message.get("TopicArn") not in self._topics:
                raise Refused("signature_invalid", "TopicArn")
            self._certificates.verify(message, self._now())
            delivery_id = message.get("MessageId")
            if not isinstance(delivery_id, str) or not delivery_id or len(delivery_id) > 200 or not delivery_id.isprintable():
                raise Refused("delivery_id_missing")
            if message["Type"] != "Notification":
                return Accepted(name="subscription", action=None, delivery_id=delivery_id, body=b"{}", is_ping=True)
            body = str(message["Message"]).encode("utf-8", "replace")
            return _accepted(_object(body), body, delivery_id)
        self._check_token(headers)
        content_type = headers.get(b"content-type", b"").split(b";")[0].strip().lower()
        if content_type != b"application/json":
            raise Refused("content_type_unsupported", content_type.decode("latin-1")[:100])
        found = _object(body)
        id = found.get("id")
        return _accepted(found, body, id if isinstance(id, str) and 0 < len(id) <= 200 and id.isprintable() else hashlib.sha256(body).hexdigest())

    def _check_token(self, headers: Mapping[bytes, bytes]) -> None:
        given = headers.get(b"authorization", b"")
        if not given:
            raise Refused("signature_missing", "Authorization")
        scheme, _, token = given.partition(b" ")
        right = [hmac.compare_digest(token, one) for one in self._tokens]
        if scheme.lower() != b"bearer" or not any(right):
            raise Refused("signature_invalid")

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises. ``payload.objects`` are the objects' names."""
        try:
            payload = read_object(accepted.body)
        except ValueError:
            payload = {}
        keys = _keys(payload)
        bucket = _bucket(payload)
        return Event(
            id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action, delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
            actor=None, subject=Subject(kind="object", key=f"{bucket}/{keys[0]}", title=keys[0], url=None) if keys else None, branches=None, labels=None,
            paths=tuple(keys) or None, conclusion=None, environment=None, url=None, payload=payload,
        )  # fmt: skip


def keys_of(accepted: Accepted) -> Sequence[str]:
    """Return the names of the objects that a notification is about."""
    try:
        return _keys(read_object(accepted.body))
    except ValueError:
        return ()


def _object(body: bytes) -> dict[str, Any]:
    try:
        return read_object(body)
    except ValueError:
        raise Refused("json_invalid") from None


def _accepted(found: Mapping[str, Any], body: bytes, delivery_id: str) -> Accepted:
    if found.get("Event") == "s3:TestEvent":
        return Accepted(name="test", action=None, delivery_id=delivery_id, body=body, is_ping=True)
    said = text(found, "detail-type") or text(found, "EventName") or next((text(one, "eventName") for one in _records(found)), "")
    lower = said.lower()
    action = "created" if "created" in lower else "deleted" if "removed" in lower or "deleted" in lower or "expir" in lower else None
    return Accepted(name="object", action=action, delivery_id=delivery_id, body=body)


def _records(payload: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = payload.get("Records")
    return [one for one in found[:MOST] if isinstance(one, dict)] if isinstance(found, list) else []


def _keys(payload: Mapping[str, Any]) -> list[str]:
    """Return names of objects: S3's own and MinIO's records write them as in an address, EventBridge as they are."""
    named = [unquote_plus(text(mapping(mapping(one, "s3"), "object"), "key")) for one in _records(payload)]
    named.append(text(mapping(mapping(payload, "detail"), "object"), "key"))
    return [one for one in dict.fromkeys(named) if one and "\0" not in one and len(one) <= 1024]


def _bucket(payload: Mapping[str, Any]) -> str:
    records = _records(payload)
    found = mapping(mapping(records[0], "s3"), "bucket") if records else mapping(mapping(payload, "detail"), "bucket")
    return text(found, "name")
