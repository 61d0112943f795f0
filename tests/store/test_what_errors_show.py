"""What an error of the database may show: neither what was written, nor a part of the password."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from sitting import Clock

from leverframe.core.errors import Refused
from leverframe.store.database import Database
from leverframe.store.postgres import open_postgres
from leverframe.store.tables import people

pytestmark = pytest.mark.anyio


async def test_a_statement_that_fails_does_not_show_what_it_wrote(database: Database) -> None:
    """Its error reaches the log with a traceback; messages of the playground and form tokens stood there."""
    with pytest.raises(sa.exc.DBAPIError) as caught:
        await database.write(lambda connection: connection.execute(sa.insert(people).values(name="hunter2", role=None)))
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("password", ["hun#ter2", "hun/ter2", "hun?ter2", "hun[ter2", "123/ter2", "hun@ter2"])
async def test_an_address_that_cannot_be_read_shows_no_password(clock: Clock, password: str) -> None:
    """A character that should be written with percent signs made the port out of half a password, and that was shown."""
    with pytest.raises(Refused, match="storage_unavailable") as caught:
        await open_postgres(f"postgresql://hub:{password}@127.0.0.1:1/hub", clock)
    assert "ter2" not in str(caught.value) and "hun" not in str(caught.value)
