"""The life of the schema: versions, the way from each to the next, and the statements for hosts that go it themselves."""
