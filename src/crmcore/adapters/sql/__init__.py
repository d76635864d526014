"""Records in a relational database. SQLAlchemy is the schema, the compiler and the pool; statements run on the driver's cursor."""
