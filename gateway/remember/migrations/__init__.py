"""Alembic's environment and revisions, run by `gateway.remember.database.migrate` alone."""
