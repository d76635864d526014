"""Opening a store for a command: which one, whose, and who acts."""

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
"""The environment variable that names the store when the command does not."""


def add_connection_options(parser: argparse.ArgumentParser, *, tenant: str = "default") -> None:
    """Add the options that say where and for whom."""
    group = parser.add_argument_group("where and for whom")
    group.add_argument(
        "--database-url", metavar="URL", help=f"any SQLAlchemy URL; ${DATABASE_URL_VARIABLE} when not given"
    )
    group.add_argument("--tenant", default=tenant, metavar="NAME", help=f"whose data; {tenant} when not given")
    group.add_argument("--actor", default="command line", metavar="NAME", help="who is written down as acting")


def add_format_options(parser: argparse.ArgumentParser, *, time_zone: str = "UTC") -> None:
    """Add the options that say how it is written."""
    group = parser.add_argument_group("how it is written")
    group.add_argument(
        "--language", default="en", metavar="CODE", help="of labels and numbers: en, uz, az, mn, lv or fa"
    )
    group.add_argument(
        "--time-zone", default=time_zone, metavar="NAME", help=f"in which times are told; {time_zone} when not given"
    )


def open_crm(args: argparse.Namespace, *, create: bool = False, **settings: Any) -> "Crm":
    """Open the store that a command means.

    Args:
        create: whether tables, and a database that is a file, may be made.

    Raises:
        InvalidInputError: no store is named, or there is none.
        StoreError: it cannot be opened.
    """
    from crmcore.crm import Crm

    url = args.store or os.environ.get(DATABASE_URL_VARIABLE)
    if not url:
        raise InvalidInputError("database_url", f"must be named: --store sqlite:///crm.db, or ${DATABASE_URL_VARIABLE}")
    if not create:
        _require_existing_file(url)
    return Crm(open_store(url, create=create), tenant=args.tenant, actor=args.actor, **settings)


def open_store(url: str, **settings: Any) -> "SqlStore":
    """Open a store, or say in the database's own words why it cannot be opened: whoever asks has given the address.

    Args:
        url: as SQLAlchemy writes it.
        settings: of `SqlStore.open`.

    Raises:
        StoreError: it cannot be opened.
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
    """Find a funnel by its name, or the only one there is.

    Raises:
        InvalidInputError: there is none of that name, or several and no name.
    """
    funnels = crm.funnels.list()
    found = [funnel for funnel in funnels if name in {None, funnel.name}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(funnel.name for funnel in funnels) or "none"
    raise InvalidInputError("funnel", f"must be the name of one; this tenant has: {known}")


def _require_existing_file(url: str) -> None:
    """Keep a mistyped name from becoming an empty database."""
    from pathlib import Path

    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        return  # opening it says so
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
        raise InvalidInputError("database_url", f"is not there: {parsed.database}")
