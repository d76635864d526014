"""VALUES: every value that databases are known to keep or compare differently, and searches over them, mean the same on every store.

Titles with NUL, blanks, astral letters and accents, times at the borders of the calendar, numbers at the borders of their types, nothing at
all; saved and searched for in memory, on SQLite, and on PostgreSQL in the C collation and in another. What the domain refuses is
refused before any store hears of it. ``python -m tests.reliability.value_round_trips --n 3``
"""

import random
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa

from crmcore import LineItem, MemoryStore, Money, SqlStore
from crmcore.adapters.ids import SequentialIds
from crmcore.domain.activities.tasks import Task
from crmcore.domain.customers.customer import Customer
from crmcore.domain.customers.parts import ContactPoint
from crmcore.domain.kernel.criteria import MATCH_ALL, And, Compare, Criterion, Eq, HasChild, In, Not, Or, WordPrefix
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS
from crmcore.domain.kernel.values.names import fold
from crmcore.domain.sales.deals.deal import Deal
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.ports import RequestContext, Store
from tests.reliability.databases import databases
from tests.reliability.harness import Verdict, run
from tests.testing.mutations import IgnoresCase, MutatedStore, NoneSortsLast, WholeSeconds

MUTATIONS: Final = {"IgnoresCase": IgnoresCase, "NoneSortsLast": NoneSortsLast, "WholeSeconds": WholeSeconds}
AT: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
TEXTS: Final = (
    *(
        "",
        " ",
        "a",
        "A",
        "a ",
        " a",
        "b",
        "B",
        "á",
        "a\u0301",
        "Á",
        "ä",
        "Ä",
        "z",
        "Z",
        "é",
        "e",
        "ß",
        "ss",
        "SS",
        "ı",
        "I",
        "i",
        "İ",
    ),
    *(
        "\0",
        "a\0b",
        "\ud800",
        "\ufffe",
        "a\nb",
        "\x7f",
        "\u200c",
        "می‌خواهم",
        "میخواهم",
        "Шаҳзод",
        "шаҳзод",
        "Ў",
        "О‘",
        "ё",
        "е",
        "я",
        "Я",
    ),
    *(
        "\U0001f600",
        "\U00010000",
        "\uffee",
        "%",
        "_",
        "a%b",
        "a_b",
        "/",
        "\\",
        "'",
        '"',
        "''",
        "a'b",
        "--",
        ";",
        "?",
        ":x",
        "%s",
        "$1",
        "{x}",
    ),
    *("1", "10", "2", "01", "١", "۱", "x" * 200, "x" * 201, "Ə" * 200, "\U0001f600" * 200),
)
TIMES: Final = (
    None,
    datetime(1, 1, 2, tzinfo=UTC),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(1970, 1, 1, tzinfo=UTC),
    AT,
    AT + timedelta(microseconds=1),
    datetime(2026, 3, 2, 14, tzinfo=timezone(timedelta(hours=2))),
    datetime(2038, 1, 19, 3, 14, 8, tzinfo=UTC),
    datetime(9999, 12, 30, tzinfo=UTC),
    datetime(9999, 12, 31, tzinfo=UTC),
    datetime(2026, 3, 2),  # noqa: DTZ001  # without a zone on purpose
)
MINORS: Final = (0, 1, -1, 99, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, MAX_MINOR_UNITS, MAX_MINOR_UNITS + 1, 2**63, None)
QUANTITIES: Final = (
    "0.000001",
    "1234567.000001",
    "1e3",
    "0.0000001",
    "NaN",
    "Infinity",
    "28.0000000000000000000000000001",
    "0",
)
CUSTOM: Final = (2**53, -(2**53), 2**53 + 1, True, False, 0, 1, None, "", "1", "x" * 10_001, 1.5, "\0")

COLLATIONS: Final = (
    "LOCALE_PROVIDER icu ICU_LOCALE 'en-US' LOCALE 'C'",
    "LOCALE 'en_US.UTF-8'",
    "LOCALE_PROVIDER builtin BUILTIN_LOCALE 'C.UTF-8' LOCALE 'C'",
    "LOCALE 'C.UTF-8'",
)
"""Ways to sort otherwise than by code points, the one furthest from them first."""


