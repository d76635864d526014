"""Service: what customers have from us and how it holds, the visits that wait, what should be renewed, replaced or written down."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from attrs import field

from crmcore.domain.criteria import Compare, Is, OneOf
from crmcore.domain.kernel import record
from crmcore.domain.knowledge.questions import Question, QuestionState
from crmcore.domain.service.contracts import ContractState, ServiceContract
from crmcore.domain.service.equipment import Equipment
from crmcore.domain.service.parts import EquipmentState
from crmcore.domain.service.replacement import Limits, Replacement
from crmcore.domain.tasks import Task, TaskState
from crmcore.domain.values.money import Money
from crmcore.domain.zones import zone_of
from crmcore.services.pages.sheet import Bar, Chapter, Chart, Page, Share, Table, Tone, Word
from crmcore.services.pages.shown import Shown
from crmcore.services.reports.figures import added, moneys, where
from crmcore.services.steps.replacements import IN_USE, proposals
from crmcore.services.steps.visits import MAINTENANCE, REPAIR
from crmcore.services.tally import Tally
from crmcore.services.unit import Unit

SOON: Final = timedelta(days=60)
"""How long before its end a contract is shown as ending."""
SHOWN: Final = 20
"""How many proposals and questions a report names; the others are counted."""


@record
class ProductLine:
    """One product.

    Attributes:
        running: how many pieces of it run; so with `broken`.
        failures: how often these failed, and `cost` what their repairs have cost us, by currency.
    """

    product: str
    running: int
    broken: int
    failures: int
    cost: Sequence[Money] = field(converter=tuple)


@record
class ServiceReport(Shown):
    """How service stands now.

    Attributes:
        visits: how many visits and repairs are open; `late` of them are past their time, `done` were made.
        contracts: how many are active; `ending` of them end within sixty days.
        proposed: how many pieces should be replaced; `replacements` are the most urgent of them.
        unanswered: how many questions no article answers; `questions` are the most frequent of them, with how often they came.
    """

    at: datetime
    products: Sequence[ProductLine] = field(converter=tuple)
    visits: int
    late: int
    done: int
    contracts: int
    ending: int
    proposed: int
    replacements: Sequence[Replacement] = field(converter=tuple)
    unanswered: int
    questions: Sequence[tuple[str, int]] = field(converter=tuple)

    def page(self) -> Page:
        """Lay it out."""
        return Page(title=Word("service"), subtitle=self.at, chapters=(self._equipment(), self._ahead(), self._asked()))

    def _equipment(self) -> Chapter:
        legend = ((Word("running"), Tone.GOOD), (Word("broken"), Tone.BAD))
        bars = [Bar(line.product, (line.running, line.broken)) for line in self.products]
        heads = ("product", "running", "broken", "failures", "cost")
        rows = [(line.product, line.running, line.broken, line.failures, tuple(line.cost)) for line in self.products]
        return Chapter(
            title=Word("equipment"),
            facts=((Word("visits"), self.visits), (Word("late"), self.late), (Word("done"), self.done)),
            charts=[Chart(Word("product"), legend, bars)],
            tables=[Table(heads=[*map(Word, heads)], rows=rows)],
        )

    def _ahead(self) -> Chapter:
        rows = [
            (
                one.equipment.product,
                one.equipment.serial,
                Share(one.urgency),
                tuple(Word(f"replace_{reason.rule}") for reason in one.reasons),
            )
            for one in self.replacements
        ]
        heads = ("product", "serial", "urgency", "reason")
        return Chapter(
            title=Word("replacements"),
            facts=(
                (Word("replacements"), self.proposed),
                (Word("contracts"), self.contracts),
                (Word("ending"), self.ending),
            ),
            tables=[Table(heads=[*map(Word, heads)], rows=rows)],
        )

    def _asked(self) -> Chapter:
        return Chapter(
            title=Word("gaps"),
            facts=((Word("gaps"), self.unanswered),),
            tables=[Table(heads=[Word("question"), Word("asked")], rows=[*self.questions])],
        )


def service_report(unit: Unit, *, zone: str) -> ServiceReport:
    """Count service.

    Args:
        zone: of the house, in which a contract's days begin and end.
    """
    today = unit.now.astimezone(zone_of(zone)).date()
    in_use = where(unit.visible(Equipment), IN_USE)
    going = where(unit.visible(Task), OneOf("kind", (MAINTENANCE, REPAIR)))
    alive = where(unit.visible(ServiceContract), Is("state", ContractState.ACTIVE), Compare("until", ">", today))
    open_questions = Is("state", QuestionState.OPEN)
    visits: dict[TaskState, int] = {line[0]: line[1] for line in unit.ask(Tally(kind=Task, where=going, by=("state",)))}
    proposed = proposals(unit, prices={}, limits=Limits())
    return ServiceReport(
        at=unit.now,
        products=_products(unit, in_use),
        visits=visits.get(TaskState.OPEN, 0),
        late=unit.count(Task, where(going, Is("state", TaskState.OPEN), Compare("due_at", "<", unit.now))),
        done=visits.get(TaskState.DONE, 0),
        contracts=unit.count(ServiceContract, alive),
        ending=unit.count(ServiceContract, alive & Compare("until", "<=", today + SOON)),
        proposed=len(proposed),
        replacements=proposed[:SHOWN],
        unanswered=unit.count(Question, open_questions),
        questions=[(one.words, one.asked) for one in unit.find(Question, open_questions, order="-asked", limit=SHOWN)],
    )


def _products(unit: Unit, in_use: Any) -> list[ProductLine]:
    by = ("product", "state", "repair_cost.currency")
    counted = unit.ask(Tally(kind=Equipment, where=in_use, by=by, sums=("failures", "repair_cost.minor")))
    lines = []
    for product in sorted({line[0] for line in counted}):
        mine = [line for line in counted if line[0] == product]
        lines.append(
            ProductLine(
                product=product,
                running=added([line for line in mine if line[1] is EquipmentState.RUNNING], 3),
                broken=added([line for line in mine if line[1] is EquipmentState.BROKEN], 3),
                failures=added(mine, 4),
                cost=moneys((line[2], line[5]) for line in mine),
            )
        )
    return lines
