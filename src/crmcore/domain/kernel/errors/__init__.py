"""The error tree. `crmcore.errors` exports all of it."""
