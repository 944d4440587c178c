"""Where Alembic enters: the connection comes from `tarazu.store.database`."""

from alembic import context

from tarazu.clearing.tables import METADATA

context.configure(connection=context.config.attributes["connection"], target_metadata=METADATA)
with context.begin_transaction():
    context.run_migrations()
