"""Presentation of reports as plain text, HTML and SVG. Pure functions."""
