"""Texts of messages and labels of reports, by language."""
