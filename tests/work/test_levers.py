"""Levers: what people say is done once, and every deployment comes to its end."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from clock import VirtualClock

from leverframe.core.messages import plain
from work.box import Box, box, buttons, text

pytestmark = pytest.mark.anyio


@pytest.fixture
async def hub(database_url: str, clock: VirtualClock) -> AsyncIterator[Box]:
    """A box with web-app on staging, and on production behind an approval."""
    async with box(database_url, clock) as made:
        yield made


async def test_a_deployment_from_word_to_success(hub: Box) -> None:
    """Somebody types it, everybody sees it begin, and its one card tells how it went."""
    answer = await hub.say("ann", "deploy web-app staging")
    assert answer.public
    assert "web-app → staging" in text(answer)
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded"]
    cards = await hub.told("lever_deployment")
    assert plain(cards[-1]).startswith("✅ ")
    assert [what for what, _ in hub.happened] == ["asked", "started", "succeeded"]


async def test_production_waits_for_another_person(hub: Box) -> None:
    """Who asks may not approve; somebody else may, and once is enough."""
    await hub.say("ann", "deploy web-app staging main")
    await hub.run(seconds=60)
    await hub.say("ann", "deploy web-app production main")
    await hub.run()
    assert await hub.states() == ["succeeded", "waiting"]
    card = await hub.told_last("lever_deployment")
    id = buttons(card)["approve"]
    own = await hub.click("ann", "approve", id)
    assert not own.public
    assert await hub.states() == ["succeeded", "waiting"]
    won = await hub.click("bob", "approve", id)
    assert won.public
    assert text(won).startswith("👍 Approved")
    again = await hub.click("cat", "approve", id)
    assert not again.public
    await hub.run(seconds=60)
    assert await hub.states() == ["succeeded", "succeeded"]


async def test_without_a_grant_nothing_is_done(hub: Box) -> None:
    """A refusal is only for who asked, names who could, and `why` tells it again."""
    answer = await hub.say("dan", "deploy web-app production")
    assert not answer.public
    assert "release" in text(answer)
    assert await hub.all() == []
    assert "deploy web-app production" in text(await hub.say("dan", "why"))
    assert hub.counted[0] == ("deploy", "not_allowed", "web-app", "production")


async def test_why_of_a_deployment_that_is_not_there_says_so(hub: Box) -> None:
    """`why ID` tells of that deployment. With an id that is none it told of whatever was refused last, as if that were the answer."""
    await hub.say("dan", "deploy web-app production")
    answer = text(await hub.say("dan", "why dep_0000000000000"))
    assert "There is no deployment of this id." in answer
    assert "production" not in answer


async def test_the_same_words_twice_are_one_deployment(hub: Box) -> None:
    """Slack sends again what it thinks was not heard: the second time the answer is the same, and nothing is done."""
    first = await hub.say("ann", "deploy web-app staging", key="slack:1")
    second = await hub.say("ann", "deploy web-app staging", key="slack:1")
    assert first == second
    assert len(await hub.all()) == 1
