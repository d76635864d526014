"""Scripts for those who work on crmcore."""
