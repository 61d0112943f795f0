"""JSON objects from outside, read so that what comes out can be kept anywhere.

PostgreSQL's text takes no NUL and UTF-8 takes no lone surrogate, though JSON may escape both: they become U+FFFD. A
number that neither an integer of a few thousand digits nor a float can hold is kept as its text.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

import msgspec

_ESCAPES = re.compile(
    rb"\\(?:"
    rb"\\"  # an escaped backslash, so that what follows it is no escape
    rb"|u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"  # a pair: one character
    rb"|(u0000|u[dD][89a-fA-F][0-9a-fA-F]{2})"
    rb")"
)


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in ``body`` (UTF-8). Raises ``ValueError`` when it is none, also when it nests too deeply."""
    found: object
    try:
        if b"\\" in body and b"\\u0000" in body:  # one byte is looked for forty times as fast as six
            raise ValueError("NUL")
        found = msgspec.json.decode(body)
    except (ValueError, RecursionError):
        found = _read_tolerantly(body)
    if isinstance(found, dict):
        return found
    raise ValueError("the JSON is not an object")


def written(value: object) -> bytes:
    """Return ``value`` (what JSON can say) as JSON in UTF-8, its keys in their order; a lone surrogate becomes a question mark.

    Raises ``ValueError`` when it nests too deeply.
    """
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
    except RecursionError as error:
        raise ValueError("the JSON nests too deeply") from error


def _read_tolerantly(body: bytes) -> object:
    """Return what the standard library reads after a repair: it takes what msgspec does not, at a third of the speed."""
    text = _ESCAPES.sub(lambda match: b"\\ufffd" if match[1] else match[0], body).decode()
    try:
        return json.loads(text, parse_int=_integer, parse_float=_float, parse_constant=_no_constant)
    except RecursionError as error:
        raise ValueError("the JSON nests too deeply") from error


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 4_000 else digits


def _float(digits: str) -> float | str:
    number = float(digits)
    return number if math.isfinite(number) else digits


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")
