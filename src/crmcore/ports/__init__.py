"""Ports: protocols for storage, clock, ids and the host's systems.

A host passes its own implementations to `crmcore.Crm`. Every port has an adapter in `crmcore.adapters`; `crmcore.testing` has the contract
of a store as a suite of tests. Import the ports from this package.
"""

from crmcore.ports.external import ExchangeRates, HolidayProvider, HolidayYear, Notifier, PhoneParser, Publisher
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.ports.host import AccessPolicy, FileStore, Renderer, ResultCodec, Tracer
from crmcore.ports.storage import (
    Aggregate,
    Analyzing,
    Batch,
    BatchStore,
    JoinedStore,
    Prefetching,
    Preloading,
    RequestContext,
    Store,
    Transaction,
    implements,
    is_joined,
)
from crmcore.ports.system import Clock, IdGenerator

__all__ = [
    "AccessPolicy",
    "Aggregate",
    "Analyzing",
    "Batch",
    "BatchStore",
    "Clock",
    "ExchangeRates",
    "FileStore",
    "GroupedCount",
    "HolidayProvider",
    "HolidayYear",
    "IdGenerator",
    "JoinedStore",
    "Notifier",
    "PhoneParser",
    "Prefetching",
    "Preloading",
    "Publisher",
    "Renderer",
    "RequestContext",
    "ResultCodec",
    "Store",
    "Tracer",
    "Transaction",
    "implements",
    "is_joined",
]
