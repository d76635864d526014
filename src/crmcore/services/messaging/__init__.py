"""Templates, documents and files."""
