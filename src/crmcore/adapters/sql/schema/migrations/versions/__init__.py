"""The steps from each version of the schema to the next, as Alembic wants them."""
