"""Pages: reports as people read them, in plain text and as self-contained HTML. Pure functions over plain data."""
