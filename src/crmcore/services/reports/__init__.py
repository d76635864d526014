"""Reports: live answers to what the owner of the house asks. Each is a few tallies and exact arithmetic over them."""
