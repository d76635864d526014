"""The promises of a store, by theme; `crmcore.testing.contract.suite` puts them together."""
