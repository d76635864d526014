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

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import (
    ConflictError,
    DatabaseBusyError,
    DuplicateKeyError,
    IdempotencyKeyReusedError,
    StaleVersionError,
)
from crmcore.domain.kernel.errors.infrastructure import (
    BlockedUrlError,
    DeliveryError,
    InvalidSignatureError,
    MissingDependencyError,
    SchemaOutdatedError,
    StoreError,
    UnsafeEngineError,
    UnsafeTemplateError,
)
from crmcore.domain.kernel.errors.rules import (
    AmbiguousCustomerError,
    BusinessRuleError,
    CursorExpiredError,
    InvalidTransitionError,
    LossReasonRequiredError,
    NoAssigneeAvailableError,
    NotFoundError,
    PermissionDeniedError,
    SchedulingConflictError,
    StageRequirementsNotMetError,
    TransactionClosedError,
    TransactionOpenError,
)
from crmcore.domain.kernel.errors.validation import (
    CurrencyMismatchError,
    InvalidCharacterError,
    InvalidChoiceError,
    InvalidEmailError,
    InvalidIdError,
    InvalidInputError,
    InvalidPhoneError,
    InvalidTypeError,
    MissingVariableError,
    NaiveDatetimeError,
    OutOfRangeError,
    PrecisionError,
    RequiredError,
    TooLongError,
    UnknownCurrencyError,
    UnknownVariableError,
)

__all__ = [
    "AmbiguousCustomerError",
    "BlockedUrlError",
    "BusinessRuleError",
    "ConflictError",
    "CrmError",
    "CurrencyMismatchError",
    "CursorExpiredError",
    "DatabaseBusyError",
    "DeliveryError",
    "DuplicateKeyError",
    "IdempotencyKeyReusedError",
    "InvalidCharacterError",
    "InvalidChoiceError",
    "InvalidEmailError",
    "InvalidIdError",
    "InvalidInputError",
    "InvalidPhoneError",
    "InvalidSignatureError",
    "InvalidTransitionError",
    "InvalidTypeError",
    "LossReasonRequiredError",
    "MissingDependencyError",
    "MissingVariableError",
    "NaiveDatetimeError",
    "NoAssigneeAvailableError",
    "NotFoundError",
    "OutOfRangeError",
    "PermissionDeniedError",
    "PrecisionError",
    "RequiredError",
    "SchedulingConflictError",
    "SchemaOutdatedError",
    "StageRequirementsNotMetError",
    "StaleVersionError",
    "StoreError",
    "TooLongError",
    "TransactionClosedError",
    "TransactionOpenError",
    "UnknownCurrencyError",
    "UnknownVariableError",
    "UnsafeEngineError",
    "UnsafeTemplateError",
]
