"""People, one-time links and sessions."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sitting import Clock

from leverframe.core.errors import Refused
from leverframe.store import people
from leverframe.store.database import Database
from leverframe.store.tables import invitations, sessions

pytestmark = pytest.mark.anyio
HOUR = timedelta(hours=1)


async def come_in(database: Database, clock: Clock, name: str, role: str = "viewer") -> tuple[str, people.Session]:
    """Invite somebody, let them in, and return their cookie and session."""
    secret = await database.write(people.invite, person=name, role=role, now=clock.now(), lifetime=HOUR)
    assert await database.write(people.accept, secret, clock.now()) is not None
    return await database.write(people.start_session, name, clock.now())


async def test_a_link_is_used_once(database: Database, clock: Clock) -> None:
    """The first use makes the person; the second finds nothing."""
    secret = await database.write(people.invite, person="민지", role="viewer", now=clock.now(), lifetime=HOUR)
    assert (await database.read(people.invitation, secret, clock.now())) == people.Invitation(person="민지", role="viewer", expires_at=clock.now() + HOUR)
    person = await database.write(people.accept, secret, clock.now())
    assert person == people.Person(name="민지", role="viewer", created_at=clock.now(), disabled_at=None)
    assert await database.write(people.accept, secret, clock.now()) is None
    assert await database.read(people.everybody) == [person]


async def test_a_link_ends(database: Database, clock: Clock) -> None:
    """At its end, and when a newer one is made for the same person."""
    first = await database.write(people.invite, person="bo", role="viewer", now=clock.now(), lifetime=HOUR)
    second = await database.write(people.invite, person="bo", role="admin", now=clock.now(), lifetime=HOUR)
    assert await database.write(people.accept, first, clock.now()) is None
    assert [one.role for one in await database.read(people.open_invitations, clock.now())] == ["admin"]
    clock.turn(hours=1)
    assert await database.write(people.accept, second, clock.now()) is None
    assert await database.read(people.open_invitations, clock.now()) == []


async def test_no_secret_is_kept(database: Database, clock: Clock) -> None:
    """Links and cookies are kept as SHA-256 only."""
    secret = await database.write(people.invite, person="bo", role="viewer", now=clock.now(), lifetime=HOUR)
    await database.write(people.accept, secret, clock.now())
    cookie, _ = await database.write(people.start_session, "bo", clock.now())
    kept = await database.read(lambda conn: [bytes(row[0]) for table in (invitations, sessions) for row in conn.execute(sa.select(table.c.digest))])
    assert sorted(kept) == sorted([people.digest_of(secret), people.digest_of(cookie)])
    assert not any(value.encode() in row for value in (secret, cookie) for row in kept)


@pytest.mark.parametrize("name", ["", "a b", "-a", "_a", "a\n", "a/b", "a" * 65, "<b>", "a\0"])
async def test_a_name_is_a_name(database: Database, clock: Clock, name: str) -> None:
    """Letters of any script, digits and a few signs; nothing that pages, logs or addresses would trip over."""
    with pytest.raises(Refused, match="request_invalid"):
        await database.write(people.invite, person=name, role="viewer", now=clock.now(), lifetime=HOUR)


async def test_a_session_is_its_persons_while_both_last(database: Database, clock: Clock) -> None:
    """Found by its cookie only; gone at its end, at sign-out, and when the person is disabled."""
    cookie, session = await come_in(database, clock, "bo")
    assert await database.read(people.session, cookie, clock.now()) == session
    assert await database.read(people.session, "another", clock.now()) is None
    assert await database.read(people.session, cookie, session.expires_at) is None
    await come_in(database, clock, "bo", "admin")  # invited anew, with another role
    found = await database.read(people.session, cookie, clock.now())
    assert found is not None and found.role == "admin"
    await database.write(people.end_session, cookie)
    assert await database.read(people.session, cookie, clock.now()) is None
    again, _ = await database.write(people.start_session, "bo", clock.now())
    assert await database.write(people.disable, "bo", clock.now())
    assert await database.read(people.session, again, clock.now()) is None
    assert not await database.write(people.disable, "bo", clock.now())
    assert not await database.write(people.disable, "nobody", clock.now())


async def test_use_moves_the_end_by_the_hour_and_to_a_week_at_most(database: Database, clock: Clock) -> None:
    """A session that is in use is written at most once an hour."""
    cookie, session = await come_in(database, clock, "bo")
    assert people.prolonged(session, clock.now() + timedelta(minutes=59)) is None
    later = clock.now() + HOUR
    assert people.prolonged(session, later) == later + people.SESSION_IDLE
    await database.write(people.prolong, cookie, later + people.SESSION_IDLE)
    found = await database.read(people.session, cookie, session.expires_at)
    assert found is not None
    last = session.created_at + people.SESSION_LONGEST
    assert people.prolonged(found, last - HOUR) == last


async def test_sessions_that_are_over_are_swept(database: Database, clock: Clock) -> None:
    """A new session removes those that ended."""
    await come_in(database, clock, "bo")
    clock.turn(hours=12)
    await come_in(database, clock, "cy")
    await database.write(people.start_session, "cy", clock.now())
    assert await database.read(lambda conn: conn.execute(sa.select(sa.func.count()).select_from(sessions)).scalar_one()) == 2


async def test_a_session_needs_a_person(database: Database, clock: Clock) -> None:
    """No session begins for somebody who is not there."""
    with pytest.raises(Refused, match="not_found"):
        await database.write(people.start_session, "nobody", clock.now())
