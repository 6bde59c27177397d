"""Commands on the whole store: backups, the schema, a move to another database."""
