"""The company itself: users, teams, assignment, business hours."""
