"""Any service's webhooks: how it proves itself and where things stand in its payload is told by the configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from leverframe.core.errors import Refused
from leverframe.core.events import Event
from leverframe.core.facts import event_of
from leverframe.core.payload import is_web
from leverframe.core.requests import clipped, delivery_id, digest_of, json_object, kept_object, named
from leverframe.core.verifying import TOLERANCE_S, check_moment, live_secrets, verify_hmac, verify_token
from leverframe.ports import Accepted
from leverframe.sources.generic.pointers import text_at

Steps = tuple[str, ...]


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How the service proves itself. Names of headers are in small letters."""

    header: bytes
    by: Literal["hmac", "token"] = "hmac"
    prefix: bytes = b""
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    timestamp_header: bytes | None = None
    between: bytes = b"."
    """What stands between moment and body in what is signed."""
    tolerance_s: float = TOLERANCE_S


class Mapped(msgspec.Struct, frozen=True, kw_only=True):
    """Where things stand in the payload."""

    event: Steps | None = None
    event_header: bytes | None = None
    event_name: str | None = None
    id: Steps | None = None
    id_header: bytes | None = None
    fields: Mapping[str, Steps] = msgspec.field(default_factory=dict)
    """``action``, ``repository``, ``actor``, ``title``, ``url``, ``body``, ``branch``, ``environment``, ``conclusion``."""


class GenericSource:
    """One service's webhooks."""

    kind = "generic"

    def __init__(self, name: str, secrets: Sequence[str], now: Callable[[], datetime], proof: Proof, mapped: Mapped) -> None:
        """Take the source's key in the configuration, the secrets, what tells the time, and what is known of the service.

        Raises ``ValueError`` for no secret and for an empty one.
        """
        self.name, self._secrets, self._now, self._proof, self._mapped = name, live_secrets(name, secrets), now, proof, mapped

    def accept(self, headers: Mapping[bytes, bytes], body: bytes) -> Accepted:
        """Return what a request says (see :class:`leverframe.ports.Source`); the proof is looked at before anything else."""
        self._prove(headers, body)
        payload = json_object(headers, body)
        mapped = self._mapped
        name = named(text_at(payload, mapped.event)) or named(headers.get(mapped.event_header or b"", b"").decode("latin-1"))
        name = name.strip(".") or mapped.event_name or ""
        if not name:
            raise Refused("event_missing", mapped.event_header.decode() if mapped.event_header else "event")
        action = named(text_at(payload, mapped.fields.get("action")))
        if not action:  # "invoice.paid" is an event and its action
            name, _, action = name.partition(".")
        return Accepted(
            name=name, action=action or None, delivery_id=self._id(headers, payload, body), body=body,
            repo=clipped(text_at(payload, mapped.fields.get("repository"))), unkept=self._proof.header,
        )  # fmt: skip

    def _prove(self, headers: Mapping[bytes, bytes], body: bytes) -> None:
        proof, given = self._proof, headers.get(self._proof.header)
        if proof.by == "token":
            if given and not given.startswith(proof.prefix):
                raise Refused("signature_invalid")
            verify_token(self._secrets, given and (given.removeprefix(proof.prefix) or b"\0"))
            return
        content, at = body, None
        if proof.timestamp_header is not None:
            at = headers.get(proof.timestamp_header, b"")
            content = at + proof.between + body
        verify_hmac(self._secrets, content, given, algorithm=proof.algorithm, encoding=proof.encoding, prefix=proof.prefix)
        if at is not None:
            check_moment(at, self._now().timestamp(), proof.tolerance_s)

    def _id(self, headers: Mapping[bytes, bytes], payload: Mapping[str, Any], body: bytes) -> str:
        """Return what stays the same when it is sent again. A service that is told to send an id and does not is refused."""
        mapped = self._mapped
        if mapped.id_header is not None:
            return delivery_id(headers, mapped.id_header)
        if mapped.id is not None:
            found = text_at(payload, mapped.id)
            if not found:
                raise Refused("delivery_id_missing", "id")
            return found if len(found) <= 100 and found.isascii() and found.isprintable() and " " not in found else digest_of(found.encode())
        return digest_of(body)

    def parse(self, accepted: Accepted, *, id: int, received_at: datetime) -> Event:
        """Return the event; never raises."""
        return event_of(
            self._shaped(accepted, kept_object(accepted.body)), id=id, source=self.name, kind=self.kind, name=accepted.name, action=accepted.action,
            delivery_id=accepted.delivery_id, received_at=received_at, repo=accepted.repo,
        )  # fmt: skip

    def _shaped(self, accepted: Accepted, payload: Mapping[str, Any]) -> dict[str, Any]:
        told = {key: text_at(payload, steps) for key, steps in self._mapped.fields.items()}
        page = told.get("url", "")
        about = {"title": told.get("title", ""), "body": told.get("body", ""), "html_url": page if is_web(page) else None}
        found: dict[str, Any] = {"action": accepted.action, "about": about, "original": payload}
        if about["html_url"]:
            found["html_url"] = about["html_url"]
        if login := told.get("actor"):
            found["sender"] = {"login": login, "type": "User"}
        if accepted.repo:
            found["repository"] = {"full_name": accepted.repo, "name": accepted.repo.rpartition("/")[2]}
        if branch := told.get("branch"):
            found["ref"] = f"refs/heads/{branch.removeprefix('refs/heads/')}"
        if environment := told.get("environment"):
            found["environment"] = environment
        if conclusion := told.get("conclusion"):
            found["conclusion"] = conclusion
        return found
