"""SQL store: records in a relational database.

SQLAlchemy provides the schema, the compiler and the connection pool. Statements run on the driver's cursor.

Reading order, each importing only what stands before it: dialects <- schema <- compile <- execute <- session <- engines <- store.
"""
