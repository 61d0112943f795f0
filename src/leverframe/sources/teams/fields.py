"""Fields of a card's JSON, read strictly: what is there must be of its kind, and a refusal names where it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import count
from typing import Any

import msgspec

from leverframe.core.details import about
from leverframe.core.errors import Refused
from leverframe.core.payload import is_web

LONGEST = 20_000
"""Characters of one text; Teams takes 28 KB of a whole message."""
LONGEST_IMAGE = 200_000
"""Characters of an image's address: it may be its own data, which is not kept."""


def invalid(path: str, why: str, /, **values: object) -> Refused:
    """Return the refusal of a card: ``sections[0].facts[1].value: must be text``. ``why`` is a key of ``core.details``."""
    return Refused("card_invalid", about(path[:200], why, **values))


class Fields(msgspec.Struct, frozen=True):
    """One object of a card, and where it stands. Keys are looked for as they are written, ``null`` is nothing."""

    value: Mapping[str, Any]
    path: str = ""

    def where(self, key: str) -> str:
        """Return the path of a key."""
        return f"{self.path}.{key}" if self.path else key

    def text(self, key: str, *, most: int = LONGEST) -> str:
        """Return the text at ``key``, or ``""``; a number or a boolean is its text, as scripts write them."""
        value = self.value.get(key)
        match value:
            case None:
                return ""
            case bool():
                return "true" if value else "false"
            case int() | float():
                return str(value)
            case str() if len(value) <= most:
                return value.encode("utf-8", "replace").decode()
            case str():
                raise invalid(self.where(key), "at_most_characters", most=most)
            case _:
                raise invalid(self.where(key), "must_be_text")

    def needed(self, key: str, *, most: int = LONGEST) -> str:
        """Return the text at ``key``, which must say something."""
        found = self.text(key, most=most)
        if not found.strip():
            raise invalid(self.where(key), "missing")
        return found

    def address(self, key: str) -> str:
        """Return the web address at ``key``."""
        return self.web(self.needed(key, most=2_000), key)

    def web(self, found: str, key: str) -> str:
        """Return ``found`` where it is an address of the web. (One with ``{{…}}`` in it is filled in later.)"""
        found = found.strip()
        if not found.lower().startswith(("https://", "http://")) or not found.isprintable() or " " in found:
            raise invalid(self.where(key), "must_be_address")
        return found

    def picture(self, key: str) -> str:
        """Return the address of an image at ``key``; ``""`` for one that cannot be linked to: the image's own data, a script, half a page."""
        found = self.needed(key, most=LONGEST_IMAGE).strip()
        found = found[:6].lower() + found[6:]
        return found if is_web(found) else ""

    def flag(self, key: str) -> bool:
        """Return whether ``key`` is true; scripts write the word, too."""
        value = self.value.get(key)
        if value is None or isinstance(value, bool):
            return bool(value)
        if isinstance(value, str) and value.lower() in ("true", "false"):
            return value.lower() == "true"
        raise invalid(self.where(key), "must_be_flag")

    def number(self, key: str) -> int | None:
        """Return the whole number at ``key``."""
        value = self.value.get(key)
        if value is None or isinstance(value, int) and not isinstance(value, bool):
            return value
        raise invalid(self.where(key), "must_be_whole")

    def each(self, key: str, *, most: int) -> Sequence[Fields]:
        """Return the objects of the list at ``key``."""
        value = self.value.get(key)
        if value is None:
            return ()
        if not isinstance(value, list):
            raise invalid(self.where(key), "must_be_list")
        if len(value) > most:
            raise invalid(self.where(key), "at_most", most=most)
        for at, one in enumerate(value):
            if not isinstance(one, dict):
                raise invalid(f"{self.where(key)}[{at}]", "must_be_object")
        return [Fields(one, f"{self.where(key)}[{at}]") for at, one in enumerate(value)]

    def one(self, key: str) -> Fields | None:
        """Return the object at ``key``."""
        value = self.value.get(key)
        if value is None:
            return None
        if not isinstance(value, dict):
            raise invalid(self.where(key), "must_be_object")
        return Fields(value, self.where(key))


class Numbers:
    """Gives the buttons of one card their ids."""

    def __init__(self) -> None:
        self._next = count(1)

    def __call__(self) -> str:
        """Return the next one: ``p1``."""
        return f"p{next(self._next)}"
