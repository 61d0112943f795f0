"""What the webhooks of every vendor have in common: a content type, JSON, headers that may hold anything."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

from leverframe.core.errors import Refused
from leverframe.core.json_objects import read_object

LONGEST = 300
"""Characters of a name, an action or a repository that are kept; what vendors send is far shorter."""
_NO_NAME = re.compile(r"[^A-Za-z0-9_.-]+")
_ID = re.compile(rb"[\x21-\x7e]{1,100}")


def media_type(headers: Mapping[bytes, bytes]) -> bytes:
    """Return the content type in small letters, without its parameters."""
    return headers.get(b"content-type", b"").partition(b";")[0].strip().lower()


def is_json(type_: bytes) -> bool:
    """Return whether a content type is JSON's, or that of something written in JSON: ``application/vnd.contentful.management.v1+json``.

    https://www.rfc-editor.org/rfc/rfc6839#section-3.1
    """
    return type_ == b"application/json" or (type_.startswith(b"application/") and type_.endswith(b"+json"))


def json_object(headers: Mapping[bytes, bytes], body: bytes) -> dict[str, Any]:
    """Return the JSON object of a request; raises ``Refused``: another content type, or no JSON object."""
    if not is_json(media_type(headers)):
        raise Refused("content_type_unsupported")
    return object_in(body)


def object_in(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body``; raises ``Refused("json_invalid")``."""
    try:
        return read_object(body)
    except ValueError as error:
        raise Refused("json_invalid") from error


def kept_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in a body that was kept; an empty one when a store gave it back damaged."""
    try:
        return read_object(body)
    except ValueError:
        return {}


def delivery_id(headers: Mapping[bytes, bytes], *names: bytes) -> str:
    """Return the first of the headers ``names`` that is there: printable ASCII, at most 100 long.

    Raises ``Refused``: ``delivery_id_missing`` when none is, ``header_invalid`` for other bytes.
    """
    for name in names:
        if value := headers.get(name):
            return printable(name, value)
    raise Refused("delivery_id_missing", names[0].decode())


def printable(name: bytes, value: bytes) -> str:
    """Return a header's value as text; raises ``Refused("header_invalid")`` for anything but 1 to 100 printable ASCII characters."""
    if not _ID.fullmatch(value):
        raise Refused("header_invalid", name.decode())
    return value.decode()


def digest_of(*parts: bytes) -> str:
    """Return 32 hexadecimal digits that stand for ``parts``: the delivery id where a vendor sends none."""
    found = hashlib.blake2b(digest_size=16)
    for part in parts:
        found.update(len(part).to_bytes(8, "big") + part)
    return found.hexdigest()


def named(words: str) -> str:
    """Return ``words`` as a name that routes can test: letters, digits, ``_``, ``-`` and full stops, at most 100; the rest becomes ``_``."""
    return _NO_NAME.sub("_", words)[:100]


def clipped(words: str) -> str | None:
    """Return ``words``, cut to :data:`LONGEST`; ``None`` for none."""
    return words[:LONGEST] or None
