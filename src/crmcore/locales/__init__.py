"""Everything that crmcore says to people, in every language that it speaks."""
