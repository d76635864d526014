"""``crmcore export``: export records as CSV or JSON lines."""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from crmcore.cli.options import add_connection_options, open_crm

if TYPE_CHECKING:
    from crmcore.crm import Crm

SUMMARY: Final = "export customers, deals or events as CSV or JSON lines"
DESCRIPTION: Final = """\
Export records. In CSV, a text that a spreadsheet would run as a formula (it starts with = + - @, a tab or a line break) gets a leading
apostrophe; crmcore import removes it. JSON lines contain every text unchanged."""
EXAMPLES: Final = (
    "crmcore export deals --database-url sqlite:///crm.db --output deals.csv",
    "crmcore export events --database-url sqlite:///crm.db --format jsonl > events.jsonl",
)
PAGE_SIZE: Final = 1000

Row = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument("what", choices=sorted(COLUMNS), help="records to export")
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv", help="output format (default: csv)")
    parser.add_argument("--output", default="-", metavar="FILE", help="output file (default: -, standard output)")
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Export the records, page by page."""
    crm = open_crm(args)
    with _open_output(args.output) as file:
        write = _write_csv if args.format == "csv" else _write_json_lines
        write(file, COLUMNS[args.what], ROW_READERS[args.what](crm))
        file.flush()
    crm.close()
    return 0


def customers(crm: "Crm") -> Iterator[Row]:
    """Yield every customer, ordered by name."""
    page = crm.customers.search(limit=PAGE_SIZE)
    while page:
        for c in page:
            yield {
                "id": c.id,
                "name": c.name,
                "kind": c.kind.value,
                "roles": [customer_role.role.value for customer_role in c.roles],
                "contacts": [point.value for point in c.contact_points],
                "external_ids": [f"{e.system}:{e.key}" for e in c.external_ids],
                "owner": c.owner_id,
                "source": c.source,
                "language": c.language,
                "address": ", ".join(c.addresses[0].lines) if c.addresses else "",
                "tags": list(c.tags),
                "note": c.note,
                "custom": dict(c.custom),
                "added_at": c.created_at.isoformat(),
            }
        page = crm.customers.search(limit=PAGE_SIZE, after=page[-1])


def deals(crm: "Crm") -> Iterator[Row]:
    """Yield every deal, oldest first."""
    page = crm.deals.list(limit=PAGE_SIZE)
    while page:
        for d in page:
            yield {
                "id": d.id,
                "title": d.title,
                "customer": d.customer_id,
                "funnel": d.funnel_id,
                "stage": d.stage_key,
                "outcome": d.outcome.value,
                "loss_reason": d.loss_reason,
                "amount": None if d.total is None else f"{d.total.amount:f}",
                "currency": None if d.total is None else d.total.currency,
                "owner": d.owner_id,
                "source": d.source,
                "campaign": d.campaign,
                "request": None if d.external_id is None else f"{d.external_id.system}:{d.external_id.key}",
                "expected_close": None if d.expected_close is None else d.expected_close.isoformat(),
                "tags": list(d.tags),
                "custom": dict(d.custom),
                "opened_at": d.opened_at.isoformat(),
                "closed_at": None if d.closed_at is None else d.closed_at.isoformat(),
            }
        page = crm.deals.list(limit=PAGE_SIZE, after=page[-1])


def events(crm: "Crm") -> Iterator[Row]:
    """Yield every event, in the order of the feed."""
    from crmcore.adapters.wire import dump_event

    page = crm.feed.read(limit=PAGE_SIZE)
    while page.events:
        for recorded in page.events:
            yield {
                "position": recorded.position,
                "name": recorded.event.name,
                "schema": recorded.event.schema,
                "subject": recorded.subject_id,
                "version": recorded.version,
                "actor": recorded.actor,
                "correlation_id": recorded.correlation_id,
                "at": recorded.event.at.isoformat(),
                "data": json.loads(dump_event(recorded.event)),
            }
        page = crm.feed.read(limit=PAGE_SIZE, cursor=page.cursor)


COLUMNS: Final[dict[str, Sequence[str]]] = {
    "customers": (
        "id", "name", "kind", "roles", "contacts", "external_ids", "owner", "source", "language", "address", "tags", "note",
        "custom", "added_at",
    ),
    "deals": (
        "id", "title", "customer", "funnel", "stage", "outcome", "loss_reason", "amount", "currency", "owner", "source",
        "campaign", "request", "expected_close", "tags", "custom", "opened_at", "closed_at",
    ),
    "events": ("position", "name", "schema", "subject", "version", "actor", "correlation_id", "at", "data"),
}  # fmt: skip
"""The columns of each export."""

ROW_READERS: Final[dict[str, Callable[["Crm"], Iterator[Row]]]] = {
    "customers": customers,
    "deals": deals,
    "events": events,
}
"""The function that reads the rows of each export."""


def _open_output(path: str) -> Any:
    if path == "-":
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # standard output is a TextIOWrapper
        return nullcontext(sys.stdout)
    return Path(path).open("w", encoding="utf-8", newline="")


def _write_csv(file: TextIO, columns: Sequence[str], rows: Iterator[Row]) -> None:
    from crmcore.importing.formula_escape import escape

    writer = csv.writer(file)
    writer.writerow(columns)
    for row in rows:
        writer.writerow([escape(_format_cell(row[column])) for column in columns])


def _write_json_lines(file: TextIO, _columns: Sequence[str], rows: Iterator[Row]) -> None:
    file.writelines(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n" for row in rows)


def _format_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return "; ".join(str(item) for item in value)
        case dict():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            return str(value)
