"""Every way in which crmcore says no.

::

    CrmError
    ├── InvalidInput (ValueError)      what was given can never be right
    │   ├── WrongType (TypeError)      a float for money, a date for a time
    │   ├── Blank · TooLong · ControlCharacter · OutOfRange · NotAllowed
    │   ├── MissingVariableError · UnknownVariableError
    │   ├── NaiveTime                  a time without a zone
    │   ├── InvalidId · InvalidEmail · InvalidPhone
    │   ├── UnknownCurrency · TooPrecise
    │   └── MixedCurrencies            money of two currencies in one sum
    ├── RuleBroken                     right in itself, but not now
    │   ├── IllegalTransition · StageGateClosed · LossReasonMissing
    │   ├── NobodyAvailable · Occupied
    │   └── TransactionClosedError · TransactionOpenError
    ├── AmbiguousCustomer              several customers fit; crmcore refuses to guess
    ├── NotFound · CursorLost (LookupError)
    ├── Forbidden (PermissionError)
    ├── Conflict                       somebody else was faster
    │   ├── StaleVersion · Taken · Busy
    │   └── KeyReused                  an idempotency key came back with other arguments
    ├── MissingExtra (ImportError)
    ├── UnsafeEngine                   a database connection that would lose writes
    ├── SchemaOutdated                 the tables are of an older release
    ├── StoreFailed                    the database said no for a reason of its own
    ├── TemplateRefused · AddressRefused · SignatureRefused
    └── DeliveryFailed

An error carries its data as attributes, a `code` that never changes, and survives pickling. It never carries what a person
wrote: field names, limits and ids are enough to act on, and safe to log.
"""

from crmcore.domain.errors.broken import (
    AmbiguousCustomer,
    CursorLost,
    Forbidden,
    IllegalTransition,
    LossReasonMissing,
    NobodyAvailable,
    NotFound,
    Occupied,
    RuleBroken,
    StageGateClosed,
    TransactionClosedError,
    TransactionOpenError,
)
from crmcore.domain.errors.conflicts import Busy, Conflict, KeyReused, StaleVersion, Taken
from crmcore.domain.errors.given import (
    Blank,
    ControlCharacter,
    InvalidEmail,
    InvalidId,
    InvalidInput,
    InvalidPhone,
    MissingVariableError,
    MixedCurrencies,
    NaiveTime,
    NotAllowed,
    OutOfRange,
    TooLong,
    TooPrecise,
    UnknownCurrency,
    UnknownVariableError,
    WrongType,
)
from crmcore.domain.errors.outside import (
    AddressRefused,
    DeliveryFailed,
    MissingExtra,
    SchemaOutdated,
    SignatureRefused,
    StoreFailed,
    TemplateRefused,
    UnsafeEngine,
)
from crmcore.domain.errors.root import CrmError

__all__ = [
    "AddressRefused",
    "AmbiguousCustomer",
    "Blank",
    "Busy",
    "Conflict",
    "ControlCharacter",
    "CrmError",
    "CursorLost",
    "DeliveryFailed",
    "Forbidden",
    "IllegalTransition",
    "InvalidEmail",
    "InvalidId",
    "InvalidInput",
    "InvalidPhone",
    "KeyReused",
    "LossReasonMissing",
    "MissingExtra",
    "MissingVariableError",
    "MixedCurrencies",
    "NaiveTime",
    "NobodyAvailable",
    "NotAllowed",
    "NotFound",
    "Occupied",
    "OutOfRange",
    "RuleBroken",
    "SchemaOutdated",
    "SignatureRefused",
    "StageGateClosed",
    "StaleVersion",
    "StoreFailed",
    "Taken",
    "TemplateRefused",
    "TooLong",
    "TooPrecise",
    "TransactionClosedError",
    "TransactionOpenError",
    "UnknownCurrency",
    "UnknownVariableError",
    "UnsafeEngine",
    "WrongType",
]
