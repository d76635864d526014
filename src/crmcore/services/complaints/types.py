"""The tree of types of complaints: which there are, how grave they usually are, and among whom they go round."""

from collections.abc import Sequence

from crmcore.domain.complaints.life import Severity
from crmcore.domain.complaints.parts import ComplaintType
from crmcore.domain.criteria import Is
from crmcore.domain.fields.text import checked_text
from crmcore.domain.ids import ComplaintTypeId
from crmcore.domain.people import OWNER
from crmcore.services.house import House, story, view
from crmcore.services.unit import Unit


class ComplaintTypes:
    """Which types of complaints there are. As long as none is declared, any word is one."""

    __slots__ = ()
    house: House

    @story("complaints.declare_type")
    def declare_type(
        self,
        unit: Unit,
        path: str,
        /,
        *,
        severity: Severity | str = Severity.MEDIUM,
        role: str = OWNER,
        key: str | None = None,
    ) -> ComplaintType:
        """Declare a type of complaints, and with it all that may stand below.

        Args:
            path: from the root, with slashes: ``delivery/late``.
            severity: of a complaint of which nobody says how grave it is.
            role: of those among whom such complaints go round.

        Raises:
            Taken: it is declared.
            InvalidInput: a path with an empty step.
        """
        declared = ComplaintType.declare(unit.id("complainttype"), path, at=unit.now, severity=severity, role=role)
        return unit.save(declared)

    @story("complaints.retire_type")
    def retire_type(self, unit: Unit, id: ComplaintTypeId, /, *, key: str | None = None) -> ComplaintType:
        """Let no new complaint have a type; those that have it keep it."""
        return unit.save(unit.get(ComplaintType, id).retire(at=unit.now))

    @view("complaints.types")
    def types(self, unit: Unit, /) -> Sequence[ComplaintType]:
        """Read the tree, by paths."""
        return unit.find(ComplaintType, Is("active", True), order="path")

    @view("complaints.type")
    def type(self, unit: Unit, path: str, /) -> ComplaintType | None:
        """Find a declared type by its path."""
        return unit.one(ComplaintType, Is("path", checked_text("path", path, limit=100)))
