"""The error tree: one root, typed subclasses, stable codes.

::

    CrmError
    ├── InvalidInputError (ValueError)     the input can never be valid
    │   ├── InvalidTypeError (TypeError)   a float for money, a date for a time
    │   ├── RequiredError · TooLongError · InvalidCharacterError · OutOfRangeError · InvalidChoiceError
    │   ├── MissingVariableError · UnknownVariableError
    │   ├── NaiveDatetimeError             a time without a time zone
    │   ├── InvalidIdError · InvalidEmailError · InvalidPhoneError
    │   ├── UnknownCurrencyError · PrecisionError
    │   └── CurrencyMismatchError          money of two currencies in one sum
    ├── BusinessRuleError                  valid, but not allowed in the current state
    │   ├── InvalidTransitionError · StageRequirementsNotMetError · LossReasonRequiredError
    │   ├── NoAssigneeAvailableError · SchedulingConflictError
    │   └── TransactionClosedError · TransactionOpenError
    ├── AmbiguousCustomerError             several customers match
    ├── NotFoundError · CursorExpiredError (LookupError)
    ├── PermissionDeniedError (PermissionError)
    ├── ConflictError                      a concurrent change
    │   ├── StaleVersionError · DuplicateKeyError · DatabaseBusyError
    │   └── IdempotencyKeyReusedError      the key was used with other arguments
    ├── MissingDependencyError (ImportError)
    ├── UnsafeEngineError                  the settings of the database would lose writes
    ├── SchemaOutdatedError                the tables are of an older release
    ├── StoreError                         the database failed
    ├── UnsafeTemplateError · BlockedUrlError · InvalidSignatureError
    └── DeliveryError

An error carries its data as attributes and a stable `code`, and can be pickled. It never carries personal data: field names,
limits and ids are enough to act on, and safe to log.
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
