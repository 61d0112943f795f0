"""Values that hold a secret: whatever prints them, a log or a traceback, does not print it."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Discreet(msgspec.Struct, frozen=True):
    """A value some fields of which are left out when it is printed."""

    unshown: ClassVar[frozenset[str]] = frozenset()
    """Their names."""

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self.unshown)
        return f"{type(self).__name__}({', '.join(shown)})"
