"""Ids: a prefix for the entity, and a UUIDv7 (RFC 9562) in hexadecimal.

An id is a text such as ``deal_018f3c0e6b7a7c1e9d2b4a5f60718293``, and sorts by time. A store keeps it in 16 bytes.
"""

import re
from typing import Any, ClassVar, Final, NewType, Protocol, TypeVar

from crmcore.domain.kernel.errors.validation import InvalidIdError

UserId = NewType("UserId", str)
TeamId = NewType("TeamId", str)
RoundRobinId = NewType("RoundRobinId", str)
ContractId = NewType("ContractId", str)
EquipmentId = NewType("EquipmentId", str)
MaintenancePlanId = NewType("MaintenancePlanId", str)
CustomerId = NewType("CustomerId", str)
FunnelId = NewType("FunnelId", str)
DealId = NewType("DealId", str)
TaskId = NewType("TaskId", str)
InteractionId = NewType("InteractionId", str)
CommitmentId = NewType("CommitmentId", str)
ArticleUsageId = NewType("ArticleUsageId", str)
AppointmentId = NewType("AppointmentId", str)
BookingLockId = NewType("BookingLockId", str)
ArticleId = NewType("ArticleId", str)
KnowledgeGapId = NewType("KnowledgeGapId", str)
ComplaintId = NewType("ComplaintId", str)
TemplateId = NewType("TemplateId", str)
DocumentId = NewType("DocumentId", str)
MessageId = NewType("MessageId", str)
CalendarId = NewType("CalendarId", str)
EscalationId = NewType("EscalationId", str)
SlaPolicyId = NewType("SlaPolicyId", str)
InquiryId = NewType("InquiryId", str)
ComplaintTypeId = NewType("ComplaintTypeId", str)
ApprovalLimitId = NewType("ApprovalLimitId", str)
ScheduledJobId = NewType("ScheduledJobId", str)
IdempotencyRecordId = NewType("IdempotencyRecordId", str)
SubscriptionId = NewType("SubscriptionId", str)
InboxMessageId = NewType("InboxMessageId", str)
ExternalRecordVersionId = NewType("ExternalRecordVersionId", str)

I_co = TypeVar("I_co", covariant=True)

_ID_FORMAT: Final = re.compile(r"[a-z]{2,20}_[0-9a-f]{32}")


def check_id(prefix: str, id: str, /) -> None:
    """Check that a text is an id of an entity.

    Raises:
        InvalidIdError: it has another form or prefix.

    Example:
        >>> check_id("deal", "deal_018f3c0e6b7a7c1e9d2b4a5f60718293")
        >>> check_id("deal", "task_018f3c0e6b7a7c1e9d2b4a5f60718293")
        Traceback (most recent call last):
        crmcore.domain.kernel.errors.validation.InvalidIdError: deal id must look like deal_018f3c0e6b7a7c1e9d2b4a5f60718293
    """
    if not is_id(prefix, id):
        raise InvalidIdError(f"{prefix} id", f"must look like {prefix}_018f3c0e6b7a7c1e9d2b4a5f60718293")


def is_id(prefix: str, id: object, /) -> bool:
    """Return whether a value is an id with that prefix.

    Example:
        >>> is_id("deal", "deal_018f3c0e6b7a7c1e9d2b4a5f60718293"), is_id("deal", 7)
        (True, False)
    """
    return type(id) is str and _ID_FORMAT.fullmatch(id) is not None and id.startswith(prefix + "_")


def prefix_of(id: str, /) -> str:
    """Return the prefix of an id.

    Example:
        >>> prefix_of("deal_018f3c0e6b7a7c1e9d2b4a5f60718293")
        'deal'
    """
    return id.partition("_")[0]


class HasId(Protocol[I_co]):
    """An entity type: its `meta` has the prefix of the ids."""

    meta: ClassVar[Any]

    @property
    def id(self) -> I_co:
        """The id of a record."""
        ...


def parse_id(entity_type: type[HasId[I_co]], text: str, /) -> I_co:
    """Parse a string of the host, such as a part of a URL, into an id.

    Args:
        entity_type: the entity type whose id it is.

    Raises:
        InvalidIdError: the text is not an id of this entity type.

    Example:
        >>> from crmcore import Deal
        >>> parse_id(Deal, "deal_018f3c0e6b7a7c1e9d2b4a5f60718293")
        'deal_018f3c0e6b7a7c1e9d2b4a5f60718293'
    """
    check_id(entity_type.meta.prefix, text)
    return text  # type: ignore[return-value]  # ids are strings; the check is the conversion


__all__ = [
    "AppointmentId",
    "ApprovalLimitId",
    "ArticleId",
    "ArticleUsageId",
    "BookingLockId",
    "CalendarId",
    "CommitmentId",
    "ComplaintId",
    "ComplaintTypeId",
    "ContractId",
    "CustomerId",
    "DealId",
    "DocumentId",
    "EquipmentId",
    "EscalationId",
    "ExternalRecordVersionId",
    "FunnelId",
    "IdempotencyRecordId",
    "InboxMessageId",
    "InquiryId",
    "InteractionId",
    "KnowledgeGapId",
    "MaintenancePlanId",
    "MessageId",
    "RoundRobinId",
    "ScheduledJobId",
    "SlaPolicyId",
    "SubscriptionId",
    "TaskId",
    "TeamId",
    "TemplateId",
    "UserId",
    "parse_id",
]
