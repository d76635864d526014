"""POWER: the power fails, again and again, at any place of what a process writes to its SQLite file.

Killing a process proves little: what it has written is with the operating system, which lives on. Here a library that is loaded before
the C library notes every write and every sync (`disk.c`); afterwards the file is put together as a disk could hold it when the power had
failed at some place: what was synced is there, what was not is there, missing, or torn.
"""
