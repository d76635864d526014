"""Shared options of the commands, and opening the store for them."""

import argparse
import os
from typing import TYPE_CHECKING, Any, Final

from crmcore.domain.kernel.errors.infrastructure import StoreError
from crmcore.domain.kernel.errors.validation import InvalidInputError

if TYPE_CHECKING:
    from crmcore.adapters.sql.store import SqlStore
    from crmcore.crm import Crm
    from crmcore.domain.sales.funnels.funnel import Funnel

DATABASE_URL_VARIABLE: Final = "CRMCORE_DATABASE_URL"
"""The environment variable with the database URL, used without `--database-url`."""


def add_connection_options(parser: argparse.ArgumentParser, *, tenant: str = "default") -> None:
    """Add the options for the database, the tenant and the actor."""
    group = parser.add_argument_group("connection")
    group.add_argument(
        "--database-url", metavar="URL", help=f"SQLAlchemy URL of the database (default: ${DATABASE_URL_VARIABLE})"
    )
    group.add_argument(
        "--tenant", default=tenant, metavar="NAME", help=f"tenant whose data is used (default: {tenant})"
    )
    group.add_argument(
        "--actor",
        default="command line",
        metavar="NAME",
        help="actor that is recorded in events (default: command line)",
    )


def add_format_options(parser: argparse.ArgumentParser, *, time_zone: str = "UTC") -> None:
    """Add the options for the language and the time zone of the output."""
    group = parser.add_argument_group("format")
    group.add_argument(
        "--language",
        default="en",
        metavar="CODE",
        help="language of labels and numbers: en, uz, az, mn, lv or fa (default: en)",
    )
    group.add_argument(
        "--time-zone", default=time_zone, metavar="NAME", help=f"time zone of the printed times (default: {time_zone})"
    )


def open_crm(args: argparse.Namespace, *, create: bool = False, **settings: Any) -> "Crm":
    """Open the database of a command and return a `Crm` for it.

    Args:
        create: whether missing tables, and a missing SQLite file, are created.

    Raises:
        InvalidInputError: no database URL is given, or the SQLite file does not exist.
        StoreError: the database cannot be opened.
    """
    from crmcore.crm import Crm

    url = args.database_url or os.environ.get(DATABASE_URL_VARIABLE)
    if not url:
        raise InvalidInputError(
            "database_url", f"is required: --database-url sqlite:///crm.db, or ${DATABASE_URL_VARIABLE}"
        )
    if not create:
        _require_existing_file(url)
    return Crm(open_store(url, create=create), tenant=args.tenant, actor=args.actor, **settings)


def open_store(url: str, **settings: Any) -> "SqlStore":
    """Open an `SqlStore`; report a failure in the words of the driver.

    The caller gave the URL, so the message of the driver discloses nothing to others.

    Args:
        url: a SQLAlchemy URL.
        settings: passed to `SqlStore.open`.

    Raises:
        StoreError: the database cannot be opened.
    """
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from crmcore.adapters.sql.store import SqlStore

    try:
        return SqlStore.open(url, **settings)
    except DBAPIError as error:
        raise StoreError(str(error.orig).strip().partition("\n")[0]) from None
    except SQLAlchemyError as error:
        raise StoreError(type(error).__name__) from None


def find_funnel(crm: "Crm", name: str | None) -> "Funnel":
    """Find a funnel by its name, or the only funnel of the tenant.

    Raises:
        InvalidInputError: no funnel has the name, or no name is given and the tenant has several funnels.
    """
    funnels = crm.funnels.list()
    found = [funnel for funnel in funnels if name in {None, funnel.name}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(funnel.name for funnel in funnels) or "none"
    raise InvalidInputError("funnel", f"must be the name of a funnel; this tenant has: {known}")


def _require_existing_file(url: str) -> None:
    """Reject a missing SQLite file: a misspelt name creates no database."""
    from pathlib import Path

    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        return  # SqlStore.open reports it
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
        raise InvalidInputError("database_url", f"does not exist: {parsed.database}")
