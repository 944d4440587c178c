"""Where Alembic enters: the connection comes from `tarazu.store.database`."""

from alembic import context

from tarazu.register.tables import METADATA, VERSIONS

context.configure(
    connection=context.config.attributes["connection"], target_metadata=METADATA, version_table=VERSIONS
)
with context.begin_transaction():
    context.run_migrations()
