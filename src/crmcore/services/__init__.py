"""Application services.

Each public method is one use case, runs in one unit of work, and reaches infrastructure only through `ports`.
"""
