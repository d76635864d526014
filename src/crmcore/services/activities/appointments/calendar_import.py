"""Calendar import: store events of other calendars (RFC 5545)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from crmcore.domain.activities.appointments.appointment import Appointment
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.fields.composite import as_tuple
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import UserId
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.period import Period
from crmcore.domain.organization.users import User
from crmcore.services.commands import command
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


class CalendarImport:
    """Commands that import appointments."""

    __slots__ = ()

    _environment: Environment

    @command("appointments.import_event")
    def import_event(
        self,
        uow: UnitOfWork,
        uid: str,
        title: str,
        /,
        *,
        since: datetime,
        until: datetime,
        sequence: int = 0,
        attendee_ids: Sequence[UserId] = (),
        recurrence: Recurrence | None = None,
        location: str = "",
        note: str = "",
        is_cancelled: bool = False,
        idempotency_key: str | None = None,
    ) -> Appointment:
        """Create or update an appointment from an event of another calendar.

        An event with an older sequence number changes nothing (RFC 5546).

        Raises:
            InvalidInputError: a field is invalid.
        """
        existing = uow.first(Appointment, Eq("uid", checked_text("uid", uid, max_length=255)))
        user_ids = [uow.get(User, user).id for user in as_tuple("attendee_ids", attendee_ids)]
        period = Period(since, until)
        details: dict[str, Any] = {"location": location, "note": note, "recurrence": recurrence, "sequence": sequence}
        imported = Appointment.book(
            uow.new_id("appointment") if existing is None else existing.id,
            title,
            period=period,
            at=uow.now,
            uid=uid,
            attendee_ids=user_ids,
            **details,
        )
        if is_cancelled:
            imported = imported.cancel(at=uow.now)
        if existing is None:
            return uow.save(imported)
        return existing if sequence < existing.sequence else uow.save(existing.updated_from(imported))
