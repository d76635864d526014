"""Appointments: bookings, series, availability."""
