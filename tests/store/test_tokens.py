"""API tokens and hook tokens."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from sitting import Clock

from leverframe.core.errors import Refused
from leverframe.store import tokens
from leverframe.store.database import Database

pytestmark = pytest.mark.anyio


async def issue(database: Database, clock: Clock, name: str = "ci", days: int | None = 1, by: str = "person:ann") -> str:
    """Issue an API token."""
    ends = None if days is None else clock.now() + timedelta(days=days)
    return await database.write(tokens.issue_api, name=name, grants=["events.read", "  deploy   web-app "], by=by, now=clock.now(), expires_at=ends)


async def test_a_token_is_found_by_its_secret(database: Database, clock: Clock) -> None:
    """The secret is given once, begins with its kind, and is in no list."""
    secret = await issue(database, clock)
    assert secret.startswith("lf_") and len(secret) > 40
    found = await database.read(tokens.api_by_secret, secret, clock.now())
    assert found is not None and found.grants == ("events.read", "deploy web-app") and found.by == "person:ann"
    assert await database.read(tokens.all_api) == [found] and secret not in repr(found)
    for wrong in ("", secret[:-1], secret + "x", "lf_", "\udcff", "\0"):
        assert await database.read(tokens.api_by_secret, wrong, clock.now()) is None


async def test_a_token_ends(database: Database, clock: Clock) -> None:
    """At its end, or when it is revoked; one without an end lives on."""
    short, long, forever = await issue(database, clock, "short"), await issue(database, clock, "long", 9), await issue(database, clock, "forever", None)
    assert await database.write(tokens.revoke_api, "long", clock.now())
    assert not await database.write(tokens.revoke_api, "long", clock.now())
    clock.turn(days=1)
    live = [secret for secret in (short, long, forever) if await database.read(tokens.api_by_secret, secret, clock.now())]
    assert live == [forever]


async def test_a_name_is_used_once(database: Database, clock: Clock) -> None:
    """Also after it was revoked, and also when two ask at the same moment."""
    await issue(database, clock)
    await database.write(tokens.revoke_api, "ci", clock.now())
    with pytest.raises(Refused, match="name_taken"):
        await issue(database, clock)
    done = await asyncio.gather(*(issue(database, clock, "same") for _ in range(4)), return_exceptions=True)
    assert sorted(type(one).__name__ for one in done) == ["Refused", "Refused", "Refused", "str"]


async def test_tokens_of_somebody_are_theirs(database: Database, clock: Clock) -> None:
    """Lists and revocations can be narrowed to who issued."""
    await issue(database, clock, "anns")
    await issue(database, clock, "bos", by="person:bo")
    assert [token.name for token in await database.read(tokens.all_api, by="person:bo")] == ["bos"]
    assert not await database.write(tokens.revoke_api, "anns", clock.now(), by="person:bo")
    assert await database.write(tokens.revoke_api, "bos", clock.now(), by="person:bo")


@pytest.mark.parametrize(("name", "items"), [("a b", ["x"]), ("a", []), ("a", ["  "])])
async def test_a_token_needs_a_name_and_a_scope(database: Database, clock: Clock, name: str, items: list[str]) -> None:
    """What has no scope is refused rather than issued for nothing; an end that is past too."""
    with pytest.raises(Refused, match="request_invalid"):
        await database.write(tokens.issue_hook, name=name, rooms=items, by="x", now=clock.now(), expires_at=None)
    with pytest.raises(Refused, match="is past"):
        await database.write(tokens.issue_hook, name="a", rooms=["x"], by="x", now=clock.now(), expires_at=clock.now())


async def test_a_hook_token_reaches_its_rooms(database: Database, clock: Clock) -> None:
    """Globs of chat:room; another room, another chat and another kind of token are out of reach."""
    secret = await database.write(
        tokens.issue_hook, name="github", rooms=["slack:#dev-*", "teams:*"], by="person:ann", now=clock.now(), expires_at=None)
    assert secret.startswith("lfh_")
    found = await database.read(tokens.hook_by_secret, secret, clock.now())
    assert found is not None
    assert [found.reaches(room) for room in ("slack:#dev-team", "teams:General", "slack:#ops", "playground:#dev-team")] == [True, True, False, False]
    assert await database.read(tokens.api_by_secret, secret, clock.now()) is None
    assert await database.write(tokens.revoke_hook, "github", clock.now())
    assert await database.read(tokens.hook_by_secret, secret, clock.now()) is None
    assert [token.revoked_at for token in await database.read(tokens.all_hook)] == [clock.now()]


async def test_use_is_written_once_a_minute(database: Database, clock: Clock) -> None:
    """A token in heavy use costs one write a minute."""
    secret = await issue(database, clock)
    first = await database.read(tokens.api_by_secret, secret, clock.now())
    assert first is not None and tokens.use_is_due(first, clock.now())
    await database.write(tokens.used_api, "ci", clock.now())
    used = await database.read(tokens.api_by_secret, secret, clock.now())
    assert used is not None and used.used_at == clock.now()
    assert not tokens.use_is_due(used, clock.now() + timedelta(seconds=59))
    assert tokens.use_is_due(used, clock.now() + timedelta(seconds=60))
