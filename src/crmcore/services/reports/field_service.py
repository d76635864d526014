"""Field service report: equipment, visits, contracts, replacements, gaps."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field

from crmcore.domain.activities.tasks import Task, TaskState
from crmcore.domain.kernel.criteria import Compare, Eq, In
from crmcore.domain.kernel.entity import record
from crmcore.domain.kernel.values.money import Money
from crmcore.domain.kernel.zones import zone_of
from crmcore.domain.service.field_service.contracts import ContractState, ServiceContract
from crmcore.domain.service.field_service.equipment import Equipment
from crmcore.domain.service.field_service.parts import EquipmentState
from crmcore.domain.service.field_service.replacement import ReplacementCandidate, ReplacementThresholds
from crmcore.domain.service.knowledge.gaps import KnowledgeGap, KnowledgeGapState
from crmcore.ports.grouped_counts import GroupedCount
from crmcore.presentation.model import Bar, Chart, Page, Percentage, Section, Table, TextKey, Tone
from crmcore.presentation.renderable import Renderable
from crmcore.services.reports.figures import all_of, sum_by_currency, sum_column
from crmcore.services.shared.maintenance_visits import MAINTENANCE_TASK, REPAIR_TASK
from crmcore.services.shared.replacement_candidates import IN_USE, find_replacement_candidates
from crmcore.services.unit_of_work import UnitOfWork

ENDING_WITHIN: Final = timedelta(days=60)
"""Period before the end of a contract in which it counts as ending."""
MAX_ROWS: Final = 20
"""Maximum number of replacements and gaps that the report lists."""


@record
class ProductRow:
    """One product.

    Attributes:
        running: the number of running pieces; `broken` likewise.
        failures: the number of their failures; `cost` is the cost of repairs, by currency.
    """

    product: str
    running: int
    broken: int
    failures: int
    cost: Sequence[Money] = field(converter=tuple)


@record
class FieldServiceReport(Renderable):
    """The state of field service now.

    Attributes:
        open_visits: the number of open visits and repairs, of which `overdue_visits` are overdue; `completed_visits` are done.
        active_contracts: the number of active contracts, of which `ending_contracts` end within 60 days.
        replacement_count: the number of pieces to replace; `replacements` are the most urgent ones.
        gap_count: the number of open knowledge gaps; `gaps` are the most frequent ones with their counts.
    """

    at: datetime
    products: Sequence[ProductRow] = field(converter=tuple)
    open_visits: int
    overdue_visits: int
    completed_visits: int
    active_contracts: int
    ending_contracts: int
    replacement_count: int
    replacements: Sequence[ReplacementCandidate] = field(converter=tuple)
    gap_count: int
    gaps: Sequence[tuple[str, int]] = field(converter=tuple)

    def page(self) -> Page:
        """Return the report as a page."""
        return Page(
            title=TextKey("service"),
            subtitle=self.at,
            sections=(self._equipment_section(), self._replacement_section(), self._gap_section()),
        )

    def _equipment_section(self) -> Section:
        legend = ((TextKey("running"), Tone.GOOD), (TextKey("broken"), Tone.BAD))
        bars = [Bar(row.product, (row.running, row.broken)) for row in self.products]
        headings = ("product", "running", "broken", "failures", "cost")
        rows = [(row.product, row.running, row.broken, row.failures, tuple(row.cost)) for row in self.products]
        return Section(
            title=TextKey("equipment"),
            key_figures=(
                (TextKey("visits"), self.open_visits),
                (TextKey("late"), self.overdue_visits),
                (TextKey("done"), self.completed_visits),
            ),
            charts=[Chart(TextKey("product"), legend, bars)],
            tables=[Table(headings=[*map(TextKey, headings)], rows=rows)],
        )

    def _replacement_section(self) -> Section:
        rows = [
            (
                candidate.equipment.product,
                candidate.equipment.serial_number,
                Percentage(candidate.urgency),
                tuple(TextKey(f"replace_{reason.rule}") for reason in candidate.reasons),
            )
            for candidate in self.replacements
        ]
        headings = ("product", "serial", "urgency", "reason")
        return Section(
            title=TextKey("replacements"),
            key_figures=(
                (TextKey("replacements"), self.replacement_count),
                (TextKey("contracts"), self.active_contracts),
                (TextKey("ending"), self.ending_contracts),
            ),
            tables=[Table(headings=[*map(TextKey, headings)], rows=rows)],
        )

    def _gap_section(self) -> Section:
        return Section(
            title=TextKey("gaps"),
            key_figures=((TextKey("gaps"), self.gap_count),),
            tables=[Table(headings=[TextKey("question"), TextKey("asked")], rows=[*self.gaps])],
        )


def field_service_report(uow: UnitOfWork, *, time_zone: str) -> FieldServiceReport:
    """Compute the field service report.

    Args:
        time_zone: the configured time zone, in which days of contracts begin and end.
    """
    today = uow.now.astimezone(zone_of(time_zone)).date()
    in_use = all_of(uow.visibility_filter(Equipment), IN_USE)
    is_service_task = all_of(uow.visibility_filter(Task), In("kind", (MAINTENANCE_TASK, REPAIR_TASK)))
    is_active = all_of(
        uow.visibility_filter(ServiceContract), Eq("state", ContractState.ACTIVE), Compare("until", ">", today)
    )
    is_open_gap = Eq("state", KnowledgeGapState.OPEN)
    counts_by_state: dict[TaskState, int] = {
        row[0]: row[1]
        for row in uow.execute_query(GroupedCount(entity_type=Task, where=is_service_task, group_by=("state",)))
    }
    candidates = find_replacement_candidates(uow, prices={}, thresholds=ReplacementThresholds())
    return FieldServiceReport(
        at=uow.now,
        products=_product_rows(uow, in_use),
        open_visits=counts_by_state.get(TaskState.OPEN, 0),
        overdue_visits=uow.count(
            Task, all_of(is_service_task, Eq("state", TaskState.OPEN), Compare("due_at", "<", uow.now))
        ),
        completed_visits=counts_by_state.get(TaskState.DONE, 0),
        active_contracts=uow.count(ServiceContract, is_active),
        ending_contracts=uow.count(ServiceContract, is_active & Compare("until", "<=", today + ENDING_WITHIN)),
        replacement_count=len(candidates),
        replacements=candidates[:MAX_ROWS],
        gap_count=uow.count(KnowledgeGap, is_open_gap),
        gaps=[
            (gap.question, gap.ask_count)
            for gap in uow.find(KnowledgeGap, is_open_gap, order="-ask_count", limit=MAX_ROWS)
        ],
    )


def _product_rows(uow: UnitOfWork, in_use: Any) -> list[ProductRow]:
    group_by = ("product", "state", "repair_cost.currency")
    counts = uow.execute_query(
        GroupedCount(
            entity_type=Equipment, where=in_use, group_by=group_by, sum_of=("failure_count", "repair_cost.minor")
        )
    )
    rows = []
    for product in sorted({row[0] for row in counts}):
        product_rows = [row for row in counts if row[0] == product]
        rows.append(
            ProductRow(
                product=product,
                running=sum_column([row for row in product_rows if row[1] is EquipmentState.RUNNING], 3),
                broken=sum_column([row for row in product_rows if row[1] is EquipmentState.BROKEN], 3),
                failures=sum_column(product_rows, 4),
                cost=sum_by_currency((row[2], row[5]) for row in product_rows),
            )
        )
    return rows
