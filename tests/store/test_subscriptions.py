"""Subscriptions in the store: reached through their own project alone, changed on the version that was seen, their secrets sealed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from clock import VirtualClock
from msgspec.structs import replace

from leverframe.core import subscriptions as core
from leverframe.core.errors import Refused
from leverframe.core.subscriptions import Health, SealedSecret, Subscription
from leverframe.store import subscriptions
from leverframe.store.tables import destinations, metadata

pytestmark = pytest.mark.anyio


def some(database: Any, clock: VirtualClock, project: str = "acme/web", **over: Any) -> Subscription:
    """Return a new one."""
    given: dict[str, Any] = {"url": "https://example.com/in", "events": ("push",), "format": "yobi", "made_by": "person:ann", "made_at": clock.now()}
    return Subscription(id=database.new_id(), project=project, **given | over)


async def test_what_was_added_is_listed_in_its_project_and_no_other(database: Any, clock: VirtualClock) -> None:
    """Letters' case does not matter to a project's name; of another project nothing is seen, changed or removed."""
    one, other = some(database, clock), some(database, clock, "acme/api")
    for each in (one, other):
        await database.write(subscriptions.add, each, [])
    assert await database.read(subscriptions.of_project, "ACME/Web") == [one]
    assert await database.read(subscriptions.one, "acme/WEB", one.id) == one
    assert await database.read(subscriptions.page) == [one, other]
    for act in (
        database.read(subscriptions.one, "acme/web", other.id),
        database.write(subscriptions.remove, "acme/web", other.id, now=clock.now()),
        database.write(subscriptions.change, "acme/web", other.id, to=lambda before: before, now=clock.now()),
    ):
        with pytest.raises(Refused, match="hook_unknown"):
            await act
    await database.write(subscriptions.remove, "acme/web", one.id, now=clock.now())
    assert await database.read(subscriptions.of_project, "acme/web") == []
    assert await database.read(subscriptions.page) == [other]


async def test_a_change_on_an_old_version_is_refused(database: Any, clock: VirtualClock) -> None:
    """Two people who edit at once do not undo each other; neither project nor id can be changed."""
    one = some(database, clock)
    await database.write(subscriptions.add, one, [])
    changed = await database.write(
        subscriptions.change, "acme/web", one.id, version=1, now=clock.now(), to=lambda before: replace(before, url="https://b.example/", project="acme/api", id=7)
    )
    assert changed == replace(one, url="https://b.example/", version=2)
    assert await database.read(subscriptions.of_project, "acme/web") == [changed]
    with pytest.raises(Refused, match="hook_changed"):
        await database.write(subscriptions.change, "acme/web", one.id, version=1, now=clock.now(), to=lambda before: before)


async def test_those_that_are_inactive_or_switched_off_are_owed_nothing(database: Any, clock: VirtualClock) -> None:
    """One that is paused or degraded is owed what happens; the others' projects are not even looked at."""
    await database.write(subscriptions.add, some(database, clock, active=False), [])
    await database.write(subscriptions.add, some(database, clock, health=Health.DISABLED), [])
    assert await database.read(subscriptions.any_of, ["Acme/Web", "acme/api"]) == set()
    owed = [some(database, clock, paused=True), some(database, clock, health=Health.DEGRADED)]
    for each in owed:
        await database.write(subscriptions.add, each, [])
    assert await database.read(subscriptions.subscribed, ["ACME/web", "acme/api"]) == owed
    assert await database.read(subscriptions.any_of, ["Acme/Web", "acme/api"]) == {"acme/web"}


async def test_a_project_has_only_so_many(database: Any, clock: VirtualClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit is told with the project."""
    monkeypatch.setattr(subscriptions, "MOST_IN_PROJECT", 2)
    for _ in range(2):
        await database.write(subscriptions.add, some(database, clock), [])
    with pytest.raises(Refused, match="hook_too_many: acme/web: at most 2"):
        await database.write(subscriptions.add, some(database, clock), [])


async def test_a_secret_is_sealed_for_its_own_subscription(database: Any, clock: VirtualClock) -> None:
    """The database holds no secret that can be read; one copied to another row, or made up, is not opened."""
    box, one = subscriptions.SecretBox([b"k" * 32]), some(database, clock)
    sealed = box.seal(one.id, "hush hush")
    await database.write(subscriptions.add, one, [SealedSecret(sealed=sealed)])
    tables = await database.read(lambda connection: [str(connection.execute(sa.select(table)).all()) for table in metadata.sorted_tables])
    assert not any("hush" in text for text in tables)
    (kept,) = (await database.read(subscriptions.secrets_of, [one.id]))[one.id]
    assert box.open(one.id, kept.sealed) == subscriptions.SecretBox([b"n" * 32, b"k" * 32]).open(one.id, kept.sealed) == "hush hush"
    for id, text, opener in ((one.id + 1, sealed, box), (one.id, "hush hush", box), (one.id, sealed, subscriptions.SecretBox([b"x" * 32]))):
        with pytest.raises(Refused, match="secret_not_opened"):
            opener.open(id, text)
    with pytest.raises(Refused, match="secret_not_kept"):
        subscriptions.SecretBox([]).seal(one.id, "hush")


async def test_a_rotated_secret_signs_on_beside_the_new_one_for_a_while(database: Any, clock: VirtualClock) -> None:
    """The new one comes first; the former ends after the overlap, and one that ends sooner is not prolonged."""
    one = some(database, clock)
    await database.write(subscriptions.add, one, [SealedSecret(sealed="a")])
    for sealed, hours in (("b", 24), ("c", 48)):
        await database.write(
            subscriptions.change, "acme/web", one.id, now=clock.now(), to=lambda before: before,
            secrets=lambda kept, sealed=sealed, hours=hours: core.rotated(kept, sealed, now=clock.now(), overlap=timedelta(hours=hours)),
        )  # fmt: skip
    kept = (await database.read(subscriptions.secrets_of, [one.id]))[one.id]
    assert [secret.sealed for secret in core.live(kept, clock.now())] == ["c", "b", "a"]
    assert [secret.sealed for secret in core.live(kept, clock.now() + timedelta(hours=24))] == ["c", "b"]
    assert [secret.sealed for secret in core.live(kept, clock.now() + timedelta(hours=48))] == ["c"]


async def test_what_was_changed_is_looked_at_at_once(database: Any, clock: VirtualClock) -> None:
    """A new address is tried now, whatever the former one had to wait for."""
    one = some(database, clock)
    await database.write(subscriptions.add, one, [])
    await database.write(lambda connection: connection.execute(destinations.insert().values(name=one.destination, failures=3, due_at=clock.now() + timedelta(hours=1))))
    await database.write(subscriptions.change, "acme/web", one.id, now=clock.now(), to=lambda before: before)
    assert await database.read(lambda connection: connection.execute(sa.select(destinations.c.due_at)).scalar()) == clock.now()
