"""What came of requests that carry a name of their own (``idempotency_key``): the same one, sent again, is answered as before."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import sqlalchemy as sa
from sqlalchemy import Connection

from leverframe.core.errors import Refused
from leverframe.store.tables import request_keys


def digest(*parts: str | None) -> bytes:
    """Return sixteen bytes that tell these texts from others."""
    return blake2b(repr(parts).encode("utf-8", "replace"), digest_size=16).digest()


def made(connection: Connection, *, key: bytes, content: bytes, since: datetime | None = None) -> str | None:
    """Return the id of what came of the request, ``None`` when it is new: also where it was made before ``since``, and is forgotten with that.

    Raises ``Refused`` when something else was asked under this name.
    """
    if since is not None:
        connection.execute(request_keys.delete().where(request_keys.c.digest == key, request_keys.c.at < since))
    row = connection.execute(sa.select(request_keys.c.content, request_keys.c.made).where(request_keys.c.digest == key)).first()
    if row is not None and row.content != content:
        raise Refused("idempotency_key_used")
    return None if row is None else str(row.made)


def keep(connection: Connection, *, key: bytes, content: bytes, made: str, now: datetime) -> None:
    """Remember what came of a new one."""
    connection.execute(request_keys.insert().values(digest=key, content=content, made=made, at=now))
