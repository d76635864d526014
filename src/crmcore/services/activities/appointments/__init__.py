"""Appointments: booking, availability, queries and calendar import."""
