"""Values that hold a secret."""

from __future__ import annotations

import traceback

from leverframe.core.discreet import Discreet


class Key(Discreet, frozen=True):
    """What opens a door."""

    unshown = frozenset({"teeth"})
    door: str
    teeth: str = "very-secret"


def test_what_is_a_secret_is_not_printed() -> None:
    """Neither alone, nor inside of another value, nor in a traceback."""
    assert repr(Key("front")) == "Key(door='front')" and "very-secret" not in str([Key("front")])
    try:
        raise RuntimeError(Key("front"))
    except RuntimeError:
        assert "very-secret" not in traceback.format_exc()


def test_it_is_a_value_like_any_other() -> None:
    """The secret counts where two are compared."""
    assert Key("front") == Key("front") != Key("front", "other")
