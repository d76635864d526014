"""A store transaction: change tracker, batches, event feed, projections."""