def records_of_values(ids: SequentialIds) -> Iterator[tuple[str, Any]]:
    """One record for every value; of a value that the domain refuses its refusal."""
    funnel = Funnel.create(ids.new("funnel"), "Windows", stages=["First call"], at=AT)  # type: ignore[arg-type]
    customer: Any = ids.new("customer")

    def add_record(what: Any, make: Any) -> tuple[str, Any]:
        try:
            return repr(what)[:40], make()
        except CrmError as error:
            return repr(what)[:40], error.code

    def open_deal(**fields: Any) -> Any:
        return lambda: Deal.open(ids.new("deal"), "Deal", customer_id=customer, funnel=funnel, at=AT, **fields)  # type: ignore[arg-type]

    for text in TEXTS:
        yield add_record(text, lambda: Task.create(ids.new("task"), text, at=AT, kind="text"))  # type: ignore[arg-type]  # noqa: B023
        yield add_record(text, lambda: Customer.create(ids.new("customer"), text, at=AT))  # type: ignore[arg-type]  # noqa: B023
    for time in TIMES:
        yield add_record(time, lambda: Task.create(ids.new("task"), "Time", at=AT, due_at=time))  # type: ignore[arg-type]  # noqa: B023
    for minor in MINORS:
        yield add_record(minor, lambda: _with_value(open_deal, minor))  # noqa: B023
    for quantity in QUANTITIES:
        yield add_record(quantity, lambda: _with_line_item(open_deal, quantity))  # noqa: B023
    for value in CUSTOM:
        yield add_record(value, open_deal(custom={"x": value}))
    for day in (date(1, 1, 1), date(1970, 1, 1), date(9999, 12, 31), None):
        yield add_record(day, open_deal(expected_close=day))
    for point in (
        ContactPoint.email("a@example.com", is_shared=True),
        ContactPoint.phone("+37120000000", is_shared=True),
    ):
        yield add_record(point, lambda: Customer.create(ids.new("customer"), "X", at=AT, contact_points=[point]))  # type: ignore[arg-type]  # noqa: B023


def _with_value(deal: Any, minor: int | None) -> Any:
    return deal(value=None if minor is None else Money.from_minor_units(minor, "UZS"))()


def _with_line_item(deal: Any, quantity: str) -> Any:
    return deal(lines=[LineItem("Cable", Decimal(quantity), Money("0.01", "EUR"))])()


def queries(rng: random.Random) -> Iterator[tuple[type[Entity], Criterion, str]]:
    """Searches: of every kind of criterion, over values that are there and some that are not."""
    usable = [text for text in TEXTS if text.strip() and not set(text) & {"\0", "\ud800", "\ufffe", "\n", "\x7f"}]
    orders = ("id", "-id", "due_at", "-due_at", "title", "-title", "created_at")
    for text in rng.sample(usable, 12):
        for operator in ("<", "<=", ">", ">="):
            yield Task, Compare("title", operator, text), "id"
        yield Task, Eq("title", text), "id"
        yield Task, Eq("title", text) | Not(Eq("kind", "text")), "-id"
        yield Customer, WordPrefix("name_key", fold(text) or "x"), "name_key"
        yield Customer, WordPrefix("name_key", text), "-name_key"
        yield Task, In("title", (text, text.upper(), text.casefold())), "title"
    for at in [time for time in TIMES if time and time.tzinfo and 1 < time.year < 9999]:
        yield Task, Compare("due_at", ">=", at.astimezone(UTC)) & ~Compare("due_at", ">", AT), "-due_at"
        yield Task, Not(Compare("due_at", "<", at.astimezone(UTC))), "due_at"
    for order in orders:
        yield Task, MATCH_ALL, order
    for minor in (0, 2**31, 2**53 + 1, MAX_MINOR_UNITS):
        yield Deal, Compare("total.minor", ">", minor), "id"
        yield Deal, Not(Eq("total.minor", minor)), "-id"
    yield Deal, Eq("expected_close", None) | Compare("expected_close", ">", date(1970, 1, 1)), "id"
    yield Task, Eq("due_at", None), "title"
    yield Task, In("due_at", ()), "id"
    yield Task, Or(()), "id"
    yield Task, Not(And(())), "id"
    yield Customer, Not(HasChild("contact_points", Eq("value", "a@example.com"))), "id"
    yield Customer, HasChild("contact_points", Not(Eq("value", "a@example.com"))), "-id"


