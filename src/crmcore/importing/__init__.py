"""Sheets: records that people keep in files, row by row. Taking leads in from them, and giving records out to them."""
