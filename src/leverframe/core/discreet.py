"""Values that hold a secret: whatever prints them, a log or a traceback, does not print it."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec


class Discreet(msgspec.Struct, frozen=True):
    """A value some fields of which are left out when it is printed."""

    unshown: ClassVar[frozenset[str]] = frozenset()
    """Their names."""

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:  # https://rich.readthedocs.io/en/stable/pretty.html#rich-repr-protocol
        return [(name, getattr(self, name)) for name in self.__struct_fields__ if name not in self.unshown]
