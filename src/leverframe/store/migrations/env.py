"""What Alembic runs (https://alembic.sqlalchemy.org/en/latest/cookbook.html#connection-sharing): the caller's connection, in its transaction."""

from alembic import context

from leverframe.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
