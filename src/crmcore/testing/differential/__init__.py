"""Several stores that are told the same stories, step by step, and compared; `machine` is where to begin."""
