"""Appointments: who meets whom, when and where; once or again and again; and who is free."""
