"""``crmcore demo``: a company that installs windows, for three months, in some seconds."""

import argparse
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final

from crmcore.cli.doors import add_looks, open_store
from crmcore.cli.report import figures
from crmcore.cli.service import play_service
from crmcore.cli.sheets import add_sheet, columns_of, sheet_from
from crmcore.cli.talk import Progress, note, say, say_json

if TYPE_CHECKING:
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.crm import Crm
    from crmcore.demo.play import Played

SUMMARY: Final = "watch a company that installs windows for three months"
DESCRIPTION: Final = """\
Play three months of a company that installs windows, on a simulated clock, from a file of requests: they are taken in, called, measured,
calculated, paid and installed, or lost for a reason; late work is told to supervisors. Shown are the live report and the funnel; documents,
letters and a page with pictures are put into a folder. Playing again on the same store does nothing twice. The second act, service, plays three
months of a company that looks after boilers: its complaints, its technicians' visits, and what it knows."""
EXAMPLES: Final = (
    "crmcore demo",
    "crmcore demo --folder /tmp/windows --language fa",
    "crmcore demo service",
    "crmcore demo --input requests.csv --store postgresql://crm@localhost/crm",
)
FOLDER: Final = "crmcore-demo"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument(
        "act",
        nargs="?",
        choices=["windows", "service"],
        default="windows",
        help="what is played: the company that installs windows, or one that looks after boilers",
    )
    parser.add_argument(
        "--folder", default=FOLDER, metavar="PATH", help=f"where everything is put; {FOLDER}/ when not given"
    )
    parser.add_argument("--store", metavar="URL", help="any SQLAlchemy URL; crm.db in the folder when not given")
    parser.add_argument("--tenant", default="demo", metavar="NAME", help="whose data; demo when not given")
    parser.add_argument("--input", metavar="FILE", help="requests of your own, as CSV; - is standard input")
    parser.add_argument("--quiet", action="store_true", help="show no progress")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_sheet(parser)
    add_looks(parser, zone="Asia/Tashkent")


def run(args: argparse.Namespace) -> int:
    """Play it, and show what came of it."""
    from crmcore.adapters.clocks import FrozenClock
    from crmcore.demo.company import ZONE
    from crmcore.demo.generator import FILE
    from crmcore.demo.play import SEASON, Play
    from crmcore.domain.zones import zone_of
    from crmcore.sheets.reading import Sheet
    from crmcore.sheets.rejects import Rejects

    folder = Path(args.folder)
    folder.mkdir(parents=True, exist_ok=True)
    if args.act == "service":
        return play_service(args, folder, _open)
    clock, zone = FrozenClock(SEASON.since), zone_of(ZONE)
    crm = _open(args, folder, clock)
    progress = Progress(whole=SEASON.length.days, quiet=args.quiet)

    def tell(at: datetime, counts: Counter[str]) -> None:
        text = (
            f"{at.astimezone(zone):%d %B}: {counts['taken'] + counts['known']} requests, {counts['sent']} letters sent"
        )
        progress.tell((at - SEASON.since).days, text)

    with Rejects(folder / "rejects.csv") as rejects, sheet_from(args.input or str(FILE)) as source:
        sheet = Sheet(source)
        played = Play(crm, clock, tell).run(sheet, columns_of(args, sheet.heads), rejects)
    progress.end()
    _save(played, folder, args)
    crm.close()
    if args.json:
        counts = {**played.counts, "rejected": len(played.rejected), "documents": len(played.papers)}
        say_json({"counts": counts, **figures(played.report)})
    else:
        say(played.report.text(language=args.language, zone=args.zone))
        note(_summary(played, folder))
    return 1 if args.input and played.rejected else 0


def _open(args: argparse.Namespace, folder: Path, clock: "FrozenClock") -> "Crm":
    from crmcore.adapters.files import FolderFiles
    from crmcore.adapters.notify.folder import FolderNotifier
    from crmcore.crm import Crm
    from crmcore.demo.company import ABOUT, ZONE
    from crmcore.demo.papers import Gaps

    # What the demo keeps in its own file can be played again at any time, so it need not outlast a power cut.
    own = f"sqlite:///{folder}/crm.db"
    store = open_store(args.store) if args.store else open_store(own, durability="relaxed")
    return Crm(
        store,
        tenant=args.tenant,
        clock=clock,
        region=args.region or "UZ",
        zone=ZONE,
        company=ABOUT,
        renderer=Gaps(),
        files=FolderFiles(folder / "files"),
        notifiers={"email": FolderNotifier(folder / "letters", sender="crm@windows.example")},
    )


def _save(played: "Played", folder: Path, args: argparse.Namespace) -> None:
    """Put the documents and the report into the folder."""
    documents = folder / "documents"
    documents.mkdir(exist_ok=True)
    for key, paper in played.papers:
        name = "".join(char if char.isalnum() else "-" for char in key.rpartition(" ")[2])[:60]
        (documents / f"{name}-{paper.id[-8:]}.html").write_text(paper.body or "", encoding="utf-8")
    played.report.save(folder / "report.html", language=args.language, zone=args.zone)
    played.report.save(folder / "report.txt", language=args.language, zone=args.zone)


def _summary(played: "Played", folder: Path) -> str:
    counts, rejected = played.counts, len(played.rejected)
    taken = f"{counts['taken']} requests taken in, {counts['known']} known from an earlier play"
    lines = [
        "",
        f"{counts['rows']} rows: {taken}, {counts['repeated']} repeated, {rejected} rejected",
        *(f"  {reject}" for reject in played.rejected),
        f"{counts['due']} times something was due, {counts['sent']} letters sent, {len(played.papers)} documents made",
        f"in {folder}/: report.html, report.txt, documents/, letters/, files/"
        + (", rejects.csv" if played.rejected else ""),
    ]
    return "\n".join(lines)
