"""One command against a bare script: a hand-written script of the bare driver that sends exactly the statements that crmcore sends.

    python benchmarks/driver_overhead.py --rounds 7

How honest the twin is. Its statements are those that crmcore sent for the first request and the first move, recorded at the driver's
cursor, text by text, in their order. Its rows are made by hand-written expressions for what differs from command to command (ids, instants,
the person's words, the JSON of the facts); everything else is a literal. It checks nothing, makes no objects, keeps the funnel in its
head, and knows no conflict. It does make ids that sort by time, fold the name, choose the next in turn and write the facts as JSON,
because a script without them would not do the same work. What it wrote is read back through crmcore at the end and compared.

On PostgreSQL it sends its statements one by one, as one would write it; crmcore says them and sends them together, and once more, in the
second table, one by one too.

The two take turns in blocks, on a database of their own each; every figure is the median of the rounds.
"""

import json
import os
import random
import re
import statistics
import time
import unicodedata
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import Any

import attrs
import common
from sqlalchemy import Engine

from crmcore import Crm, Deal, SqlStore
from crmcore.adapters.sql.execute import connections

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
QUARTER_HOUR = timedelta(minutes=15)
RUN_NUMBERS = count()


class RecordingCursor:
    """A driver's cursor that records its statements."""

    def __init__(self, cursor: Any, notes: list[tuple[str, tuple[Any, ...]]]) -> None:
        self._cursor = cursor
        self._notes = notes

    def execute(self, sql: str, parameters: tuple[Any, ...] = ()) -> Any:
        self._notes.append((sql, tuple(parameters)))
        return self._cursor.execute(sql, parameters)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)


def record_statements(context: "CrmContext", call: Callable[[], Any]) -> list[tuple[str, tuple[Any, ...]]]:
    """Execute a command and record its statements, sent one by one."""
    notes: list[tuple[str, tuple[Any, ...]]] = []
    begin = connections.PooledConnection.__init__

    def begin_recorded(self: Any, *args: Any, **kwargs: Any) -> None:
        begin(self, *args, **kwargs)
        self.cursor = RecordingCursor(self.cursor, notes)

    connections.PooledConnection.__init__ = begin_recorded  # type: ignore[method-assign]
    usual, context.crm = context.crm, Crm(SqlStore(context.store.engine, durability=context.durability, pipeline=False))
    try:
        call()
    finally:
        context.crm = usual
        connections.PooledConnection.__init__ = begin  # type: ignore[method-assign]
    return notes


def parameter_columns(sql: str) -> list[str]:
    """The columns of a statement's parameters, or those that a SELECT gives."""
    flat = sql.replace('"', "").replace("\n", " ")
    if found := re.match(r"INSERT INTO \S+ \((.*?)\) VALUES", flat):
        return found[1].split(", ")
    if found := re.match(r"UPDATE \S+ SET (.*?) WHERE (.*)", flat):
        wheres = [f"at_{name}" for name in re.findall(r"\.(\w+) = ", found[2])]
        return [part.partition("=")[0] for part in found[1].split(", ")] + wheres
    found = re.match(r"SELECT (.*?)\s+FROM", flat)
    assert found
    return [name.rpartition(".")[2] for name in found[1].split(", ")]


def parameter_builder(
    sql: str, parameters: tuple[Any, ...], arguments: str, *rows: dict[str, str]
) -> Callable[..., tuple[Any, ...]]:
    """Write the function of a statement's parameters: the expressions given for some columns of each row, literals for all others."""
    names = parameter_columns(sql)
    assert len(names) * len(rows) == len(parameters), (sql, len(parameters))
    values = iter(parameters)
    sources = [row.get(name, repr(value)) for row in rows for name, value in zip(names, values, strict=False)]
    return eval(f"lambda {arguments}: ({', '.join(sources)},)", {"EPOCH": EPOCH})  # type: ignore[no-any-return]


