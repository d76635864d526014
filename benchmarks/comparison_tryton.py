"""The work of `comparison.py` by Tryton, in a process of Tryton's own python: it is asked by a line of JSON and answers with one.

It finds the party by its contact mechanisms, gives the lead to the next employee in turn, and writes party, contact mechanisms and opportunity in one
transaction; an advance is the button from lead to opportunity. Tryton keeps its own history of opportunities, and has no task nor
audit row to write. It runs as root, so that no access is checked, and with -O: its asserts make large creates quadratic.
"""

import json
import subprocess
import sys
from collections.abc import Sequence
from decimal import Decimal
from itertools import cycle
from pathlib import Path
from typing import Any

from comparison_workload import Workload

CHUNK = 1_000


class TrytonPeer:
    """Tryton's opportunities."""

    def __init__(self, folder: Path) -> None:
        from trytond import backend, config  # type: ignore[import-not-found]  # it lives in the other environment
        from trytond.pool import Pool  # type: ignore[import-not-found]
        from trytond.transaction import Transaction  # type: ignore[import-not-found]

        config.set("database", "uri", "sqlite://")
        config.set("database", "path", str(folder))
        self._begin = Transaction
        Pool.start()
        with Transaction().start(None, 0, close=True, autocommit=True) as transaction:
            transaction.database.create(transaction.connection, "peer")
        backend.Database("peer").connect().init()
        pool = Pool("peer")
        pool.init(update=["sale_opportunity"], activatedeps=True)
        self._party, self._opportunity = pool.get("party.party"), pool.get("sale.opportunity")
        with Transaction().start("peer", 0):
            (currency,) = pool.get("currency.currency").create([{"name": "Euro", "symbol": "€", "code": "EUR"}])
            party, *people = self._party.create([{"name": name} for name in ("House", "Anna", "Bruno", "Celia")])
            (company,) = pool.get("company.company").create([{"party": party.id, "currency": currency.id}])
            employees = pool.get("company.employee").create(
                [{"party": person.id, "company": company.id} for person in people]
            )
            self._employee_cycle = cycle([employee.id for employee in employees])
            self._lead_defaults = {"company": company.id, "currency": currency.id}
        self._context = {"company": company.id}

    def _lead(self, party: Any, *, about: str, value: int, **_: Any) -> dict[str, Any]:
        fields = {"description": about, "amount": Decimal(value) / 100, "employee": next(self._employee_cycle)}
        return self._lead_defaults | fields | {"party": party.id}

    def capture(self, **asked: Any) -> Any:
        """Take a lead in."""
        with self._begin().start("peer", 0, context=self._context):
            found = self._party.search([("contact_mechanisms.value", "in", [asked["phone"], asked["email"]])], limit=1)
            (party,) = found or self._party.create([_party(**asked)])
            (opportunity,) = self._opportunity.create([self._lead(party, **asked)])
            return opportunity.id

    def move(self, deal: Any) -> None:
        """Move a deal on."""
        with self._begin().start("peer", 0, context=self._context):
            self._opportunity.opportunity([self._opportunity(deal)])

    def board(self) -> Any:
        """Count and sum by state, and read the first ten of each."""
        from sql.aggregate import Count, Sum  # type: ignore[import-not-found]

        with self._begin().start("peer", 0, context=self._context, readonly=True) as transaction:
            table, cursor = self._opportunity.__table__(), transaction.connection.cursor()
            cursor.execute(*table.select(table.state, Count(table.id), Sum(table.amount), group_by=table.state))
            names = ["number", "description", "amount", "party", "employee"]
            return [
                (line, self._opportunity.search_read([("state", "=", line[0])], limit=10, fields_names=names))
                for line in cursor.fetchall()
            ]

    def bulk(self, asked: Sequence[dict[str, Any]]) -> None:
        """Write parties and opportunities."""
        for at in range(0, len(asked), CHUNK):
            some = asked[at : at + CHUNK]
            with self._begin().start("peer", 0, context=self._context):
                parties = self._party.create([_party(**one) for one in some])
                self._opportunity.create([self._lead(party, **one) for party, one in zip(parties, some, strict=True)])


def _party(*, name: str, phone: str, email: str, **_: Any) -> dict[str, Any]:
    mechanisms = [{"type": "phone", "value": phone}, {"type": "email", "value": email}]
    return {"name": name, "contact_mechanisms": [("create", mechanisms)]}


class RemoteWorkload:
    """The turns of a peer in another process."""

    def __init__(self, python: str, folder: Path) -> None:
        folder.mkdir()
        self._process = subprocess.Popen(
            [python, "-O", __file__, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        assert not self._read_answer(), "it greets when it is ready"

    def run(self, turn: str, asked: Sequence[dict[str, Any]]) -> list[float]:
        """Have it done there; the timings are taken there too."""
        assert self._process.stdin
        plain = [one | {"value": one["value"].minor} for one in asked]
        print(json.dumps([turn, plain]), file=self._process.stdin, flush=True)
        return self._read_answer()

    def close(self) -> None:
        """Let it go."""
        self._process.communicate()

    def _read_answer(self) -> list[float]:
        assert self._process.stdout
        walls: list[float] = json.loads(self._process.stdout.readline())
        return walls


def main() -> None:
    """Answer until nobody asks."""
    turns = Workload(TrytonPeer(Path(sys.argv[1])))
    print("[]", flush=True)
    for line in sys.stdin:
        print(json.dumps(turns.run(*json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
