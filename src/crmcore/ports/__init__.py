"""Everything that crmcore asks of the world.

A host plugs in what it has; every port has an adapter in `crmcore.adapters`, and what a store promises is a suite of tests in
`crmcore.testing`. They are imported from here, whatever room they stand in.
"""

from crmcore.ports.external import ExchangeRates, HolidayProvider, HolidayYear, Notifier, PhoneParser, Publisher
from crmcore.ports.host import AccessPolicy, FileStore, Renderer, Tracer
from crmcore.ports.storage import (
    Aggregate,
    Batch,
    BatchStore,
    JoinedStore,
    RequestContext,
    Store,
    Transaction,
    is_joined,
)
from crmcore.ports.system import Clock, IdGenerator

__all__ = [
    "AccessPolicy",
    "Aggregate",
    "Batch",
    "BatchStore",
    "Clock",
    "ExchangeRates",
    "FileStore",
    "HolidayProvider",
    "HolidayYear",
    "IdGenerator",
    "JoinedStore",
    "Notifier",
    "PhoneParser",
    "Publisher",
    "Renderer",
    "RequestContext",
    "Store",
    "Tracer",
    "Transaction",
    "is_joined",
]
