"""The audit as a chain: each entry's link is made of the link before it, so that no entry can be changed, left out, put in or moved
without every later link changing too; a checkpoint is a signed link, which nobody can make anew without the hub's key.

Signatures are Ed25519 (https://www.rfc-editor.org/rfc/rfc8032): whoever verifies needs the public key only, and cannot forge with it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any, Literal

import msgspec

FIRST = bytes(32)
"""What stands for the link before the first one."""
_ENTRY, _CHECKPOINT = "leverframe audit entry 1", "leverframe audit checkpoint 1"
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the audit; ``code`` is ``ok`` or the refusal's."""

    id: int
    at: datetime
    actor: str
    act: str
    target: str
    code: str
    detail: Mapping[str, Any] | str
    """A text where what is stored is not what the hub writes, and so no entry of the hub's."""


class Linked(msgspec.Struct, frozen=True, kw_only=True):
    """An entry in its place of the chain; sequence 0 and no link: it has none yet."""

    entry: Entry
    sequence: int = 0
    link: bytes = b""


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """What the link of a sequence was, under signature.

    ``head``: the chain went so far. ``retention``: it begins after this sequence, because what was before is past its retention.
    """

    kind: Literal["head", "retention"]
    sequence: int
    link: bytes
    at: datetime
    key: str = ""
    """The public key, in hexadecimal; empty where a hub has no key to sign with."""
    signature: bytes = b""

    def is_signed_by(self, keys: frozenset[str]) -> bool:
        """Return whether one of these public keys made the signature."""
        if self.key not in keys:
            return False
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # 40 ms, for those who need it

        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.key)).verify(self.signature, _said(self))
        except (InvalidSignature, ValueError):
            return False
        return True


def detail_text(detail: Mapping[str, Any]) -> str:
    """Return the one way in which a detail is written: JSON, keys sorted, no blanks."""
    return json.dumps(detail, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def entry_bytes(entry: Entry) -> bytes:
    """Return the canonical bytes of an entry: a JSON array in ASCII; the instant as microseconds since 1970."""
    at_us = (entry.at - _UNIX) // _MICROSECOND
    return _json([_ENTRY, entry.id, at_us, entry.actor, entry.act, entry.target, entry.code, entry.detail])


def next_link(previous: bytes, sequence: int, entry: Entry) -> bytes:
    """Return the link of ``entry`` at ``sequence`` (from 1), after the link ``previous``: SHA-256, 32 bytes."""
    return hashlib.sha256(previous + sequence.to_bytes(8, "big") + entry_bytes(entry)).digest()


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def _said(checkpoint: Checkpoint) -> bytes:
    """Return the bytes that a checkpoint's signature is over."""
    return _json([_CHECKPOINT, checkpoint.kind, checkpoint.sequence, checkpoint.link.hex(), (checkpoint.at - _UNIX) // _MICROSECOND])


class Signer:
    """Signs checkpoints with the first key and knows the others again. Without any key its checkpoints are not signed."""

    def __init__(self, seeds: Sequence[bytes] = ()) -> None:
        """``seeds`` are secrets of 32 bytes, made for this purpose alone."""
        self._seeds = tuple(seeds)

    def __repr__(self) -> str:
        return f"Signer({len(self._seeds)} keys)"

    def checkpoint(self, kind: Literal["head", "retention"], *, sequence: int, link: bytes, at: datetime) -> Checkpoint:
        """Return a checkpoint, signed where there is a key."""
        bare = Checkpoint(kind=kind, sequence=sequence, link=link, at=at)
        if not self._private:
            return bare
        return Checkpoint(kind=kind, sequence=sequence, link=link, at=at, key=self.keys[0], signature=self._private[0].sign(_said(bare)))

    def made(self, checkpoint: Checkpoint) -> bool:
        """Return whether a checkpoint is this hub's; without a key that cannot be told, and it is."""
        return not self._seeds or checkpoint.is_signed_by(frozenset(self.keys))

    def is_newest(self, checkpoint: Checkpoint) -> bool:
        """Return whether a checkpoint is signed with the key that signs now."""
        return checkpoint.key == (self.keys[0] if self.keys else "")

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """The public keys, in hexadecimal, the one that signs first."""
        return tuple(key.public_key().public_bytes_raw().hex() for key in self._private)

    @cached_property
    def _private(self) -> list[Any]:
        if not self._seeds:
            return []
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

        return [Ed25519PrivateKey.from_private_bytes(seed) for seed in self._seeds]


def derived(secret: bytes, purpose: str) -> bytes:
    """Return a key of 32 bytes for one purpose, made of ``secret`` by HKDF with SHA-256 (https://www.rfc-editor.org/rfc/rfc5869)."""
    return hmac.digest(hmac.digest(b"leverframe", secret, "sha256"), purpose.encode() + b"\x01", "sha256")
