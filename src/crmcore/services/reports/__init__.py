"""Reports: computed on demand from grouped counts, with exact arithmetic."""
