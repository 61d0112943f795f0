"""Values that hold a secret."""

from __future__ import annotations

import traceback

from rich.pretty import pretty_repr

from leverframe.chats.teams import tokens
from leverframe.core import conversation
from leverframe.core.discreet import Discreet
from leverframe.github import app
from leverframe.plugins import loading, values
from leverframe.ports import conversations, payloads
from leverframe.store import subscriptions
from leverframe.web.webhooks import acts

HOLDERS = (tokens, conversation, app, loading, values, conversations, payloads, subscriptions, acts)
"""Where they are."""


class Key(Discreet, frozen=True):
    """What opens a door."""

    unshown = frozenset({"teeth"})
    door: str
    teeth: str = "very-secret"


def test_what_is_a_secret_is_not_printed() -> None:
    """Neither alone, nor inside of another value, nor in a traceback."""
    assert repr(Key("front")) == pretty_repr(Key("front")) == "Key(door='front')" and "very-secret" not in str([Key("front")])
    try:
        raise RuntimeError(Key("front"))
    except RuntimeError:
        assert "very-secret" not in traceback.format_exc()


def test_what_is_left_out_is_there() -> None:
    """A name that is misspelt would print its secret."""
    known = [kind for kind in Discreet.__subclasses__() if kind.__module__.startswith("leverframe.")]
    assert {kind.__module__ for kind in known} == {module.__name__ for module in HOLDERS}
    assert all(kind.unshown and kind.unshown <= set(kind.__struct_fields__) for kind in known)


def test_it_is_a_value_like_any_other() -> None:
    """The secret counts where two are compared."""
    assert Key("front") == Key("front") != Key("front", "other")
