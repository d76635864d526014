"""``crmcore demo``: simulate three months of a sample company."""

import argparse
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmcore.cli.demo_service import run_service_demo
from crmcore.cli.import_options import add_import_options, column_mapping_from, open_input
from crmcore.cli.options import add_format_options, open_store
from crmcore.cli.output import Progress, print_json, print_progress, print_result
from crmcore.cli.report import to_data

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.crm import Crm
    from crmcore.demo.simulation import SimulationResult

SUMMARY: Final = "simulate three months of a company that installs windows"
DESCRIPTION: Final = """\
Simulate three months of a company that installs windows, on a simulated clock, from a CSV file of requests. Leads are captured, called,
measured, quoted, paid and installed, or lost with a reason; overdue work is escalated to managers. The command prints the dashboard report and
writes documents, e-mails and an HTML report to the output directory. A second run on the same database repeats nothing. The demo "service"
simulates three months of a company that services boilers: complaints, visits of technicians and the knowledge base."""
EXAMPLES: Final = (
    "crmcore demo",
    "crmcore demo --output-dir /tmp/windows --language fa",
    "crmcore demo service",
    "crmcore demo --input requests.csv --database-url postgresql://crm@localhost/crm",
)
OUTPUT_DIR: Final = "crmcore-demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    parser.add_argument(
        "act",
        nargs="?",
        choices=["windows", "service"],
        default="windows",
        help="the company: installs windows (default), or services boilers",
    )
    parser.add_argument(
        "--output-dir",
        default=OUTPUT_DIR,
        metavar="PATH",
        help=f"output directory (default: {OUTPUT_DIR}/)",
    )
    parser.add_argument(
        "--database-url", metavar="URL", help="SQLAlchemy URL of the database (default: crm.db in the output directory)"
    )
    parser.add_argument("--tenant", default="demo", metavar="NAME", help="tenant whose data is used (default: demo)")
    parser.add_argument(
        "--input", metavar="FILE", help="CSV file of requests; - is standard input (default: the requests of the demo)"
    )
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_import_options(parser)
    add_format_options(parser, time_zone="Asia/Tashkent")


def run(args: argparse.Namespace) -> int:
    """Run the simulation and print the report."""
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.demo.company import ZONE
    from crmcore.demo.generator import REQUESTS_FILE
    from crmcore.demo.simulation import SIMULATED_PERIOD, Simulation
    from crmcore.domain.kernel.zones import zone_of
    from crmcore.importing.csv_reader import CsvTable
    from crmcore.importing.rejects import RejectsFile

    output_dir = Path(args.output_dir)
    output_dir.mkdir(parents=True, exist_ok=True)
    if args.act == "service":
        return run_service_demo(args, output_dir, _open_crm)
    clock, time_zone = FrozenClock(SIMULATED_PERIOD.since), zone_of(ZONE)
    crm = _open_crm(args, output_dir, clock)
    progress = Progress(total=SIMULATED_PERIOD.length.days, quiet=args.quiet)

    def on_progress(at: datetime, figure_counts: Counter[str]) -> None:
        text = f"{at.astimezone(time_zone):%d %B}: {figure_counts['imported'] + figure_counts['already_known']} requests, {figure_counts['sent']} messages sent"
        progress.update((at - SIMULATED_PERIOD.since).days, text)

    with RejectsFile(output_dir / "rejects.csv") as rejects, open_input(args.input or str(REQUESTS_FILE)) as source:
        table = CsvTable(source)
        result = Simulation(crm, clock, on_progress).run(table, column_mapping_from(args, table.headings), rejects)
    progress.clear()
    _save_output(result, output_dir, args)
    crm.close()
    if args.json:
        figure_counts = {**result.counts, "rejected": len(result.rejected), "documents": len(result.documents)}
        print_json({"counts": figure_counts, **to_data(result.report)})
    else:
        print_result(result.report.text(language=args.language, time_zone=args.time_zone))
        print_progress(_summary(result, output_dir))
    return 1 if args.input and result.rejected else 0


def _open_crm(args: argparse.Namespace, output_dir: Path, clock: "FrozenClock") -> "Crm":
    from crmcore.adapters.files import FolderFileStore
    from crmcore.adapters.notifications.file import FileNotifier
    from crmcore.crm import Crm
    from crmcore.demo.company import COMPANY_DETAILS, ZONE
    from crmcore.demo.documents import PlaceholderRenderer

    # The demo can be repeated at any time, so its own file need not survive a power failure.
    default_url = f"sqlite:///{output_dir}/crm.db"
    store = open_store(args.database_url) if args.database_url else open_store(default_url, durability="relaxed")
    return Crm(
        store,
        tenant=args.tenant,
        clock=clock,
        region=args.region or "UZ",
        time_zone=ZONE,
        company=COMPANY_DETAILS,
        renderer=PlaceholderRenderer(),
        file_store=FolderFileStore(output_dir / "files"),
        notifiers={"email": FileNotifier(output_dir / "letters", sender="crm@windows.example")},
    )


def _save_output(result: "SimulationResult", output_dir: Path, args: argparse.Namespace) -> None:
    """Write the documents and the report to the output directory."""
    documents = output_dir / "documents"
    documents.mkdir(exist_ok=True)
    for key, document in result.documents:
        name = "".join(char if char.isalnum() else "-" for char in key.rpartition(" ")[2])[:60]
        (documents / f"{name}-{document.id[-8:]}.html").write_text(document.body or "", encoding="utf-8")
    result.report.save(output_dir / "report.html", language=args.language, time_zone=args.time_zone)
    result.report.save(output_dir / "report.txt", language=args.language, time_zone=args.time_zone)


def _summary(result: "SimulationResult", output_dir: Path) -> str:
    counts, rejected = result.counts, len(result.rejected)
    imported = f"{counts['imported']} requests imported, {counts['already_known']} known from an earlier run"
    lines = [
        "",
        f"{counts['rows']} rows: {imported}, {counts['duplicates']} duplicates, {rejected} rejected",
        *(f"  {reject}" for reject in result.rejected),
        f"{counts['jobs_done']} jobs run, {counts['sent']} messages sent, {len(result.documents)} documents rendered",
        f"in {output_dir}/: report.html, report.txt, documents/, letters/, files/"
        + (", rejects.csv" if result.rejected else ""),
    ]
    return "\n".join(lines)
