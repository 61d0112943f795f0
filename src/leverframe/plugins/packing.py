"""What goes over the pipes between the hub and a plugin's own process: one JSON object a line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args

import msgspec

from leverframe.core.conversation import Asker, Place
from leverframe.core.events import Event
from leverframe.decoding import converted
from leverframe.plugins.declaring import Declared
from leverframe.plugins.values import Asked, Happening, Said, Spoken

_DECLARED: dict[str, type[Any]] = {kind.__name__: kind for kind in get_args(Declared)}
_GIVEN: dict[str, type[Any]] = {kind.__name__: kind for kind in (Asked, Event, Happening)}
_encode, _decode = msgspec.json.Encoder().encode, msgspec.json.Decoder().decode


class Overheard(msgspec.Struct, frozen=True):
    """``Spoken`` without its match, which is found anew."""

    text: str
    by: Asker
    at: Place


def line(message: Mapping[str, Any]) -> bytes:
    """Return a message as a line."""
    return _encode(message) + b"\n"


def unline(given: bytes) -> Any:
    """Return the message of a line. Raises ``msgspec.DecodeError``."""
    return _decode(given)


def pack_declared(declared: Iterable[Declared]) -> list[Any]:
    """Return declarations as JSON."""
    return [[type(one).__name__, msgspec.to_builtins(one)] for one in declared]


def unpack_declared(packed: Iterable[Any]) -> tuple[Declared, ...]:
    """Return what :func:`pack_declared` packed."""
    return tuple(converted(one, _DECLARED[name]) for name, one in packed)


def pack_given(given: Mapping[type, Any]) -> dict[str, Any]:
    """Return the hub's gifts as JSON."""
    packed = {}
    for kind, one in given.items():
        if kind is Spoken:
            packed["Spoken"] = msgspec.to_builtins(Overheard(one.text, one.by, one.at))
        else:
            packed[kind.__name__] = msgspec.to_builtins(one)
    return packed


def unpack_given(packed: Mapping[str, Any]) -> dict[type, Any]:
    """Return what :func:`pack_given` packed; ``Spoken`` is :class:`Overheard` still."""
    given: dict[type, Any] = {}
    for name, one in packed.items():
        if name == "Spoken":
            given[Overheard] = converted(one, Overheard)
        else:
            given[_GIVEN[name]] = converted(one, _GIVEN[name])
    return given


def pack_said(said: Said) -> Any:
    """Return what a function said as JSON."""
    return msgspec.to_builtins(said)


def unpack_said(packed: Any) -> Said:
    """Return what :func:`pack_said` packed. Raises ``msgspec.ValidationError``."""
    return converted(packed, Said)
