"""Appointments: book, reschedule and complete them; availability; calendar import."""
