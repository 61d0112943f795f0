"""CloudEvents by HTTP: binary, structured and in batches; and the handshakes by which senders ask whether they may send.

https://github.com/cloudevents/spec/blob/main/cloudevents/bindings/http-protocol-binding.md and …/cloudevents/http-webhook.md
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import unquote

import msgspec

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.payload import mapping, text
from leverframe.core.requests import clipped, digest_of, is_json, kept_object, media_type, named, object_in
from leverframe.core.verifying import live_secrets, verify_token
from leverframe.ports import Accepted, Greeting

STRUCTURED, BATCH = b"application/cloudevents+json", b"application/cloudevents-batch+json"
MOST = 1_000
"""Events in one batch."""
_GITHUB = "com.github."
"""What is told so has GitHub's names and payloads: https://github.com/cloudevents/spec/blob/main/cloudevents/adapters/github.md"""
_VALIDATION = "Microsoft.EventGrid.SubscriptionValidationEvent"
_encode = msgspec.json.Encoder().encode


class CloudEventsSource:
    """One sender of CloudEvents, or several with one token."""

    kind = "cloudevents"

    def __init__(self, name: str, secrets: Sequence[str], *, header: str = "authorization", origins: Sequence[str] = ("*",)) -> None:
        """Take the source's key in the configuration, the tokens, the header with the token and who may ask to send.

        Raises ``ValueError`` for no secret and for an empty one.
        """
        self.name, self._header, self._origins = name, header.encode(), tuple(origins)
        prefix = b"Bearer " if header == "authorization" else b""
        self._proofs = [prefix + secret for secret in live_secrets(name, secrets)]

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the token is looked at before anything else.

        Of a batch it takes the only event; :meth:`accept_all` takes several.
        """
        found = self.accept_all(headers, body)
        if len(found) != 1:
            raise Refused("json_invalid", "a batch")
        return found[0]

    def accept_all(self, headers: Mapping[bytes, bytes], body: bytes) -> list[Accepted]:
        """Return every event of a request. Raises ``Refused`` as :meth:`accept` does."""
        verify_token(self._proofs, headers.get(self._header))
        match media_type(headers):
            case type_ if type_ == STRUCTURED:
                return [self._accepted(object_in(body), body)]
            case type_ if type_ == BATCH:
                return [self._accepted(one, _encode(one)) for one in _batch(body)]
            case type_:
                told = _binary(headers, type_, body)
                return [self._accepted(told, _encode(told))]

    def _accepted(self, told: Mapping[str, Any], body: bytes) -> Accepted:
        """Return what one event says. An id is unique to its source."""
        kind, id = named(text(told, "type")).strip(".").removeprefix(_GITHUB).lstrip("."), text(told, "id")
        if not kind:
            raise Refused("event_missing", "type")
        if not id:
            raise Refused("delivery_id_missing", "id")
        name, _, action = kind.partition(".")
        delivery = f"{named(id)[:60]}:{digest_of(text(told, 'source').encode(), id.encode())}"
        repo = clipped(text(told, "data", "repository", "full_name"))
        return Accepted(name=name, action=action or None, delivery_id=delivery, body=body, repo=repo, unkept=self._header)

    def greet(self, method: str, headers: Mapping[bytes, bytes], body: bytes) -> Greeting | None:
        """Answer a handshake: whether the sender may send here. ``None`` for what is none.

        ``OPTIONS`` is CloudEvents' own; a POST of one validation event is Azure Event Grid's, and needs the token.
        https://learn.microsoft.com/en-us/azure/event-grid/end-point-validation-event-grid-events-schema
        """
        if method == "OPTIONS":
            origin = headers.get(b"webhook-request-origin", b"")
            if not origin or len(origin) > 300 or not all(32 < byte < 127 for byte in origin):
                raise Refused("header_invalid", "webhook-request-origin")
            if "*" not in self._origins and origin.decode() not in self._origins:
                raise Refused("origin_not_allowed", origin.decode())
            answer = [(b"webhook-allowed-origin", origin), (b"allow", b"POST, OPTIONS")]
            if b"webhook-request-rate" in headers:
                answer.append((b"webhook-allowed-rate", b"*"))
            return Greeting(headers=tuple(answer), body=b"")
        if headers.get(b"aeg-event-type", b"").lower() != b"subscriptionvalidation":
            return None
        verify_token(self._proofs, headers.get(self._header))
        first = next(iter(_batch(body)), {})
        code = text(first, "data", "validationCode")
        if text(first, "eventType") != _VALIDATION or not code:
            raise Refused("event_missing", "validationCode")
        return Greeting(headers=((b"content-type", b"application/json"),), body=_encode({"validationResponse": code[:300]}))

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            _shaped(accepted, kept_object(accepted.body)), id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action,
            delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip


def _batch(body: bytes) -> list[dict[str, Any]]:
    """Return the objects of a list; raises ``Refused`` for anything else, and for too many."""
    found = _wrapped(b"all", body)["all"]
    if not isinstance(found, list) or not found or len(found) > MOST or not all(isinstance(one, dict) for one in found):
        raise Refused("json_invalid", detail("list_of_objects", most=MOST))
    return found


def _wrapped(name: bytes, value: bytes) -> dict[str, Any]:
    """Return the JSON ``value``, of any kind, under ``name``; raises ``Refused("json_invalid")``."""
    found = object_in(b'{"%b": %b}' % (name, value))
    if len(found) != 1:
        raise Refused("json_invalid")
    return found


def _binary(headers: Mapping[bytes, bytes], type_: bytes, body: bytes) -> dict[str, Any]:
    """Return an event whose attributes are headers and whose data is the body, as one object."""
    told: dict[str, Any] = {}
    for name, value in headers.items():
        if name.startswith(b"ce-"):
            if len(value) > 2_000 or not all(31 < byte < 127 for byte in value):
                raise Refused("header_invalid", name.decode("ascii", "replace"))
            told[name[3:].decode("ascii", "replace")] = unquote(value.decode(), errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}")
    if not told:
        raise Refused("content_type_unsupported")
    if body and is_json(type_):
        told |= {"datacontenttype": "application/json", **_wrapped(b"data", body)}
    elif body:
        told |= {"datacontenttype": type_.decode("ascii", "replace"), "data_base64": b64encode(body).decode()}
    return told


def _shaped(accepted: Accepted, told: Mapping[str, Any]) -> dict[str, Any]:
    """Return the event's data, which is its sender's own; ``subject`` is what it is about."""
    about = {"title": text(told, "subject") or text(told, "source")}
    return {**mapping(told, "data"), "action": accepted.action, "about": about, "original": told}
