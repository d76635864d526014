"""Every way in which crmcore says no; `crmcore.errors` draws the tree."""
