"""SLA policies: response and resolution targets with conditions."""

from collections.abc import Sequence
from datetime import timedelta

from attrs import frozen

from crmcore.domain.customers.customer import Customer
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.fields.base import checked_type
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.kernel.ids import CalendarId, CustomerId, SlaPolicyId
from crmcore.domain.organization.business_hours.calendar import WorkCalendar
from crmcore.domain.sla.policies import REOPEN_WITHIN, SlaConditions, SlaDecision, SlaPolicy, SlaSubject
from crmcore.domain.sla.targets import SlaTargets
from crmcore.services.commands import command, query
from crmcore.services.environment import Environment
from crmcore.services.shared.case_ownership import choose_sla
from crmcore.services.unit_of_work import UnitOfWork

ANY_SUBJECT = SlaConditions()
"""Conditions that every case meets."""


@frozen
class SlaPolicies:
    """Commands and queries for SLA policies (service level agreements)."""

    _environment: Environment

    @command("sla_policies.create")
    def create(
        self,
        uow: UnitOfWork,
        name: str,
        targets: SlaTargets,
        /,
        *,
        conditions: SlaConditions = ANY_SUBJECT,
        rank: int = 100,
        calendar_id: CalendarId | None = None,
        reopen_within: timedelta = REOPEN_WITHIN,
        idempotency_key: str | None = None,
    ) -> SlaPolicy:
        """Create an SLA policy.

        Args:
            targets: the targets for the first response, the next response and the resolution, in business hours.
            conditions: the cases that the policy applies to: kinds, contracts, types, severities, segments.
            rank: of several matching policies, the lowest rank wins.
            calendar_id: the work calendar that counts the targets; defaults to the company's calendar.
            reopen_within: how long after its resolution a case may be reopened.

        Raises:
            RequiredError: the targets have no resolution target.
            NotFoundError: the calendar does not exist.
            DuplicateKeyError: another policy has the name.
        """
        policy = SlaPolicy.create(
            uow.new_id("sla"),
            name,
            checked_type("targets", SlaTargets, targets),
            at=uow.now,
            rank=rank,
            conditions=conditions,
            calendar_id=None if calendar_id is None else uow.get(WorkCalendar, calendar_id).id,
            reopen_within=reopen_within,
        )
        return uow.save(policy)

    @command("sla_policies.set_targets")
    def set_targets(
        self,
        uow: UnitOfWork,
        sla_policy_id: SlaPolicyId,
        targets: SlaTargets,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> SlaPolicy:
        """Set the targets of a policy for new cases.

        Existing cases keep their targets until they are assessed again.

        Raises:
            RequiredError: the targets have no resolution target.
        """
        policy = uow.get(SlaPolicy, sla_policy_id, version=expected_version)
        return uow.save(policy.set_targets(checked_type("targets", SlaTargets, targets), at=uow.now))

    @command("sla_policies.deactivate")
    def deactivate(
        self,
        uow: UnitOfWork,
        sla_policy_id: SlaPolicyId,
        /,
        *,
        expected_version: int | None = None,
        idempotency_key: str | None = None,
    ) -> SlaPolicy:
        """Deactivate a policy. New cases do not get it."""
        return uow.save(uow.get(SlaPolicy, sla_policy_id, version=expected_version).deactivate(at=uow.now))

    @query("sla_policies.preview")
    def preview(
        self,
        uow: UnitOfWork,
        /,
        *,
        kind: str = "complaint",
        customer_id: CustomerId | None = None,
        type: str = "",
        severity: str = "",
        contract: str = "",
    ) -> SlaDecision:
        """Return the policy of a new case, and why others do not apply."""
        segments = () if customer_id is None else uow.get(Customer, customer_id).tags
        raw_texts = {"kind": kind, "type": type, "severity": severity, "contract": contract}
        checked_texts = {name: checked_text(name, text, allow_blank=True) for name, text in raw_texts.items()}
        return choose_sla(uow, SlaSubject(segments=segments, **checked_texts))

    @query("sla_policies.get")
    def get(self, uow: UnitOfWork, sla_policy_id: SlaPolicyId, /) -> SlaPolicy:
        """Return a policy."""
        return uow.get(SlaPolicy, sla_policy_id)

    @query("sla_policies.list")
    def list(self, uow: UnitOfWork, /) -> Sequence[SlaPolicy]:
        """List the active policies by name."""
        return uow.find(SlaPolicy, Eq("is_active", True), order="name")
