"""The same work by what a user would pick instead: models by hand on SQLAlchemy's ORM or on Django's, or Tryton's opportunities.

    python benchmarks/comparison.py --rounds 3

Django takes part when it can be imported: `python -m venv peers && peers/bin/pip install . django`, then `peers/bin/python benchmarks/comparison.py`.

Tryton takes part when its python is named: `python -m venv tryton && tryton/bin/pip install trytond-sale-opportunity`, then
`--tryton tryton/bin/python`. It works in a process of its own, and `comparison_tryton.py` says how. Who does not take part has no column, and the table says so.

The ORMs do by hand what crmcore does. Each looks the customer up by phone and e-mail, gives the lead to the next in turn, writes customer, contact
points, deal, movement, task, what comes due and an audit row with JSON, in one transaction; and moves a deal with its movement and audit row. They
check nothing that crmcore checks, keep no versions of records, no tenants and no keys. SQLite, a file, synchronous=NORMAL for all.

Bulk is customers and as many deals with their history, a thousand to a transaction: `upsert_many`, `add_all`, `bulk_create`, `create_tables`. The ORMs look
nobody up for it, crmcore checks every row and keeps the other system's keys. Tryton gets a tenth of the rows; the figure is for a row.
"""

import statistics
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import common
import comparison_django
from comparison_tryton import RemoteWorkload
from comparison_workload import OPERATIONS, Workload
from sqlalchemy import JSON, ForeignKey, create_engine, event, func, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship

from crmcore import Crm, ItemSucceeded, SqlStore

CHUNK = 1_000


class Base(DeclarativeBase):
    """Handwritten models."""


class Customer(Base):
    """A customer."""

    __tablename__ = "customers"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    source: Mapped[str]
    added_at: Mapped[datetime]
    contact_points: Mapped[list["ContactPoint"]] = relationship(back_populates="customer")


class ContactPoint(Base):
    """A phone number or an e-mail address."""

    __tablename__ = "points"
    id: Mapped[int] = mapped_column(primary_key=True)
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    claim: Mapped[str] = mapped_column(unique=True)
    customer: Mapped[Customer] = relationship(back_populates="contact_points")


class User(Base):
    """One of us."""

    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    assignment_count: Mapped[int]


