"""Alembic's environment and revisions, run by `gateway.remember.migrate` alone."""