def table_of(sql: str) -> str:
    """Which table a statement is about."""
    found = re.search(r"(?:FROM|INTO|UPDATE) crm_(\w+)", sql)
    assert found
    return f"{sql.split(maxsplit=1)[0]} {found[1]}"


class BareScript:
    """The script."""

    def __init__(
        self, engine: Engine, captured: list[tuple[str, tuple[Any, ...]]], moved: list[tuple[str, tuple[Any, ...]]]
    ) -> None:
        self._engine = engine
        self.connection: Any = self._engine.raw_connection().driver_connection
        self.is_sqlite = self._engine.dialect.name == "sqlite"
        self.key: Callable[[str], Any] = bytes.fromhex if self.is_sqlite else str
        self.text: Callable[[Any], str] = bytes.hex if self.is_sqlite else (lambda key: key.hex)
        self._last = 0
        self._stages: dict[str, Any] = {}
        self._capture = {table_of(sql): (sql, given) for sql, given in captured}
        self._move = {table_of(sql): (sql, given) for sql, given in moved}
        self._order = [table_of(sql) for sql, _ in captured], [table_of(sql) for sql, _ in moved]
        assert len(self._capture) == len(captured), "a statement came twice"
        self._prepare()

    def _prepare(self) -> None:
        c, m = self._capture, self._move
        at = {"at": "at"}
        self.round_robin_row = parameter_builder(
            *c["UPDATE round_robins"],
            "version, queue, key, ring, based_on",
            {"version": "version", "queue": "queue", "key": "key", "at_id": "ring", "at_version": "based_on"},
        )
        self.customer_row = parameter_builder(
            *c["INSERT customers"],
            "customer, name, folded, owner, source, at",
            {
                "id": "customer",
                "name": "name",
                "name_key": "folded",
                "owner_id": "owner",
                "source": "source",
                "created_at": "at",
            },
        )
        self.points_row = parameter_builder(
            *c["INSERT customer_contact_points"],
            "customer, phone, email",
            {"customer_id": "customer", "value": "phone", "unique_key": "'phone:' + phone"},
            {"customer_id": "customer", "value": "email", "unique_key": "'email:' + email"},
        )
        self.role_row = parameter_builder(*c["INSERT customer_roles"], "customer", {"customer_id": "customer"})
        self.task_row = parameter_builder(
            *c["INSERT tasks"],
            "task, title, owner, due, deal, customer, at",
            {
                "id": "task",
                "title": "title",
                "assignee_id": "owner",
                "due_at": "due",
                "deal_id": "deal",
                "customer_id": "customer",
                "created_at": "at",
            },
        )
        self.job_row = parameter_builder(
            *c["INSERT scheduled_jobs"],
            "id, subject, due",
            {"id": "id", "subject_id": "subject", "scheduled_at": "due", "due_at": "due"},
        )
        self.deal_row = parameter_builder(
            *c["INSERT deals"],
            "deal, title, customer, funnel, owner, source, minor, at",
            {
                "id": "deal",
                "title": "title",
                "description": "title",
                "customer_id": "customer",
                "funnel_id": "funnel",
                "owner_id": "owner",
                "source": "source",
                "value_minor": "minor",
                "total_minor": "minor",
                "stage_entered_at": "at",
                "opened_at": "at",
                "last_activity_at": "at",
            },
        )
        self.opening_row = parameter_builder(
            *c["INSERT deal_movements"],
            "deal, customer, funnel, owner, minor, at",
            {
                "deal_id": "deal",
                "customer_id": "customer",
                "funnel_id": "funnel",
                "new_owner_id": "owner",
                "new_value_minor": "minor",
                "opened_at": "at",
                **at,
            },
        )
        events = [
            {"id": f"ids[{n}]", "subject_id": f"subjects[{n}]", "payload": f"payloads[{n}]", **at} for n in range(4)
        ]
        events[0]["version"] = "version"
        self.events_row = parameter_builder(*c["INSERT events"], "version, ids, subjects, payloads, at", *events)
        read = parameter_columns(m["SELECT deals"][0])
        self.deal_at = {name: place for place, name in enumerate(read)}
        given = {
            name: f"r[{self.deal_at[name]}]" for name in parameter_columns(m["UPDATE deals"][0]) if name in self.deal_at
        }
        given |= {
            "version": "version",
            "stage_key": "stage",
            "stage_index": "place",
            "max_stage_index": "place",
            "stage_visits": "visits",
            "probability_basis_points": "points",
            "stage_entered_at": "at",
            "last_activity_at": "at",
            "movement_count": f"r[{self.deal_at['movement_count']}] + 1",
            "at_id": f"r[{self.deal_at['id']}]",
            "at_version": "version - 1",
        }
        self.moved_row = parameter_builder(*m["UPDATE deals"], "r, version, stage, place, visits, points, at", given)
        self.movement_row = parameter_builder(
            *m["INSERT deal_movements"],
            "r, number, before, after, place, stayed, old, new, at",
            {
                "deal_id": f"r[{self.deal_at['id']}]",
                "customer_id": f"r[{self.deal_at['customer_id']}]",
                "funnel_id": f"r[{self.deal_at['funnel_id']}]",
                "previous_owner_id": f"r[{self.deal_at['owner_id']}]",
                "new_owner_id": f"r[{self.deal_at['owner_id']}]",
                "number": "number",
                "previous_stage_key": "before",
                "new_stage_key": "after",
                "stage_index": "place",
                "max_stage_index": "place",
                "time_in_stage": "stayed",
                "previous_probability": "old",
                "new_probability": "new",
                "previous_value_minor": f"r[{self.deal_at['total_minor']}]",
                "new_value_minor": f"r[{self.deal_at['total_minor']}]",
                "opened_at": f"r[{self.deal_at['opened_at']}]",
                **at,
            },
        )
        self.event_row = parameter_builder(
            *m["INSERT events"],
            "id, subject, version, payload, at",
            {"id": "id", "subject_id": "subject", "version": "version", "payload": "payload", **at},
        )
        self.opened_counts_row = parameter_builder(
            *c["INSERT deal_counts"], "funnel, minor, slot", {"funnel_id": "funnel", "minor": "minor", "shard": "slot"}
        )
        self.moved_counts_row = parameter_builder(
            *m["INSERT deal_counts"],
            "funnel, before, after, minor, one, other",
            {
                "funnel_id": "funnel",
                "stage_index": "before",
                "shard": "one",
                "billions": "-minor // 10**9",
                "minor": "-minor % 10**9",
            },
            {"funnel_id": "funnel", "stage_index": "after", "shard": "other", "minor": "minor"},
        )
        self.round_robin_columns = {
            name: place for place, name in enumerate(parameter_columns(c["SELECT round_robins"][0]))
        }
        self.user_at = {name: place for place, name in enumerate(parameter_columns(c["SELECT users"][0]))}
        self.funnel_at = {name: place for place, name in enumerate(parameter_columns(c["SELECT funnels"][0]))}

    def id(self) -> str:
        tick = self._last = max(self._last + 1, time.time_ns() * 4096 // 1_000_000)
        low = int.from_bytes(os.urandom(8), "big") & 0x3FFF_FFFF_FFFF_FFFF | 0x8000_0000_0000_0000
        return f"{(tick >> 12) << 16 | 0x7000 | (tick & 0xFFF):016x}{low:016x}"

    def slot(self) -> int:
        return 0 if self.is_sqlite else random.randrange(16)

    def begin(self) -> Any:
        cursor = self.connection.cursor()
        if self.is_sqlite:
            cursor.execute("BEGIN IMMEDIATE")
        return cursor

    def stages(self, row: tuple[Any, ...]) -> Any:
        text = row[self.funnel_at["stages"]]
        known = self._stages.get(text)
        if known is None:
            known = self._stages[text] = json.loads(text)
        return known

    def capture(self, funnel: str, *, name: str, phone: str, email: str, about: str, source: str, value: Any) -> str:
        sql, key = self._capture, self.key
        cursor = self.begin()
        execute = cursor.execute
        now = datetime.now(UTC)
        at, written = (now - EPOCH) // MICROSECOND, now.isoformat().replace("+00:00", "Z")
        execute(sql["SELECT funnels"][0], ("default", key(funnel)))
        first = self.stages(cursor.fetchone())[0]
        phone, email = re.sub(r"[\s().-]", "", phone), email.strip().lower()
        claims = "phone:" + phone, "email:" + email
        execute(sql["SELECT customers"][0], ("default", "default", *(claims if self.is_sqlite else [list(claims)])))
        assert not cursor.fetchall()
        ring_key = f"funnel_{funnel}:owner"
        execute(sql["SELECT round_robins"][0], ("default", ring_key))
        ring = cursor.fetchone()
        queue = json.loads(ring[self.round_robin_columns["queue"]])
        execute(sql["SELECT users"][0], (("default", 1)))
        waited = {user: place for place, user in enumerate(queue)}
        place = self.user_at["id"]
        users = ["user_" + self.text(row[place]) for row in cursor.fetchall()]
        chosen = min(users, key=lambda user: (waited.get(user, -1), user))
        queue = [*(user for user in queue if user != chosen), chosen]
        owner, ring_id, version = (
            key(chosen[5:]),
            ring[self.round_robin_columns["id"]],
            ring[self.round_robin_columns["version"]],
        )
        customer, deal, task = self.id(), self.id(), self.id()
        customer_key, deal_key, funnel_key = key(customer), key(deal), key(funnel)
        due = now + QUARTER_HOUR
        due_at, due_written = (due - EPOCH) // MICROSECOND, due.isoformat().replace("+00:00", "Z")
        execute(
            sql["UPDATE round_robins"][0],
            self.round_robin_row(version + 1, json.dumps(queue, separators=(",", ":")), ring_key, ring_id, version),
        )
        assert cursor.rowcount == 1
        folded = unicodedata.normalize("NFKD", name.casefold())
        execute(sql["INSERT customers"][0], self.customer_row(customer_key, name, folded, owner, source, at))
        execute(sql["INSERT customer_contact_points"][0], self.points_row(customer_key, phone, email))
        execute(sql["INSERT customer_roles"][0], self.role_row(customer_key))
        title = first["entry_actions"][0]["title"].replace("{customer}", name)
        execute(sql["INSERT tasks"][0], self.task_row(key(task), title, owner, due_at, deal_key, customer_key, at))
        execute(sql["INSERT scheduled_jobs"][0], self.job_row(key(self.id()), "task_" + task, due_at))
        execute(
            sql["INSERT deals"][0],
            self.deal_row(deal_key, about, customer_key, funnel_key, owner, source, value.minor, at),
        )
        execute(
            sql["INSERT deal_movements"][0],
            self.opening_row(deal_key, customer_key, funnel_key, owner, value.minor, at),
        )
        subjects = ("rr_" + self.text(ring_id), "customer_" + customer, "task_" + task, "deal_" + deal)
        dump = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
        payloads = (
            dump({"at": written, "user_id": chosen}),
            dump({"at": written, "kind": "person", "roles": ["prospect"], "source": source, "owner_id": chosen}),
            dump({"at": written, "kind": "call", "assignee_id": chosen, "due_at": due_written, "deal_id": subjects[3]}),
            dump(
                {
                    "at": written,
                    "customer_id": subjects[1],
                    "funnel_id": "funnel_" + funnel,
                    "stage_key": first["key"],
                    "owner_id": chosen,
                    "source": source,
                    "value": {"amount": f"{value.minor / 100:.2f}", "currency": "EUR"},
                }
            ),
        )
        ids = tuple([key(self.id()) for _ in subjects])
        execute(sql["INSERT events"][0], self.events_row(version + 1, ids, subjects, payloads, at))
        execute(sql["INSERT deal_counts"][0], self.opened_counts_row(funnel_key, value.minor, self.slot()))
        self.connection.commit()
        cursor.close()
        return deal

    def move(self, deal: str, to: str) -> None:
        sql, key, at_ = self._move, self.key, self.deal_at
        cursor = self.begin()
        execute = cursor.execute
        now = datetime.now(UTC)
        at, written = (now - EPOCH) // MICROSECOND, now.isoformat().replace("+00:00", "Z")
        execute(sql["SELECT deals"][0], ("default", key(deal)))
        row = cursor.fetchone()
        execute(sql["SELECT funnels"][0], ("default", row[at_["funnel_id"]]))
        stages = self.stages(cursor.fetchone())
        place = next(n for n, stage in enumerate(stages) if stage["key"] == to)
        for wanted in self._order[1]:
            if wanted in {"SELECT customers", "SELECT customer_contact_points", "SELECT customer_roles"}:
                execute(sql[wanted][0], ("default", row[at_["customer_id"]]))
                cursor.fetchall()
        before, version, points = row[at_["stage_key"]], row[at_["version"]] + 1, stages[place]["probability"]
        visits = [*json.loads(row[at_["stage_visits"]]), {"stage_key": to, "count": 1}]
        dump = partial(json.dumps, ensure_ascii=False, separators=(",", ":"))
        execute(sql["UPDATE deals"][0], self.moved_row(row, version, to, place, dump(visits), points, at))
        assert cursor.rowcount == 1
        execute(
            sql["INSERT deal_movements"][0],
            self.movement_row(
                row,
                row[at_["movement_count"]] + 1,
                before,
                to,
                place,
                at - row[at_["stage_entered_at"]],
                row[at_["probability_basis_points"]],
                points,
                at,
            ),
        )
        payload = dump({"at": written, "before": before, "after": to, "visit_number": 1})
        execute(sql["INSERT events"][0], self.event_row(key(self.id()), "deal_" + deal, version, payload, at))
        funnel, old, minor = row[at_["funnel_id"]], row[at_["stage_index"]], row[at_["total_minor"]]
        counts = self.moved_counts_row(funnel, old, place, minor, self.slot(), self.slot())
        execute(sql["INSERT deal_counts"][0], counts)
        self.connection.commit()
        cursor.close()


class CrmContext:
    """Where one of the two works: a `Crm` with a funnel, and its deals that wait to be moved."""

    def __init__(self, url: str, durability: Any, *, pipeline: bool | None = None) -> None:
        self.durability = durability
        self.store = SqlStore.open(url, durability=durability, pipeline=pipeline)
        self.crm = Crm(self.store)
        self.funnel = common.create_users_and_funnel(self.crm)
        self.waiting_deals: deque[Any] = deque()
        for _ in range(60):
            self.capture()
        for _ in range(60):
            self.move()
        common.analyze(self.store.engine)

    def capture(self) -> None:
        asked = common.lead_request(next(RUN_NUMBERS))
        self.waiting_deals.append(self.crm.leads.capture(asked.pop("name"), funnel_id=self.funnel.id, **asked).deal.id)

    def move(self) -> Any:
        return self.crm.deals.move(self.waiting_deals.popleft(), stage_key="Measurement").deal.id


def measure(
    url: str | None, *, rounds: int, times: int, durability: str, pipeline: bool | None = None
) -> list[list[Any]]:
    """Let the two take turns on databases of their own."""
    timings = {
        name: [common.Timing() for _ in range(rounds)] for name in ("our capture", "capture", "our move", "move")
    }
    server = common.server_seconds if url else (lambda: 0.0)
    with common.fresh_database(url, "ours") as ours_url, common.fresh_database(url, "driver_overhead") as script_url:
        ours, theirs = (
            CrmContext(ours_url, durability, pipeline=pipeline),
            CrmContext(script_url, durability, pipeline=False),
        )
        captured, moved = record_statements(ours, ours.capture), record_statements(ours, ours.move)
        script = BareScript(theirs.store.engine, captured, moved)
        script.connection.rollback()
        funnel, waiting = theirs.funnel.id.partition("_")[2], theirs.waiting_deals

        def capture() -> None:
            waiting.append(script.capture(funnel, **common.lead_request(next(RUN_NUMBERS))))

        def move() -> None:
            script.move(waiting.popleft(), "Measurement")

        for turn in range(rounds):
            for commands in ((ours.capture, capture), (ours.move, move)):
                for _ in range(4):
                    for name, run in zip((f"our {commands[1].__name__}", commands[1].__name__), commands, strict=True):
                        timings[name][turn].run(times // 4, run, server=server)
        ours.capture()
        capture()
        last = waiting[-1]
        move()
        check_records(ours.crm, ours.move(), theirs.crm, f"deal_{last}")
        assert theirs.store.verify_counters(repair=False) == []
    return [
        row
        for command in ("capture", "move")
        for row in table_rows(command, timings[f"our {command}"], timings[command])
    ]


def table_rows(
    command: str, crm_timings: Sequence[common.Timing], script_timings: Sequence[common.Timing]
) -> Iterator[list[Any]]:
    """The lines of the table about one command."""
    figures: dict[str, Callable[[common.Timing], float]] = {
        "p50 µs": lambda t: t.percentile(0.5),
        "p99 µs": lambda t: t.percentile(0.99),
        "client CPU µs": lambda t: t.cpu,
        "client + server CPU µs": lambda t: t.cpu + t.server,
        "p99 / p50": lambda t: t.percentile(0.99) / t.percentile(0.5),
    }
    for title, figure in figures.items():
        if "server" in title and not crm_timings[0].server:
            continue
        ratio = statistics.median(
            figure(mine) / figure(its) for mine, its in zip(crm_timings, script_timings, strict=True)
        )
        yield [
            f"{command} {title}",
            *(statistics.median(map(figure, both)) for both in (crm_timings, script_timings)),
            ratio,
        ]


def check_records(crm: Crm, crm_context: Any, other: Crm, script: Any) -> None:
    """What the twin wrote, crmcore reads as its own."""
    apart = {
        *("id", "customer_id", "funnel_id", "owner_id", "opened_at", "last_activity_at", "stage_entered_at"),
        *("value", "total", "source"),
    }
    mine, its = (
        {
            f.name: getattr(context.deals.get(id), f.name)
            for f in attrs.fields(Deal)  # type: ignore[arg-type]  # every record is made by attrs
            if f.name not in apart
        }
        for context, id in ((crm, crm_context), (other, script))
    )
    assert mine == its, (mine, its)
    assert len(crm.deals.history(crm_context)) == len(other.deals.history(script)) == 2


def main() -> None:
    """Print the tables."""
    given = common.arguments(__doc__, rounds=5, times=1000)
    head = ["", "crmcore", "driver_overhead", "ratio"]
    if given.on != "postgresql":
        for durability, setting in (("full", "FULL"), ("relaxed", "NORMAL")):
            rows = measure(None, rounds=given.rounds, times=given.times, durability=durability)
            common.print_table(f"SQLite, a file, synchronous={setting}", head, rows)
    if given.on != "sqlite":
        with common.postgresql() as url:
            for pipeline, how in ((None, ""), (False, ", pipeline=False")):
                rows = measure(url, rounds=given.rounds, times=given.times, durability="full", pipeline=pipeline)
                common.print_table(f"PostgreSQL, psycopg, a local socket{how}", head, rows)


if __name__ == "__main__":
    main()
