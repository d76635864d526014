"""Appointments: booking, moving and holding them, who is free, and other calendars."""
