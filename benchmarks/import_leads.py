"""Take a table of leads in twice, compare every figure with an independent count of the same file, and print speed and memory.

python benchmarks/import_leads.py leads.csv --map docs/how-to/leads.toml --key "Lead Number" --source "Lead Source" --won ToBeConverted
"""

import argparse
import csv
import resource
import tempfile
import time
from collections import Counter
from pathlib import Path

import common

from crmcore import Crm, SqlStore
from crmcore.importing.column_mapping import ColumnMapping
from crmcore.importing.csv_reader import CsvTable, open_csv
from crmcore.importing.lead_import import ImportResult, import_leads
from crmcore.importing.rejects import RejectsFile


def main() -> None:
    """Print the tables; ends with 1 when a figure differs."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("path", type=Path)
    parser.add_argument("--map", type=Path, required=True, help="what the columns mean")
    parser.add_argument("--key", required=True, help="the column of the key of a lead")
    parser.add_argument("--source", required=True, help="the column of the source")
    parser.add_argument("--won", required=True, help="the column that is 1 for a lead that became a customer")
    parser.add_argument("--custom", default="origin", help="a custom field to compare")
    parser.add_argument("--custom-column", default="Lead Origin", help="its column")
    parser.add_argument("--database-url", help="any SQLAlchemy URL; a new SQLite file when not given")
    given = parser.parse_args()
    with given.path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    with tempfile.TemporaryDirectory() as folder:
        crm = Crm(SqlStore.open(given.database_url or f"sqlite:///{folder}/crm.db"))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        first, seconds, cpu = timed_import(crm, given)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        figures = [line[2:] for line in check_figures(crm, rows, given)]
        again, seconds_again, _ = timed_import(crm, given)
        figures_again = [line[2:] for line in check_figures(crm, rows, given)]
        table = check_figures(crm, rows, given)
        crm.close()
    common.print_table("Figures", ["what", "which", "counted from the file", "in crmcore", "differ"], table)
    common.print_table(
        "Intake",
        ["run", "rows", "taken in", "known", "closed", "rejected", "seconds", "leads/s"],
        [
            ["first", first.rows, first.imported, first.duplicates, first.closed, len(first.rejected), f"{seconds:.1f}", f"{first.rows / seconds:,.0f}"],
            ["second", again.rows, again.imported, again.duplicates, again.closed, len(again.rejected), f"{seconds_again:.1f}", f"{again.rows / seconds_again:,.0f}"],
        ],
    )  # fmt: skip
    print(
        f"{first.rows / cpu:,.0f} leads per second of the processor; peak memory {memory / 1024:.0f} MiB, {before / 1024:.0f} before"
    )
    differ = sum(line[4] == "yes" for line in table)
    changed = figures != figures_again or again.imported or again.closed
    print(
        f"{len(table)} figures compared, {differ} differ; the second run changed {'something' if changed else 'nothing'}"
    )
    raise SystemExit(1 if differ or changed or first.rejected else 0)


def timed_import(crm: Crm, given: argparse.Namespace) -> tuple[ImportResult, float, float]:
    """Take the table in, and return wall and CPU seconds."""
    funnel = crm.funnels.get_by_name("Courses") or crm.funnels.create("Courses", stages=["Lead", "Customer"])
    wall, cpu = time.perf_counter(), time.process_time()
    with open_csv(given.path) as file, RejectsFile(None) as rejects:
        intake = import_leads(crm, CsvTable(file), ColumnMapping.read(given.map), rejects, funnel_id=funnel.id)
    return intake, time.perf_counter() - wall, time.process_time() - cpu


def check_figures(crm: Crm, rows: list[dict[str, str]], given: argparse.Namespace) -> list[list[str]]:
    """Compare the figures of crmcore with those of the file."""
    funnel = crm.funnels.get_by_name("Courses")
    assert funnel is not None
    report = crm.reports.dashboard(funnel.id)
    won = [row for row in rows if row[given.won] == "1"]
    pairs: list[tuple[str, str, int, int]] = [
        ("funnel", "leads", len(rows), report.funnel.opened),
        ("funnel", "customers", len(won), report.funnel.won),
        *(
            ("funnel", f"reached {stage.name}", many, stage.reached)
            for stage, many in zip(report.funnel.stages, (len(rows), len(won)), strict=True)
        ),
    ]
    requests, customers = Counter(row[given.source] for row in rows), Counter(row[given.source] for row in won)
    reported = {line.source: line for line in report.sources}
    for source in sorted(requests.keys() | reported.keys(), key=lambda s: -requests[s]):
        line = reported.get(source)
        pairs.append(("requests", source or "unknown", requests[source], line.requests if line else 0))
        pairs.append(("customers", source or "unknown", customers[source], line.customers if line else 0))
    kept: Counter[str] = Counter()
    page = crm.deals.list(funnel_id=funnel.id, limit=1000)
    while page:
        kept.update(str(deal.custom.get(given.custom, "")) for deal in page)
        page = crm.deals.list(funnel_id=funnel.id, limit=1000, after=page[-1])
    counted = Counter(row.get(given.custom_column, "") for row in rows)
    pairs += [(given.custom, value, many, kept[value]) for value, many in counted.most_common()]
    return [[what, which, f"{a:,}", f"{b:,}", "yes" if a != b else ""] for what, which, a, b in pairs]


if __name__ == "__main__":
    main()
