"""``crmcore export``: records as CSV or as JSON lines."""

import argparse
import csv
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TextIO

from crmcore.cli.doors import add_house, open_crm

if TYPE_CHECKING:
    from crmcore.crm import Crm

SUMMARY: Final = "give customers, deals or events out as CSV or JSON lines"
DESCRIPTION: Final = """\
Give records out. In CSV, texts that a spreadsheet would run as a formula (they begin with = + - @, a tab or a line break) have an
apostrophe in front, and crmcore import reads them back as they were; JSON lines hold every text as it is."""
EXAMPLES: Final = (
    "crmcore export deals --store sqlite:///crm.db --output deals.csv",
    "crmcore export events --store sqlite:///crm.db --format jsonl > events.jsonl",
)
PAGE: Final = 1000

Line = dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("what", choices=sorted(HEADS), help="which records")
    parser.add_argument("--format", choices=("csv", "jsonl"), default="csv", help="csv when not given")
    parser.add_argument("--output", default="-", metavar="FILE", help="where to; - is standard output")
    add_house(parser)


def run(args: argparse.Namespace) -> int:
    """Give them out, page by page."""
    crm = open_crm(args)
    with _opened(args.output) as file:
        write = _write_csv if args.format == "csv" else _write_json
        write(file, HEADS[args.what], LINES[args.what](crm))
        file.flush()
    crm.close()
    return 0


def customers(crm: "Crm") -> Iterator[Line]:
    """Every customer, by name."""
    page = crm.customers.search(limit=PAGE)
    while page:
        for c in page:
            yield {
                "id": c.id,
                "name": c.name,
                "kind": c.kind.value,
                "roles": [held.role.value for held in c.roles],
                "contacts": [point.value for point in c.contact_points],
                "external_ids": [f"{e.system}:{e.key}" for e in c.external_ids],
                "owner": c.owner,
                "source": c.source,
                "language": c.language,
                "address": ", ".join(c.addresses[0].lines) if c.addresses else "",
                "tags": list(c.tags),
                "note": c.note,
                "custom": dict(c.custom),
                "added_at": c.added_at.isoformat(),
            }
        page = crm.customers.search(limit=PAGE, after=page[-1])


def deals(crm: "Crm") -> Iterator[Line]:
    """Every deal, the oldest first."""
    page = crm.deals.list(limit=PAGE)
    while page:
        for d in page:
            yield {
                "id": d.id,
                "title": d.title,
                "customer": d.customer,
                "funnel": d.funnel,
                "stage": d.stage,
                "outcome": d.outcome.value,
                "loss_reason": d.loss_reason,
                "amount": None if d.total is None else f"{d.total.amount:f}",
                "currency": None if d.total is None else d.total.currency,
                "owner": d.owner,
                "source": d.source,
                "campaign": d.campaign,
                "request": None if d.request is None else f"{d.request.system}:{d.request.key}",
                "expected_close": None if d.expected_close is None else d.expected_close.isoformat(),
                "tags": list(d.tags),
                "custom": dict(d.custom),
                "opened_at": d.opened_at.isoformat(),
                "closed_at": None if d.closed_at is None else d.closed_at.isoformat(),
            }
        page = crm.deals.list(limit=PAGE, after=page[-1])


def events(crm: "Crm") -> Iterator[Line]:
    """Every fact, in the order of the feed."""
    from crmcore.adapters.wire import dump_event

    page = crm.feed.read(limit=PAGE)
    while page.facts:
        for recorded in page.facts:
            yield {
                "position": recorded.position,
                "name": recorded.event.name,
                "schema": recorded.event.schema,
                "subject": recorded.subject,
                "version": recorded.version,
                "actor": recorded.actor,
                "correlation": recorded.correlation,
                "at": recorded.event.at.isoformat(),
                "data": json.loads(dump_event(recorded.event)),
            }
        page = crm.feed.read(limit=PAGE, cursor=page.cursor)


HEADS: Final[dict[str, Sequence[str]]] = {
    "customers": (
        "id", "name", "kind", "roles", "contacts", "external_ids", "owner", "source", "language", "address", "tags", "note",
        "custom", "added_at",
    ),
    "deals": (
        "id", "title", "customer", "funnel", "stage", "outcome", "loss_reason", "amount", "currency", "owner", "source",
        "campaign", "request", "expected_close", "tags", "custom", "opened_at", "closed_at",
    ),
    "events": ("position", "name", "schema", "subject", "version", "actor", "correlation", "at", "data"),
}  # fmt: skip
"""What of each kind is given out."""

LINES: Final[dict[str, Callable[["Crm"], Iterator[Line]]]] = {"customers": customers, "deals": deals, "events": events}
"""How each kind is read."""


def _opened(path: str) -> Any:
    if path == "-":
        sys.stdout.reconfigure(encoding="utf-8", newline="")  # type: ignore[union-attr]  # it is a text stream
        return nullcontext(sys.stdout)
    return Path(path).open("w", encoding="utf-8", newline="")


def _write_csv(file: TextIO, heads: Sequence[str], lines: Iterator[Line]) -> None:
    from crmcore.sheets.cells import safe

    writer = csv.writer(file)
    writer.writerow(heads)
    for line in lines:
        writer.writerow([safe(_cell(line[head])) for head in heads])


def _write_json(file: TextIO, _heads: Sequence[str], lines: Iterator[Line]) -> None:
    file.writelines(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n" for line in lines)


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case list():
            return "; ".join(str(item) for item in value)
        case dict():
            return json.dumps(value, ensure_ascii=False) if value else ""
        case _:
            return str(value)
