"""Tests of field declarations."""
