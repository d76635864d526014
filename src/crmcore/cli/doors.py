"""Opening a store for a command: which one, whose, and who acts."""

import argparse
import os
from typing import TYPE_CHECKING, Any, Final

from crmcore.domain.errors.given import InvalidInput
from crmcore.domain.errors.outside import StoreFailed

if TYPE_CHECKING:
    from crmcore.adapters.sql.store import SqlStore
    from crmcore.crm import Crm
    from crmcore.domain.funnels import Funnel

STORE: Final = "CRMCORE_STORE"
"""The environment variable that names the store when the command does not."""


def add_house(parser: argparse.ArgumentParser, *, tenant: str = "default") -> None:
    """Add the options that say where and for whom."""
    house = parser.add_argument_group("where and for whom")
    house.add_argument("--store", metavar="URL", help=f"any SQLAlchemy URL; ${STORE} when not given")
    house.add_argument("--tenant", default=tenant, metavar="NAME", help=f"whose data; {tenant} when not given")
    house.add_argument("--actor", default="command line", metavar="NAME", help="who is written down as acting")


def add_looks(parser: argparse.ArgumentParser, *, zone: str = "UTC") -> None:
    """Add the options that say how it is written."""
    looks = parser.add_argument_group("how it is written")
    looks.add_argument(
        "--language", default="en", metavar="CODE", help="of labels and numbers: en, uz, az, mn, lv or fa"
    )
    looks.add_argument("--zone", default=zone, metavar="NAME", help=f"in which times are told; {zone} when not given")


def open_crm(args: argparse.Namespace, *, create: bool = False, **settings: Any) -> "Crm":
    """Open the store that a command means.

    Args:
        create: whether tables, and a database that is a file, may be made.

    Raises:
        InvalidInput: no store is named, or there is none.
        StoreFailed: it cannot be opened.
    """
    from crmcore.crm import Crm

    url = args.store or os.environ.get(STORE)
    if not url:
        raise InvalidInput("store", f"must be named: --store sqlite:///crm.db, or ${STORE}")
    if not create:
        _require_file(url)
    return Crm(open_store(url, create=create), tenant=args.tenant, actor=args.actor, **settings)


def open_store(url: str, **settings: Any) -> "SqlStore":
    """Open a store, or say in the database's own words why it cannot be opened: whoever asks has given the address.

    Args:
        url: as SQLAlchemy writes it.
        settings: of `SqlStore.open`.

    Raises:
        StoreFailed: it cannot be opened.
    """
    from sqlalchemy.exc import DBAPIError, SQLAlchemyError

    from crmcore.adapters.sql.store import SqlStore

    try:
        return SqlStore.open(url, **settings)
    except DBAPIError as error:
        raise StoreFailed(str(error.orig).strip().partition("\n")[0]) from None
    except SQLAlchemyError as error:
        raise StoreFailed(type(error).__name__) from None


def find_funnel(crm: "Crm", name: str | None) -> "Funnel":
    """Find a funnel by its name, or the only one there is.

    Raises:
        InvalidInput: there is none of that name, or several and no name.
    """
    funnels = crm.funnels.list()
    found = [funnel for funnel in funnels if name in {None, funnel.name}]
    if len(found) == 1:
        return found[0]
    known = ", ".join(funnel.name for funnel in funnels) or "none"
    raise InvalidInput("funnel", f"must be the name of one; this tenant has: {known}")


def _require_file(url: str) -> None:
    """Keep a mistyped name from becoming an empty database."""
    from pathlib import Path

    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        return  # opening it says so
    if parsed.get_backend_name() == "sqlite" and parsed.database and not Path(parsed.database).exists():
        raise InvalidInput("store", f"is not there: {parsed.database}")
