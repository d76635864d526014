"""SQL store: records in a relational database.

SQLAlchemy provides the schema, the compiler and the connection pool. Statements run on the driver's cursor.
"""
