"""Test programmes: each proves one promise many times over, prints its counts, and is a command of its own.

From a checkout: ``python -m tests.reliability.notification_delivery --seed 1 --n 200``.
"""
