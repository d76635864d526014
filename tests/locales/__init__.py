"""Tests of the locales."""
