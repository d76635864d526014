"""Schema migrations: versions, upgrades and downgrades, offline SQL."""
