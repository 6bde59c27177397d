"""The database: SQLite or PostgreSQL, schema, migrations, secret."""
