"""The company: users, teams, assignment, business hours."""
