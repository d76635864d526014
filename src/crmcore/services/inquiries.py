"""Inquiries: questions and requests for service, from their receipt to their answer."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import frozen

from crmcore.domain.clocks.marks import Answer
from crmcore.domain.clocks.replay import Clocks
from crmcore.domain.criteria import All, Compare, Criterion, Is, OneOf
from crmcore.domain.customers.customer import Customer
from crmcore.domain.deals.deal import Deal
from crmcore.domain.fields.text import checked_text
from crmcore.domain.fields.time import checked_span
from crmcore.domain.ids import CustomerId, DealId, InquiryId, UserId, check_id
from crmcore.domain.inquiries import Inquiry, InquiryKind
from crmcore.domain.levels import Matter
from crmcore.domain.people import OWNER, User
from crmcore.domain.worktime.time import WorkTime
from crmcore.services.house import House, story, view
from crmcore.services.steps.cases import keep_case, open_states, promise_for, who_sees_to_it
from crmcore.services.steps.messages import tell, tell_customer
from crmcore.services.steps.papers import written
from crmcore.services.steps.worktime import house_time
from crmcore.services.unit import Unit, check_limit

OPEN_STATES: Final = open_states(Inquiry)
PATIENCE: Final = timedelta(hours=40)
"""How much working time we wait for a customer, unless somebody says otherwise: a week of an office."""


@frozen
class Inquiries:
    """Questions and requests for service."""

    house: House

    @story("inquiries.receive")
    def receive(
        self,
        unit: Unit,
        subject: str,
        /,
        *,
        customer: CustomerId,
        kind: InquiryKind | str = InquiryKind.QUESTION,
        type: str = "",
        within: timedelta | None = None,
        responsible: UserId | None = None,
        role: str = OWNER,
        deal: DealId | None = None,
        contract: str = "",
        story: str = "",
        key: str | None = None,
    ) -> Inquiry:
        """Take an inquiry in. It has somebody responsible and deadlines from its first moment, and is escalated when late.

        Args:
            kind: ``question`` or ``service``.
            type: in the house's words.
            within: the working time to its answer, if not what the service levels promise.
            responsible: who sees to it; when not given, the next in turn of those who hold the role.
            contract: the customer's, by which a service level may be chosen.
            story: what the customer says.

        Raises:
            NobodyAvailable: nobody is given, and nobody is there to take a turn.
            NotFound: no such customer, deal or person.
        """
        asked = None if within is None else checked_span("inquiry.within", within, least=timedelta(seconds=1))
        person = unit.get(Customer, customer)
        if deal is not None:
            unit.get(Deal, deal)
        id = unit.id("inquiry")
        words = {"type": type, "contract": contract}
        matter = {name: checked_text(f"inquiry.{name}", word, blank=True) for name, word in words.items()}
        promise = promise_for(unit, Matter(kind="inquiry", segments=person.tags, **matter), within=asked)
        role = checked_text("inquiry.role", role, limit=60)
        inquiry = Inquiry.receive(
            id,
            subject,
            customer=person.id,
            responsible=who_sees_to_it(unit, id, asked=responsible, role=role, ring="inquiries"),
            promise=promise,
            time=house_time(unit, self.house, promise.calendar),
            at=unit.now,
            kind=kind,
            type=type,
            deal=deal,
            contract=contract,
            story=story,
        )
        self._hand(unit, inquiry)
        return keep_case(unit, self.house, inquiry, fresh=True)

    @story("inquiries.reply")
    def reply(
        self,
        unit: Unit,
        id: InquiryId,
        /,
        *,
        channel: str = "",
        by: UserId | None = None,
        automatic: bool = False,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Inquiry:
        """Note that the customer was told something, which is not yet the answer; an automatic reply stops no clock.

        Raises:
            RuleBroken: it is answered.
        """
        inquiry, time = self._counted(unit, id, expected_version)
        user = inquiry.responsible if by is None else unit.get(User, by).id
        answer = Answer(user=None if automatic else user, channel=channel, automatic=automatic)
        return keep_case(unit, self.house, inquiry.reply(answer, time=time, at=unit.now))

    @story("inquiries.wait")
    def wait(
        self,
        unit: Unit,
        id: InquiryId,
        /,
        *,
        until: datetime | None = None,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Inquiry:
        """Wait for the customer; the clocks that may do so stand still.

        Args:
            until: when the customer is asked again at the latest; forty hours of working time from now when not given.

        Raises:
            IllegalTransition: it is answered, or waits.
            OutOfRange: that time has passed.
        """
        inquiry, time = self._counted(unit, id, expected_version)
        until = time.added(unit.now, PATIENCE) if until is None else until
        return keep_case(unit, self.house, inquiry.wait(until=until, time=time, at=unit.now))

    @story("inquiries.hear")
    def hear(
        self, unit: Unit, id: InquiryId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Inquiry:
        """Note that the customer said something more; what was answered is reopened by it.

        Raises:
            RuleBroken: it was closed too long ago.
        """
        inquiry, time = self._counted(unit, id, expected_version)
        return keep_case(unit, self.house, inquiry.hear(time=time, at=unit.now))

    @story("inquiries.answer")
    def answer(
        self,
        unit: Unit,
        id: InquiryId,
        text: str,
        /,
        *,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Inquiry:
        """Give the answer, and send it to the customer.

        Raises:
            Blank: nothing.
            IllegalTransition: it is answered.
        """
        inquiry, time = self._counted(unit, id, expected_version)
        answered = inquiry.resolve(text, time=time, at=unit.now)
        person = unit.get(Customer, answered.customer)
        facts = {"subject": answered.subject, "text": answered.answer}
        tell_customer(unit, person, "customer.answered", about=answered.id, **facts)
        return keep_case(unit, self.house, answered)

    @story("inquiries.close")
    def close(
        self, unit: Unit, id: InquiryId, /, *, expected_version: int | None = None, key: str | None = None
    ) -> Inquiry:
        """Lay an inquiry to rest.

        Raises:
            IllegalTransition: it is not answered.
        """
        return unit.save(unit.get(Inquiry, id, version=expected_version).close(at=unit.now))

    @story("inquiries.reassign")
    def reassign(
        self,
        unit: Unit,
        id: InquiryId,
        /,
        *,
        to: UserId,
        expected_version: int | None = None,
        key: str | None = None,
    ) -> Inquiry:
        """Make somebody else responsible.

        Raises:
            NotFound: no such person.
            RuleBroken: who is named has left.
        """
        inquiry = unit.get(Inquiry, id, version=expected_version)
        heir = who_sees_to_it(unit, inquiry.id, asked=to, role=OWNER, ring="inquiries")
        passed = inquiry.reassign(heir, at=unit.now)
        if passed is not inquiry:
            self._hand(unit, passed)
        return keep_case(unit, self.house, passed)

    @view("inquiries.get")
    def get(self, unit: Unit, id: InquiryId, /) -> Inquiry:
        """Read an inquiry."""
        return unit.get(Inquiry, id)

    @view("inquiries.clocks")
    def clocks(self, unit: Unit, id: InquiryId, /) -> Clocks:
        """Tell how an inquiry's clocks stand now."""
        inquiry, time = self._counted(unit, id, None)
        return inquiry.clocks(time=time, now=unit.now)

    @view("inquiries.list")
    def list(
        self,
        unit: Unit,
        /,
        *,
        customer: CustomerId | None = None,
        responsible: UserId | None = None,
        overdue: bool = False,
        after: Inquiry | None = None,
        limit: int = 100,
    ) -> Sequence[Inquiry]:
        """Read inquiries, a page at a time, by their deadlines.

        Args:
            overdue: only those on which somebody should have acted before now.
        """
        check_limit(limit)
        asked: dict[str, Any] = {"customer": customer, "responsible": responsible}
        for name, prefix in (("customer", "customer"), ("responsible", "user")):
            if asked[name] is not None:
                check_id(prefix, asked[name])
        where: list[Criterion] = [Is(name, value) for name, value in asked.items() if value is not None]
        if overdue:
            where += [OneOf("state", OPEN_STATES), Compare("due_at", "<", unit.now)]
        return unit.find(Inquiry, All(tuple(where)), order="due_at", after=after, limit=limit)

    def _counted(self, unit: Unit, id: InquiryId, version: int | None) -> tuple[Inquiry, WorkTime]:
        inquiry = unit.get(Inquiry, id, version=version)
        return inquiry, house_time(unit, self.house, inquiry.calendar)

    def _hand(self, unit: Unit, inquiry: Inquiry) -> None:
        """Tell whoever sees to it from now on."""
        due = written(inquiry.due_at, self.house)
        tell(unit, inquiry.responsible, "case.yours", about=inquiry.id, subject=inquiry.subject, due=due)
