"""Logger `crmcore.sql`: the text of each executed statement, at DEBUG.

Parameters are never logged, because they contain personal data. A statement is one line of the log.
"""

import logging

_log = logging.getLogger("crmcore.sql")


def log_statement(sql: str) -> None:
    """Log the text of a statement on one line."""
    if _log.isEnabledFor(logging.DEBUG):
        _log.debug("%s", " ".join(sql.split()))
