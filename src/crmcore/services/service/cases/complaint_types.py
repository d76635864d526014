"""The tree of types of complaints: which there are, how grave they usually are, and among whom they go round."""

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
    """Which types of complaints there are. As long as none is declared, any word is one."""

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
        """Declare a type of complaints, and with it all that may stand below.

        Args:
            path: from the root, with slashes: ``outbox/late``.
            severity: of a complaint of which nobody says how grave it is.
            role: of those among whom such complaints go round.

        Raises:
            DuplicateKeyError: it is declared.
            InvalidInputError: a path with an empty step.
        """
        created = ComplaintType.create(uow.new_id("complainttype"), path, at=uow.now, severity=severity, role=role)
        return uow.save(created)

    @command("complaints.deactivate_type")
    def deactivate_type(
        self, uow: UnitOfWork, complaint_type_id: ComplaintTypeId, /, *, idempotency_key: str | None = None
    ) -> ComplaintType:
        """Let no new complaint have a type; those that have it keep it."""
        return uow.save(uow.get(ComplaintType, complaint_type_id).deactivate(at=uow.now))

    @query("complaints.list_types")
    def list_types(self, uow: UnitOfWork, /) -> Sequence[ComplaintType]:
        """Read the tree, by paths."""
        return uow.find(ComplaintType, Eq("is_active", True), order="path")

    @query("complaints.get_type")
    def get_type(self, uow: UnitOfWork, path: str, /) -> ComplaintType | None:
        """Find a declared type by its path."""
        return uow.first(ComplaintType, Eq("path", checked_text("path", path, max_length=100)))
