"""A Django project for the tests: configured for one test, and forgotten afterwards, so that the next one may have other settings."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import django
from django.conf import settings
from django.db import connection, connections
from django.utils.functional import empty
from sqlalchemy import make_url

SQLITE: Final = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL",
}


def database(url: str, **options: Any) -> dict[str, Any]:
    """Django's settings for a database that SQLAlchemy knows by a URL."""
    made = make_url(url)
    if made.get_backend_name() == "sqlite":
        return {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": made.database or ":memory:",
            "OPTIONS": SQLITE | options,
        }
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": made.database,
        "USER": made.username or "",
        "PASSWORD": made.password or "",
        "HOST": made.host or made.query.get("host", ""),
        "PORT": str(made.port or ""),
        "OPTIONS": options,
    }


@contextmanager
def project(default: dict[str, Any], **others: Any) -> Iterator[None]:
    """Configure Django, and forget it afterwards."""
    databases = {"default": default, **others.pop("databases", {})}
    settings.configure(**{"DATABASES": databases, "USE_TZ": True, "SECRET_KEY": "tests", **others})
    try:
        django.setup()
        yield
    finally:
        forget()


def forget() -> None:
    """Close Django's connections, and let it be configured again."""
    if settings.configured:
        close_connections()
        connections.__dict__.pop("settings", None)
        connections._settings = None
        settings._wrapped = empty


def close_connections() -> None:
    """Close this thread's connections, those to databases in memory included."""
    for one in connections.all(initialized_only=True):
        if one.vendor == "sqlite" and one.connection is not None:
            one.connection.close()
        one.close()
        if hasattr(one, "close_pool"):
            one.close_pool()
        del connections[one.alias]


def make_orders() -> None:
    """Create a table of the host's."""
    execute("CREATE TABLE orders (note VARCHAR(50) PRIMARY KEY)")


def order(note: str) -> None:
    """Write a row of the host's."""
    execute("INSERT INTO orders VALUES (%s)", note)


def orders() -> set[str]:
    """Read the host's rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT note FROM orders")
        return {row[0] for row in cursor.fetchall()}


def execute(sql: str, *parameters: Any) -> None:
    """Run a statement on Django's connection."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
