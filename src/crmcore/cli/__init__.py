"""Command line interface of crmcore. It uses only the public API."""
