"""A version that there is only in the tests: the one behind the newest."""
