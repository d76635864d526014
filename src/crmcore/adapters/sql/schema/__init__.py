"""Database schema: tables, columns, types, migrations, error mapping."""
