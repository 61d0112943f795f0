"""The conversations that a bot was told of are kept, one row each, until it is taken out of them."""

from __future__ import annotations

from typing import Any

import pytest
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.ports import Reference
from leverframe.store.conversations import Conversations

pytestmark = pytest.mark.anyio
OPS = Reference(
    chat="teams", conversation="19:ops@thread.tacv2", service="https://smba.trafficmanager.net/teams/", tenant="t", kind="channel", room="ops 방", team="Platform"
)


async def test_a_conversation_is_kept_once(database: Any, clock: VirtualClock) -> None:
    """What is told anew replaces what was; chats know nothing of each other's; one that is forgotten is gone."""
    kept = Conversations(database)
    moved = replace(OPS, service="https://smba.trafficmanager.net/emea/")
    other = replace(OPS, chat="teams-2", conversation="a:1", kind="personal", person="p", room="", team="")
    for reference in (OPS, moved, other):
        await kept.keep(reference, clock.now())
    assert list(await kept.references("teams")) == [moved]
    assert list(await Conversations(database).references("teams-2")) == [other]
    await kept.forget("teams", OPS.conversation)
    await kept.forget("teams", "19:nowhere@thread.v2")
    assert list(await kept.references("teams")) == [] and list(await kept.references("teams-2")) == [other]
