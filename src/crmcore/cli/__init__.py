"""The command line: what can be done with a store without writing a program. It uses the front door and nothing else of the house."""
