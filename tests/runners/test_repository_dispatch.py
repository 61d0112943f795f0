"""GitHub's repository_dispatch: what is sent, what is checked before, and what becomes of a refusal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from fakes.github_answers import Token
from github_world import World, github_world
from msgspec.structs import replace
from pydantic import ValidationError

from leverframe.core.runs import Found, NotStarted, Started
from leverframe.ports import Order
from leverframe.runners.repository_dispatch import RepositoryDispatch, Settings, Target

pytestmark = pytest.mark.anyio
REPO = "acme/web-app"


@pytest.fixture
async def world() -> AsyncIterator[World]:
    async with github_world() as made:
        made.repository.workflow(on_dispatch="deploy", run_name="Deploy ({correlation_id})")
        yield made


def order(world: World, **changes: Any) -> Order:
    made = Order(
        correlation_id="dep_a.1", service="web-app", environment="staging", repository=REPO, ref="release/1", sha="1" * 40, parameters={"size": "large"},
        ordered_at=world.clock.now(),
    )  # fmt: skip
    return replace(made, **changes)


def runner(world: World, token: str | None = None) -> RepositoryDispatch:
    return RepositoryDispatch("repository_dispatch", world.client if token is None else world.by(token), world.clock)


async def test_what_is_sent(world: World) -> None:
    """The payload holds service, env, ref, the exact commit, our id and the parameters; the run is found by its name."""
    assert await runner(world).start(order(world)) == Started(run=None)
    assert world.fake.dispatched == [{"event_type": "deploy", "client_payload": {
        "service": "web-app", "env": "staging", "ref": "release/1", "sha": "1" * 40, "correlation_id": "dep_a.1", "parameters": {"size": "large"},
    }}]  # fmt: skip
    assert isinstance(await runner(world).find(order(world)), Found)


async def test_the_event_has_the_environments_type(world: World) -> None:
    """The type is the environment's to choose."""
    assert isinstance(await runner(world).start(order(world, target={"event_type": "배포"})), Started)
    assert world.fake.dispatched[0]["event_type"] == "배포"


@pytest.mark.parametrize(("letter", "many", "taken"), [("x", 65_000, True), ("x", 65_536, False), ("가", 21_700, True), ("가", 21_900, False)])
async def test_the_payload_is_measured_before_anything_is_sent(world: World, letter: str, many: int, taken: bool) -> None:
    """64 KB are too many, counted in bytes as they are sent."""
    outcome = await runner(world).start(order(world, parameters={"notes": letter * many}))
    if taken:
        assert len(world.fake.calls) == 1
    else:
        assert isinstance(outcome, NotStarted)
        assert outcome.code == "github_payload_too_large"
        assert world.fake.calls == []


@pytest.mark.parametrize(("token", "code"), [
    (Token(permissions={"metadata": "read", "contents": "read", "actions": "write"}), "github_permission_missing"),
    (Token(repositories=["acme/other"]), "github_not_found"),
])  # fmt: skip
async def test_what_is_wrong_with_a_token_is_named(world: World, token: Token, code: str) -> None:
    """A token that may not is told what is missing."""
    world.fake.tokens["that"] = token
    outcome = await runner(world, "that").start(order(world))
    assert isinstance(outcome, NotStarted)
    assert (outcome.code, outcome.again) == (code, False)


@pytest.mark.parametrize("event_type", ["", "x" * 101])
def test_an_event_type_that_cannot_be_is_refused(event_type: str) -> None:
    """GitHub takes a type of up to a hundred characters."""
    with pytest.raises(ValidationError):
        Target(event_type=event_type)
    assert Settings().kind == RepositoryDispatch.kind
