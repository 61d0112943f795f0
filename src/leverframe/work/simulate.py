"""Send a sample event the way its source sends a real one: signed, over HTTP, to the hub's own door."""

from __future__ import annotations

import hashlib
import hmac
import json
import uuid
from collections.abc import Mapping
from typing import Any, Protocol
from urllib.parse import quote

import msgspec

from leverframe.core.errors import Refused
from leverframe.net import Answer, NotSent
from leverframe.samples import Sample


class Post(Protocol):
    """What ``net.Outbound`` does."""

    async def post_json(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """Send and return the answer; raises ``net.NotSent``."""
        ...


class DoorAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the door said."""

    status: int
    delivery_id: str
    event_id: str | None
    """``evt_…`` of an accepted event; ``None`` after a refusal."""
    duplicate: bool
    elapsed_s: float
    problem: Mapping[str, Any] = msgspec.field(default_factory=dict)
    """The problem document of a refusal, with its ``code`` and ``remedy``."""


async def send_sample(post: Post, url: str, secret: str, source: str, sample: Sample, *, delivery_id: str | None = None) -> DoorAnswer:
    """Send ``sample`` to ``POST {url}/in/{source}``, signed with ``secret``, and return the door's answer.

    ``delivery_id`` repeats an earlier delivery; without it the id is a new one, as GitHub makes it. Headers as in
    https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers

    Raises ``Refused("door_unreachable")`` when nothing answers.
    """
    delivery = delivery_id or str(uuid.uuid4())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/leverframe",
        "X-GitHub-Event": sample.event,
        "X-GitHub-Delivery": delivery,
        "X-GitHub-Hook-ID": "480000001",
        "X-GitHub-Hook-Installation-Target-ID": "870440021",
        "X-GitHub-Hook-Installation-Target-Type": "repository",
        "X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), sample.payload, hashlib.sha256).hexdigest(),
    }
    return await send_signed(post, url, source, sample.payload, headers, delivery)


async def send_signed(post: Post, url: str, source: str, body: bytes, headers: Mapping[str, str], delivery: str) -> DoorAnswer:
    """Send a request that is proven already to ``POST {url}/in/{source}``, and return the door's answer. Raises ``Refused("door_unreachable")``."""
    try:
        answer = await post.post_json(f"{url.rstrip('/')}/in/{quote(source, safe='')}", body, headers)
    except NotSent as error:
        raise Refused("door_unreachable", error.reason) from error
    said = _object(answer.body)
    accepted = answer.status == 202
    return DoorAnswer(
        status=answer.status,
        delivery_id=delivery,
        event_id=said.get("id") if accepted else None,
        duplicate=accepted and bool(said.get("duplicate")),
        elapsed_s=answer.elapsed_s,
        problem={} if accepted else said,
    )


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
