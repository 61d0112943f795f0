"""What workspaces gave when the app was installed there: sealed, each under its chat and team; and installations that were begun."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy import Connection

from leverframe.core.deployments.snapshot import SEALED
from leverframe.core.errors import Refused
from leverframe.decoding import decoder
from leverframe.ports import Installation
from leverframe.secrets.sealing import Sealer
from leverframe.store.database import Database
from leverframe.store.rows import upsert
from leverframe.store.tables import install_states as states
from leverframe.store.tables import installations as table

log = structlog.get_logger("leverframe")


class Installations:
    """``ports.TokenVault`` over the hub's database."""

    def __init__(self, database: Database, keys: Sequence[bytes]) -> None:
        """The first of ``keys`` (32 bytes each) seals, all of them open; without any nothing can be kept."""
        self._database, self._sealer, self._newest = database, Sealer(keys), Sealer(keys[:1])
        self._told: set[tuple[str, str]] = set()

    async def keep(self, installation: Installation) -> None:
        """Keep it, in place of a former one of the same chat and team. Raises ``Refused("secret_not_kept")`` without a key."""
        sealed = self._sealer.seal(msgspec.json.encode(installation).decode())
        await self._database.write(_keep, installation=installation, sealed=sealed)

    async def installations(self, chat: str) -> Sequence[Installation]:
        """Return those of a chat, the newest first; one that no key opens is left out, and the log says so."""
        found = []
        for team, sealed in await self._database.read(_of_chat, chat=chat):
            try:
                found.append(_read(self._sealer, chat, team, sealed))
            except Refused as refused:
                if (team, sealed) not in self._told:  # they are read again and again
                    log.error("installation_unreadable", chat=chat, team=team, code=refused.code, remedy="put the former key back into hub.master_keys, or install the app again")
                    self._told.add((team, sealed))
        return found

    async def reseal(self, chat: str) -> int:
        """Seal with the first key what a former one sealed, so that that one can be thrown away; return how many there were."""
        done = 0
        for team, sealed in await self._database.read(_of_chat, chat=chat):
            try:
                _opened(self._newest, sealed)
            except Refused:
                try:
                    opened = _opened(self._sealer, sealed)
                except Refused:
                    continue  # `installations` tells of it
                done += await self._database.write(_replace, chat=chat, team=team, former=sealed, sealed=self._newest.seal(opened))
        return done

    async def begin(self, state: str, until: datetime) -> None:
        """Note that an installation was begun."""
        await self._database.write(_begin, state=state, until=until)

    async def finish(self, state: str, now: datetime) -> bool:
        """Return whether it was begun and not finished before, nor too late; it is finished now, for every process."""
        return await self._database.write(_finish, state=state, now=now)


def read_sealed(keys: Sequence[bytes], chat: str, rows: Sequence[tuple[str, str]]) -> list[Installation]:
    """Return the installations of rows of team and sealed text. Raises ``Refused("secret_not_opened")`` when no key opens one."""
    sealer = Sealer(keys)
    return [_read(sealer, chat, team, sealed) for team, sealed in rows]


def _read(sealer: Sealer, chat: str, team: str, sealed: str) -> Installation:
    installation = decoder(Installation)(_opened(sealer, sealed))
    # Sealing binds nothing to its row: what was copied from another one is not taken.
    if (installation.chat, installation.team) != (chat, team):
        raise Refused("secret_not_opened")
    return installation


def _opened(sealer: Sealer, sealed: str) -> str:
    if not sealed.startswith(SEALED):
        raise Refused("secret_not_opened")  # who may write the database cannot make a token up
    return sealer.open(sealed)


def _keep(connection: Connection, *, installation: Installation, sealed: str) -> None:
    values = {"sealed": sealed, "installed_at": installation.installed_at}
    insert = upsert(connection.dialect.name)(table).values(chat=installation.chat, team=installation.team, **values)
    connection.execute(insert.on_conflict_do_update(index_elements=["chat", "team"], set_=values))


def _of_chat(connection: Connection, *, chat: str) -> list[tuple[str, str]]:
    rows = connection.execute(sa.select(table.c.team, table.c.sealed).where(table.c.chat == chat).order_by(table.c.installed_at.desc(), table.c.team))
    return [(row.team, row.sealed) for row in rows]


def _replace(connection: Connection, *, chat: str, team: str, former: str, sealed: str) -> int:
    same = sa.and_(table.c.chat == chat, table.c.team == team, table.c.sealed == former)  # a token may be renewed at this moment
    return connection.execute(table.update().where(same).values(sealed=sealed)).rowcount


def _begin(connection: Connection, *, state: str, until: datetime) -> None:
    connection.execute(states.insert().values(digest=state, until=until))


def _finish(connection: Connection, *, state: str, now: datetime) -> bool:
    found = connection.execute(states.delete().where(states.c.digest == state, states.c.until > now)).rowcount == 1
    connection.execute(states.delete().where(states.c.until <= now))
    return found
