"""Reading JSON into types. Everything that msgspec decodes into a type of ours goes through here.

msgspec works a type out when it is first asked for, and keeps what it has worked out so far where other threads find it: a thread that comes
upon a type half worked out ends the whole process (msgspec 0.22, dataclasses and structs alike). Here one thread at a time has it done.
"""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_working_out = Lock()
_decoders: dict[Any, Callable[[bytes | str], Any]] = {}


def decoder(shape: type[T]) -> Callable[[bytes | str], T]:
    """Return what reads JSON as ``shape``; it raises ``msgspec.DecodeError``, and of that ``msgspec.ValidationError`` for another shape."""
    found = _decoders.get(shape)
    if found is None:
        with _working_out:
            found = _decoders.setdefault(shape, msgspec.json.Decoder(shape).decode)
    return found


def converted(value: object, shape: type[T]) -> T:
    """Return plain ``value`` (what JSON can say) as ``shape``. Raises ``msgspec.ValidationError``."""
    decoder(shape)
    return msgspec.convert(value, shape)
