"""Tasks, interactions, commitments and appointments."""