def check_stores(stores: Mapping[str, Store], rng: random.Random, verdict: Verdict) -> None:
    """Save every value on every store, and ask every question of every store."""
    context = RequestContext(tenant=f"values {rng.random()}")
    saved: dict[str, dict[str, Any]] = {}
    for name, store in stores.items():
        events = SequentialIds()
        mine = saved[name] = {}
        for place, (what, record) in enumerate(records_of_values(SequentialIds())):
            mine[f"{place} {what}"] = (
                record if isinstance(record, str) else _save_and_read(store, context, record, events)
            )
    first, *others = stores
    for what, was in saved[first].items():
        verdict.count("values")
        for name in others:
            verdict.check("a value is kept alike", saved[name][what] == was, f"{name}: {what}")
    for entity_type, where, order in queries(rng):
        verdict.count("questions")
        answers = {name: _find_results(store, context, entity_type, where, order) for name, store in stores.items()}
        for name in others:
            verdict.check("a question is answered alike", answers[name] == answers[first], f"{name}: {where} {order}")


def _save_and_read(store: Store, context: RequestContext, record: Any, events: SequentialIds) -> Any:
    try:
        with store.begin(context, id_generator=events) as transaction:
            transaction.save(record)
            transaction.commit()
        with store.begin(context, id_generator=SequentialIds(), read_only=True) as transaction:
            return transaction.get(type(record), record.id)
    except CrmError as error:
        return error.code


def _find_results(store: Store, context: RequestContext, kind: Any, where: Criterion, order: str) -> Any:
    pages: list[Any] = []
    with store.begin(context, id_generator=SequentialIds(), read_only=True) as transaction:
        number = transaction.count(kind, where)
        while page := transaction.find(kind, where, order=order, after=pages[-1] if pages else None, limit=17):
            pages += page
        whole = [one.id for one in transaction.find(kind, where, order=order)]
    return number, [one.id for one in pages], whole


def database_with_collation(url: str) -> str:
    """A database beside another one, whose texts are sorted as people do, by whatever this build of PostgreSQL has for it."""
    engine = sa.create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql("DROP DATABASE IF EXISTS crm_sorted")
        for sorting in COLLATIONS:
            try:
                connection.exec_driver_sql(f"CREATE DATABASE crm_sorted TEMPLATE template0 ENCODING 'UTF8' {sorting}")
                break
            except sa.exc.DBAPIError:
                continue
    engine.dispose()
    return str(sa.make_url(url).set(database="crm_sorted").render_as_string(hide_password=False))


def check_on(stores: Mapping[str, Store], rng: random.Random, n: int) -> Verdict:
    """Save and ask n times; every store answers alike."""
    verdict = Verdict()
    for _ in range(n):
        check_stores(stores, rng, verdict)
    return verdict


def check(rng: random.Random, n: int, mutation: str) -> Verdict:
    """Save and ask n times in memory, on SQLite, and on PostgreSQL in two collations; all answer alike."""
    if mutation:
        return check_on({"memory": MemoryStore(), "planted": MutatedStore(MUTATIONS[mutation])}, rng, n)
    with databases() as urls:
        opened = {
            "SQLite": urls["SQLite"],
            "PostgreSQL": urls["PostgreSQL"],
            "sorted otherwise": database_with_collation(urls["PostgreSQL"]),
        }
        stores: dict[str, Store] = {
            "memory": MemoryStore(),
            **{name: SqlStore.open(url) for name, url in opened.items()},
        }
        verdict = check_on(stores, rng, n)
        for store in stores.values():
            store.close()
    return verdict


if __name__ == "__main__":
    sys.exit(run("VALUES", check, n=3, mutations={name: str(coat.__doc__) for name, coat in MUTATIONS.items()}))
