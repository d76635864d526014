"""Complaint types: a tree of types with severity and role."""

from collections.abc import Sequence

from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import ComplaintTypeId
from crmcore.domain.organization.roles import OWNER
from crmcore.domain.service.cases.complaint_lifecycle import Severity
from crmcore.domain.service.cases.complaint_parts import ComplaintType
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork


class ComplaintTypes:
    """Complaint types. If none exist, every type is accepted."""

    __slots__ = ()
    _environment: Environment

    @command("complaints.create_type")
    def create_type(
        self,
        uow: UnitOfWork,
        path: str,
        /,
        *,
        severity: Severity | str = Severity.MEDIUM,
        role: str = OWNER,
        idempotency_key: str | None = None,
    ) -> ComplaintType:
        """Create a complaint type; paths below it are accepted too.

        Args:
            path: the path from the root, with slashes: ``delivery/late``.
            severity: the default severity of complaints.
            role: the role whose users get such complaints by round robin.

        Raises:
            DuplicateKeyError: the type exists.
            InvalidInputError: the path has an empty step.
        """
        created = ComplaintType.create(uow.new_id("complainttype"), path, at=uow.now, severity=severity, role=role)
        return uow.save(created)

    @command("complaints.deactivate_type")
    def deactivate_type(
        self, uow: UnitOfWork, complaint_type_id: ComplaintTypeId, /, *, idempotency_key: str | None = None
    ) -> ComplaintType:
        """Deactivate a complaint type. Existing complaints keep it."""
        return uow.save(uow.get(ComplaintType, complaint_type_id).deactivate(at=uow.now))

    @query("complaints.list_types")
    def list_types(self, uow: UnitOfWork, /) -> Sequence[ComplaintType]:
        """List the active complaint types by path."""
        return uow.find(ComplaintType, Eq("is_active", True), order="path")

    @query("complaints.get_type")
    def get_type(self, uow: UnitOfWork, path: str, /) -> ComplaintType | None:
        """Return the complaint type of a path, or None."""
        return uow.first(ComplaintType, Eq("path", checked_text("path", path, max_length=100)))
