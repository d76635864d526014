"""``crmcore deliver``: send the messages that wait, for a scheduler to call.

Rule: a message that was only printed is not marked as sent.
"""

import argparse
import os
import sys
from typing import TYPE_CHECKING, Final

from crmcore.cli.options import add_connection_options, open_crm
from crmcore.cli.output import print_json, print_progress, print_result
from crmcore.domain.kernel.errors.validation import InvalidInputError, RequiredError

if TYPE_CHECKING:
    from crmcore.crm import Crm
    from crmcore.ports import Notifier

SUMMARY: Final = "send the messages that wait"
DESCRIPTION: Final = """\
Send the messages that wait, each at least once and under the same id. Where to:
  smtp://HOST     send them by mail; the login is in $CRMCORE_SMTP_USER and $CRMCORE_SMTP_PASSWORD
  a folder        write them there as files that mail programs read, and mark them as sent
  console         print them, as --print does
Without --to the command reads $CRMCORE_SMTP_URL, and without --sender $CRMCORE_SMTP_SENDER. With none of them it ends with 2.
What is printed is not marked as sent."""
EXAMPLES: Final = (
    "crmcore deliver --store sqlite:///crm.db --print",
    "crmcore deliver --store sqlite:///crm.db --to outbox/",
    "crmcore deliver --store sqlite:///crm.db --to smtp://mail.example.com:587 --sender crm@example.com",
)
URL: Final = "CRMCORE_SMTP_URL"
SENDER: Final = "CRMCORE_SMTP_SENDER"
BATCH_LIMIT: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="WHERE", help=f"smtp://HOST:PORT, a folder, or console; ${URL} when not given")
    where.add_argument("--print", action="store_true", help="print what waits, send nothing, mark nothing as sent")
    parser.add_argument("--sender", metavar="ADDRESS", help=f"the sender of the mails; ${SENDER} when not given")
    parser.add_argument("--channel", default="email", metavar="NAME", help="whose messages; email when not given")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Send until nothing is left that can be sent now."""
    to = "console" if args.print else args.to or os.environ.get(URL)
    if not to:
        raise RequiredError(
            "to",
            f"must say where messages go: --to smtp://HOST:PORT --sender ADDRESS, or ${URL} and ${SENDER}; "
            "--to FOLDER writes files, and --print shows what waits",
        )
    if to == "console":
        return _print(open_crm(args), args)
    crm = open_crm(args, notifiers={args.channel: _notifier(to, args.sender or os.environ.get(SENDER))})
    counts = dict.fromkeys(("sent", "failed", "dead", "lease_expired"), 0)
    while True:
        report = crm.deliver(limit=BATCH_LIMIT)
        for name in counts:
            counts[name] += getattr(report, name)
        if report.sent < BATCH_LIMIT:
            break
    crm.close()
    if args.json:
        print_json(counts)
    else:
        print_result(", ".join(f"{name} {count}" for name, count in counts.items()))
    return 1 if counts["failed"] or counts["dead"] else 0


def _print(crm: "Crm", args: argparse.Namespace) -> int:
    """Print the letters that wait, and mark none of them."""
    from crmcore.adapters.notifications.console import ConsoleNotifier

    console = ConsoleNotifier(sys.stderr if args.json else None)
    letters = crm.outbox.preview(channel=args.channel, limit=BATCH_LIMIT)
    crm.close()
    for letter in letters:
        console.send(letter)
    if args.json:
        print_json({"printed": len(letters), "sent": 0})
    else:
        print_progress(f"printed {len(letters)}, none marked as sent")
    return 0


def _notifier(to: str, sender: str | None) -> "Notifier":
    from urllib.parse import urlsplit

    from crmcore.adapters.notifications.file import DEFAULT_SENDER as NOBODY, FileNotifier
    from crmcore.adapters.notifications.smtp import SmtpNotifier

    if not to.startswith(("smtp:", "smtps:")):
        return FileNotifier(to, sender=sender or NOBODY)
    url = urlsplit(to)
    try:
        port = url.port
    except ValueError:
        raise InvalidInputError("to", "must name a port from 0 to 65535") from None
    if not url.hostname or not sender:
        raise InvalidInputError("to", f"must name the server, and --sender or ${SENDER} the sender of the mails")
    return SmtpNotifier(
        url.hostname,
        port=port,
        sender=sender,
        security="tls" if url.scheme == "smtps" else "starttls",
        user=os.environ.get("CRMCORE_SMTP_USER"),
        password=os.environ.get("CRMCORE_SMTP_PASSWORD"),
    )
