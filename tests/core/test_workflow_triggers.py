"""What starts a workflow, in every form that ``on`` may have."""

from __future__ import annotations

from typing import Any

import pytest

from leverframe.core.workflow_triggers import Triggers, triggers


@pytest.mark.parametrize(("on", "by_hand", "by_event", "types"), [
    ("workflow_dispatch", True, False, None), ("push", False, False, None), (["push", "repository_dispatch"], False, True, None),
    ({"repository_dispatch": None}, False, True, None), ({"repository_dispatch": {"types": ["webhook", "other"]}, "workflow_dispatch": {}}, True, True, ("webhook", "other")),
    ({"repository_dispatch": {"types": "webhook"}}, False, True, ("webhook",)), ({"repository_dispatch": {"types": [1, None]}}, False, True, ("1", "None")),
])  # fmt: skip
def test_each_form_is_read(on: Any, by_hand: bool, by_event: bool, types: tuple[str, ...] | None) -> None:
    """A word, a list or a table; without types every one is heard; the key may have been read as true."""
    expected = Triggers(by_hand=by_hand, by_event=by_event, types=types)
    assert triggers({"on": on}) == triggers({True: on}) == expected
    assert expected.hears("webhook") is (by_event and (types is None or "webhook" in types))


@pytest.mark.parametrize("document", [None, [], "x", {}, {"on": 3}, {"on": None}])
def test_what_is_no_workflow_has_none(document: object) -> None:
    """Any other file starts nothing."""
    assert triggers(document) is None
