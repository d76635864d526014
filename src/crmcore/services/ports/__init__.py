"""Everything that crmcore asks of the world.

A host plugs in what it has; every port has an adapter in `crmcore.adapters`, and what a store promises is a suite of tests in
`crmcore.testing`. They are imported from here, whatever room they stand in.
"""

from crmcore.services.ports.house import FileStore, Policy, Renderer, Tracer
from crmcore.services.ports.machine import Clock, Ids
from crmcore.services.ports.storage import (
    Batch,
    BatchStore,
    Context,
    JoinedStore,
    Question,
    Store,
    Transaction,
    is_joined,
)
from crmcore.services.ports.world import Holidays, Notifier, Phones, Publisher, Rates, Year

__all__ = [
    "Batch",
    "BatchStore",
    "Clock",
    "Context",
    "FileStore",
    "Holidays",
    "Ids",
    "JoinedStore",
    "Notifier",
    "Phones",
    "Policy",
    "Publisher",
    "Question",
    "Rates",
    "Renderer",
    "Store",
    "Tracer",
    "Transaction",
    "Year",
    "is_joined",
]
