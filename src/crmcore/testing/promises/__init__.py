"""The promises of a store, by theme; `crmcore.testing.contract` puts them together."""
