"""A language as :func:`leverframe.core.wording.compose` uses it, gathered from the modules that hold it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, TypeAlias

import msgspec

from leverframe.core.messages import Block, Rich
from leverframe.core.wording.told import Told

Sentence: TypeAlias = Callable[[Told], Rich]


class Voice(msgspec.Struct, frozen=True, kw_only=True):
    """One language: its sentences by the event's name, and its words by key."""

    sentences: Mapping[str, Sentence]
    general: Sentence
    words: Mapping[str, str]
    earlier: Callable[[int], str]
    """How many commits came before those listed."""
    files: Callable[[int], str]
    """How many files changed."""

    def word(self, key: str) -> str:
        """Return the word for ``key`` (``state.open``), or the last part of the key as it is when the language has none."""
        return self.words.get(key) or key.rpartition(".")[2].replace("_", " ")


Blocks: TypeAlias = Callable[[Told, Voice], list[Block]]


def by_event(*modules: ModuleType) -> dict[str, Any]:
    """Return the public functions that ``modules`` define, by name: each is named after its event."""
    return {
        name: value
        for module in modules
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and value.__module__ == module.__name__
    }
