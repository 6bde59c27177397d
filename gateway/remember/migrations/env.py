"""Alembic's entry: runs the revisions on the connection, and in the transaction, that `migrate` hands over."""

from __future__ import annotations

from alembic import context

from gateway.remember.database.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=True,  # SQLite's tables are made in a transaction too: all of a revision or none
)
with context.begin_transaction():
    context.run_migrations()
