"""Roles that crmcore itself gives a meaning to."""

from typing import Final

OWNER: Final = "owner"
"""The role of the owner of a record. Every user may hold it."""
