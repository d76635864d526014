"""Stories. Each function here tells one, in one unit of work, and sees the world only through `ports`."""
