"""Service levels: promising times to some customers for some matters, and seeing which a matter would get."""

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


@frozen
class SlaPolicies:
    """Which times are promised to whom."""

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
        """Promise times.

        Args:
            targets: until the first and the next response and until the end, in working time.
            conditions: whom they are for: kinds of matters, contracts, types, severities, segments.
            rank: of several levels that fit a matter, the lowest rank wins.
            calendar_id: by which they are measured; the house's own when not given.
            reopen_within: how long after its end a matter may be reopened.

        Raises:
            RequiredError: no time for the end.
            NotFoundError: no such calendar.
            DuplicateKeyError: there is a level of that name.
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
        """Promise other times from now on. What was promised before is kept as it was, until a matter is assessed anew.

        Raises:
            RequiredError: no time for the end.
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
        """Give a level to nobody new."""
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
        """Tell which level a matter would get, and why no other: the same choice as when it is received, without receiving it."""
        segments = () if customer_id is None else uow.get(Customer, customer_id).tags
        raw_texts = {"kind": kind, "type": type, "severity": severity, "contract": contract}
        checked_texts = {name: checked_text(name, text, allow_blank=True) for name, text in raw_texts.items()}
        return choose_sla(uow, SlaSubject(segments=segments, **checked_texts))

    @query("sla_policies.get")
    def get(self, uow: UnitOfWork, sla_policy_id: SlaPolicyId, /) -> SlaPolicy:
        """Read a level."""
        return uow.get(SlaPolicy, sla_policy_id)

    @query("sla_policies.list")
    def list(self, uow: UnitOfWork, /) -> Sequence[SlaPolicy]:
        """Read all levels that new matters may get, by names."""
        return uow.find(SlaPolicy, Eq("is_active", True), order="name")
