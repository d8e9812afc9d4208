"""Alembic runs this; the connection, and the transaction around all steps, are ``migrating``'s."""

from alembic import context

from didymium.records.schema import METADATA, VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    version_table=VERSION_TABLE,
)
context.run_migrations()
