"""Users, teams and working calendars."""