class Deal(Base):
    """A deal."""

    __tablename__ = "deals"
    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    customer_id: Mapped[int] = mapped_column(ForeignKey("customers.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    stage: Mapped[int]
    minor: Mapped[int]
    opened_at: Mapped[datetime]
    customer: Mapped[Customer] = relationship()
    owner: Mapped[User] = relationship()


class Movement(Base):
    """A line of a deal's history."""

    __tablename__ = "movements"
    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deals.id"), index=True)
    before: Mapped[int | None]
    after: Mapped[int]
    at: Mapped[datetime]
    deal: Mapped[Deal] = relationship()


class Task(Base):
    """Something to do."""

    __tablename__ = "tasks"
    id: Mapped[int] = mapped_column(primary_key=True)
    deal_id: Mapped[int] = mapped_column(ForeignKey("deals.id"), index=True)
    owner_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    title: Mapped[str]
    due_at: Mapped[datetime] = mapped_column(index=True)
    deal: Mapped[Deal] = relationship()


class Audit(Base):
    """What happened."""

    __tablename__ = "audit"
    id: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str]
    data: Mapped[Any] = mapped_column(JSON)
    at: Mapped[datetime]


class SqlAlchemyModels:
    """Models on SQLAlchemy's ORM."""

    def __init__(self, path: Path) -> None:
        self._engine = create_engine(f"sqlite:///{path}")

        @event.listens_for(self._engine, "connect")
        def _connect(connection: Any, _: Any) -> None:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = NORMAL")

        Base.metadata.create_all(self._engine)
        with Session(self._engine) as session:
            session.add_all(
                [
                    User(name=name, assignment_count=n)
                    for n, name in enumerate(("Anna", "Bruno", "Celia", "Dainis", "Elza"))
                ]
            )
            session.commit()

    def capture(self, *, name: str, phone: str, email: str, about: str, source: str, value: Any) -> int:
        """Take a lead in."""
        now = datetime.now(UTC)
        with Session(self._engine) as session:
            claims = [f"phone:{phone}", f"email:{email.lower()}"]
            customer = session.scalars(
                select(Customer).join(Customer.contact_points).where(ContactPoint.claim.in_(claims))
            ).first()
            owner = session.scalars(select(User).order_by(User.assignment_count)).first()
            assert owner
            owner.assignment_count += 5
            if customer is None:
                customer = Customer(
                    name=name,
                    source=source,
                    added_at=now,
                    contact_points=[ContactPoint(claim=claim) for claim in claims],
                )
            deal = Deal(title=about, customer=customer, owner=owner, stage=0, minor=value.minor, opened_at=now)
            task = Task(deal=deal, owner_id=owner.id, title=f"Call {name}", due_at=now + timedelta(minutes=15))
            session.add_all([customer, deal, Movement(deal=deal, before=None, after=0, at=now), task])
            session.add(Audit(event="lead.captured", data={"source": source, "minor": value.minor}, at=now))
            session.commit()
            return deal.id

    def move(self, deal: int) -> None:
        """Move a deal on."""
        now = datetime.now(UTC)
        with Session(self._engine) as session:
            found = session.get_one(Deal, deal)
            session.add(Movement(deal=found, before=found.stage, after=1, at=now))
            session.add(Audit(event="deal.moved", data={"deal": deal, "before": found.stage, "after": 1}, at=now))
            found.stage = 1
            session.commit()

    def board(self) -> Any:
        """Count and sum by stage, and read the first ten of each."""
        with Session(self._engine) as session:
            counted = session.execute(select(Deal.stage, func.count(), func.sum(Deal.minor)).group_by(Deal.stage)).all()
            return [
                (line, session.scalars(select(Deal).where(Deal.stage == line[0]).limit(10)).all()) for line in counted
            ]

    def bulk(self, asked: Sequence[dict[str, Any]]) -> None:
        """Write customers and deals."""
        for at in range(0, len(asked), CHUNK):
            now = datetime.now(UTC)
            with Session(self._engine) as session:
                for one in asked[at : at + CHUNK]:
                    points = [ContactPoint(claim=f"phone:{one['phone']}"), ContactPoint(claim=f"email:{one['email']}")]
                    customer = Customer(name=one["name"], source=one["source"], added_at=now, contact_points=points)
                    minor = one["value"].minor
                    deal = Deal(title=one["about"], customer=customer, owner_id=1, stage=0, minor=minor, opened_at=now)
                    audit = Audit(event="deal.imported", data={"minor": minor}, at=now)
                    session.add_all([customer, deal, Movement(deal=deal, before=None, after=0, at=now), audit])
                session.commit()


class CrmcorePeer:
    """crmcore."""

    def __init__(self, path: Path) -> None:
        self._crm = Crm(SqlStore.open(f"sqlite:///{path}", durability="relaxed"))
        self._funnel_id = common.create_users_and_funnel(self._crm).id

    def capture(self, **asked: Any) -> Any:
        """Take a lead in."""
        return self._crm.leads.capture(asked.pop("name"), funnel_id=self._funnel_id, **asked).deal.id

    def move(self, deal: Any) -> None:
        """Move a deal on."""
        self._crm.deals.move(deal, stage_key="Measurement")

    def board(self) -> Any:
        """Count and sum by stage, and read the first ten of each."""
        return self._crm.deals.board(self._funnel_id)

    def bulk(self, asked: Sequence[dict[str, Any]]) -> None:
        """Write customers and deals."""
        names = ("name", "phone", "email", "source")
        customers = ({"key": one["phone"]} | {name: one[name] for name in names} for one in asked)
        deals = (
            {"key": one["phone"], "customer_key": one["phone"], "title": one["about"], "value": one["value"]}
            for one in asked
        )
        taken = self._crm.customers.upsert_many(customers, system="erp", chunk_size=CHUNK)
        refused = sum(not isinstance(each, ItemSucceeded) for each in taken)
        opened = self._crm.deals.upsert_many(deals, system="erp", funnel_id=self._funnel_id, chunk_size=CHUNK)
        refused += sum(not isinstance(each, ItemSucceeded) for each in opened)
        assert not refused


def main() -> None:
    """Print the table."""
    given = common.arguments(__doc__, rounds=3, times=300, bulk=5_000, tryton="")
    number = count()
    with tempfile.TemporaryDirectory() as place, ExitStack() as leaving:
        folder = Path(place)
        peers: dict[str, Workload | RemoteWorkload] = {
            "crmcore": Workload(CrmcorePeer(folder / "ours.db")),
            "SQLAlchemy ORM": Workload(SqlAlchemyModels(folder / "orm.db")),
        }
        if comparison_django.is_available():
            peers["Django ORM"] = Workload(comparison_django.DjangoModels(folder / "django.db"))
        if given.tryton:
            peers["Tryton"] = far = RemoteWorkload(given.tryton, folder / "tryton")
            leaving.callback(far.close)
        figures: dict[tuple[str, str], list[float]] = {}
        for turn in OPERATIONS:
            for _ in range(given.rounds):
                for name, peer in peers.items():
                    times = {
                        "board_and_overview": 20,
                        "bulk_commands": given.bulk // (10 if name == "Tryton" else 1),
                    }.get(turn, given.times)
                    walls = peer.run(turn, [common.lead_request(next(number)) for _ in range(times)])
                    figures.setdefault((turn, name), []).append(statistics.median(walls))
    rows = []
    for turn in OPERATIONS:
        medians = [statistics.median(figures[turn, name]) for name in peers]
        what = "bulk_commands, µs a row" if turn == "bulk_commands" else f"{turn}, p50 µs"
        rows.append([what, *(f"{figure:,.0f} ({figure / medians[0]:.1f}x)" for figure in medians)])
    common.print_table("SQLite, a file, synchronous=NORMAL", ["", *peers], rows)
    for name in {"Django ORM", "Tryton"} - set(peers):
        print(f"{name} was not there; the top of this file says how to get it.")


if __name__ == "__main__":
    main()
