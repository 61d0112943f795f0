"""What starts a workflow: the ``on`` of its file, read as GitHub reads it.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax#on
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec


class Triggers(msgspec.Struct, frozen=True, kw_only=True):
    """What of a workflow's ``on`` can be done from outside."""

    by_hand: bool
    """``workflow_dispatch``."""
    by_event: bool
    """``repository_dispatch``."""
    types: tuple[str, ...] | None = None
    """The event types that it listens to; ``None`` is every one."""

    def hears(self, event_type: str) -> bool:
        """Return whether a ``repository_dispatch`` of this type starts it."""
        return self.by_event and (self.types is None or event_type in self.types)


def triggers(document: object) -> Triggers | None:
    """Return the triggers of a workflow file as its YAML was read; ``None`` for what is none.

    The key ``on`` is *true* to readers of YAML 1.1.
    """
    if not isinstance(document, Mapping):
        return None
    on: Any = document.get("on", document.get(True))
    if isinstance(on, str):
        names: Mapping[Any, Any] = {on: None}
    elif isinstance(on, list):
        names = {name: None for name in on if isinstance(name, str)}
    elif isinstance(on, Mapping):
        names = on
    else:
        return None
    settings = names.get("repository_dispatch")
    types = settings.get("types") if isinstance(settings, Mapping) else None
    if isinstance(types, str):
        types = [types]
    return Triggers(
        by_hand="workflow_dispatch" in names, by_event="repository_dispatch" in names,
        types=tuple(str(one) for one in types) if isinstance(types, list) else None,
    )  # fmt: skip
