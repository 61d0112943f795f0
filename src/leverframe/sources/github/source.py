"""GitHub's webhooks: who is speaking, and what happened.

https://docs.github.com/en/webhooks/webhook-events-and-payloads#delivery-headers
"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from leverframe.core.details import detail
from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.json_objects import read_object
from leverframe.core.payload import text
from leverframe.core.signing import verify_github
from leverframe.decoding import decoder
from leverframe.ports import Accepted

_EVENT_NAME = re.compile(rb"[A-Za-z0-9_-]{1,100}")
_DELIVERY_ID = re.compile(rb"[\x21-\x7e]{1,100}")
_PERCENT_TO_QUOTED_PRINTABLE = bytes.maketrans(b"%+", b"= ")
_LONGEST = 300
"""Characters of an action or a repository's name; GitHub's own are at most 140."""


class _Repository(msgspec.Struct):
    full_name: str | None = None


class _Head(msgspec.Struct):
    action: str | None = None
    repository: _Repository | None = None


_read_head = decoder(_Head)


def read(headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
    """Return what a request says, whoever sent it; raises ``Refused`` with a 4xx code."""
    content_type = headers.get(b"content-type", b"")
    if content_type != b"application/json":
        body = _json_of(content_type, body)
    name = _header(headers, b"x-github-event", _EVENT_NAME, "event_missing")
    delivery_id = _header(headers, b"x-github-delivery", _DELIVERY_ID, "delivery_id_missing")
    action, repo = _head(body)
    return Accepted(name=name, action=action, delivery_id=delivery_id, body=body, repo=repo, is_ping=name == "ping")


class GithubSource:
    """One GitHub source: a repository's, an organisation's or an app's webhook with its secrets."""

    kind = "github"

    def __init__(self, name: str, secrets: Sequence[str]) -> None:
        """Take the source's key in the configuration and the secrets themselves.

        Raises ``ValueError`` when there is none or one is empty: anybody could sign with it.
        """
        if not secrets or not all(secrets):
            raise ValueError(f"source {name}: secrets must hold at least one secret, and no empty one")
        self.name = name
        self._secrets = tuple(secret.encode() for secret in secrets)

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the signature is looked at before anything else."""
        verify_github(self._secrets, body, headers.get(b"x-hub-signature-256"))
        return read(headers, body)

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; a body that cannot be read (it nests too deeply, say) gives one with an empty payload."""
        try:
            payload = read_object(accepted.body)
        except ValueError:
            payload = {}
        return event_of(
            payload, id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action, delivery_id=accepted.delivery_id,
            received_at=received_at, repo=accepted.repo,
        )  # fmt: skip


class GithubHook(GithubSource):
    """GitHub's webhooks at an address whose token has proved who is speaking (``/hook``): no signature is asked for."""

    def __init__(self, name: str) -> None:
        """Take the name under which its events are kept."""
        self.name = name

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says; see :func:`read`."""
        return read(headers, body)


def _header(headers: Mapping[bytes, bytes], header: bytes, form: re.Pattern[bytes], missing: str) -> str:
    value = headers.get(header)
    if not value:
        raise Refused(missing)
    if not form.fullmatch(value):
        raise Refused("header_invalid", header.decode())
    return value.decode()


def _json_of(content_type: bytes, body: bytes) -> bytes:
    """Return the JSON in ``body``: a webhook's content type is JSON or form, and form is what the REST API sets by default.

    https://docs.github.com/en/webhooks/using-webhooks/creating-webhooks
    """
    match content_type.partition(b";")[0].strip().lower():
        case b"application/json":
            return body
        case b"application/x-www-form-urlencoded":
            payloads = [field for field in body.split(b"&") if field.startswith(b"payload=")]
            if len(payloads) != 1:
                raise Refused("json_invalid", detail("form_of_payload"))
            # Quoted-printable is percent-encoding with another sign, and its reader is in C: 12 µs where urllib's takes 220.
            value = payloads[0].removeprefix(b"payload=").replace(b"=", b"%3D")
            return binascii.a2b_qp(value.translate(_PERCENT_TO_QUOTED_PRINTABLE))
        case _:
            raise Refused("content_type_unsupported")


def _head(body: bytes) -> tuple[str | None, str | None]:
    """Return action and repository, having made sure that all of ``body`` is a JSON object. Most fields are only skipped."""
    try:
        if not body.isascii():
            body.decode()  # msgspec does not look at the encoding of what it skips
        if b"\\" in body and b"\\u0000" in body:  # one byte is looked for forty times as fast as six
            raise ValueError("NUL")
        head = _read_head(body)
    except (ValueError, RecursionError):
        return _head_slowly(body)
    repo = head.repository.full_name if head.repository else None
    return head.action[:_LONGEST] if head.action else None, repo[:_LONGEST] if repo else None


def _head_slowly(body: bytes) -> tuple[str | None, str | None]:
    """Return the same of a body with a field of another type than GitHub's, or with characters that cannot be stored."""
    try:
        payload = read_object(body)
    except ValueError as error:
        raise Refused("json_invalid") from error
    return text(payload, "action")[:_LONGEST] or None, text(payload, "repository", "full_name")[:_LONGEST] or None
