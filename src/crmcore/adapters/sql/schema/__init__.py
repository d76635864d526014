"""The database schema: tables, columns, column types, error translation, migrations."""
