"""A card's JSON as pages may show it: what its buttons send with them is a secret of whoever posted it."""

from __future__ import annotations

import json
from typing import Any

from leverframe.core.redaction import MASK, redacted

_ADDRESSES = frozenset({"target", "url", "uri", "image", "activityImage"})


def shown(body: bytes) -> bytes:
    """Return the JSON of a card with the values of headers, the queries of addresses, and what looks like a secret masked."""
    try:
        return json.dumps(_masked(json.loads(body)), ensure_ascii=False).encode("utf-8", "replace")
    except (ValueError, RecursionError):
        return redacted(body.decode("utf-8", "replace")).encode()


def _masked(value: Any) -> Any:
    if isinstance(value, list):
        return [_masked(one) for one in value]
    if isinstance(value, str):
        return redacted(value)
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, one in value.items():
        if key == "headers" and isinstance(one, list):
            found[key] = [_header(each) for each in one]
        elif key in _ADDRESSES and isinstance(one, str):
            address, mark, _ = one.partition("?")
            found[key] = redacted(address) + (f"?{MASK}" if mark else "")
        else:
            found[key] = _masked(one)
    return found


def _header(one: Any) -> Any:
    """Return a header's name: as the vendor writes it (an object), or as it is kept (a pair)."""
    if isinstance(one, dict):
        return {**one, "value": MASK}
    return [one[0], MASK] if isinstance(one, list) and one else MASK
