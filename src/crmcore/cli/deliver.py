"""``crmcore deliver``: send the queued messages of the outbox.

Invariant: a printed message is not marked as sent.
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

SUMMARY: Final = "send the queued messages"
DESCRIPTION: Final = """\
Send the queued messages, each at least once, every copy with the same id. The destination is one of:
  smtp://HOST     send by SMTP; the login is in $CRMCORE_SMTP_USER and $CRMCORE_SMTP_PASSWORD
  a directory     write .eml files and mark the messages as sent
  console         print the messages, like --print
Without --to the command uses $CRMCORE_SMTP_URL, without --sender $CRMCORE_SMTP_SENDER. Without any destination it exits with 2.
Printed messages are not marked as sent."""
EXAMPLES: Final = (
    "crmcore deliver --database-url sqlite:///crm.db --print",
    "crmcore deliver --database-url sqlite:///crm.db --to outbox/",
    "crmcore deliver --database-url sqlite:///crm.db --to smtp://mail.example.com:587 --sender crm@example.com",
)
URL: Final = "CRMCORE_SMTP_URL"
SENDER: Final = "CRMCORE_SMTP_SENDER"
BATCH_LIMIT: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of the command."""
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="WHERE", help=f"smtp://HOST:PORT, a directory, or console (default: ${URL})")
    where.add_argument("--print", action="store_true", help="print the queued messages, send none, mark none as sent")
    parser.add_argument("--sender", metavar="ADDRESS", help=f"sender of the e-mails (default: ${SENDER})")
    parser.add_argument("--channel", default="email", metavar="NAME", help="channel of the messages (default: email)")
    parser.add_argument("--json", action="store_true", help="print the result as JSON")
    add_connection_options(parser)


def run(args: argparse.Namespace) -> int:
    """Send until no message is due."""
    to = "console" if args.print else args.to or os.environ.get(URL)
    if not to:
        raise RequiredError(
            "to",
            f"is required: --to smtp://HOST:PORT --sender ADDRESS, or ${URL} and ${SENDER}; "
            "--to DIRECTORY writes files, --print prints the queued messages",
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
    """Print the queued messages without marking them as sent."""
    from crmcore.adapters.notifications.console import ConsoleNotifier

    console = ConsoleNotifier(sys.stderr if args.json else None)
    messages = crm.outbox.preview(channel=args.channel, limit=BATCH_LIMIT)
    crm.close()
    for message in messages:
        console.send(message)
    if args.json:
        print_json({"printed": len(messages), "sent": 0})
    else:
        print_progress(f"printed {len(messages)}, none marked as sent")
    return 0


def _notifier(to: str, sender: str | None) -> "Notifier":
    from urllib.parse import urlsplit

    from crmcore.adapters.notifications.file import DEFAULT_SENDER, FileNotifier
    from crmcore.adapters.notifications.smtp import SmtpNotifier

    if not to.startswith(("smtp:", "smtps:")):
        return FileNotifier(to, sender=sender or DEFAULT_SENDER)
    url = urlsplit(to)
    try:
        port = url.port
    except ValueError:
        raise InvalidInputError("to", "must have a port from 0 to 65535") from None
    if not url.hostname or not sender:
        raise InvalidInputError("to", f"must name the server; --sender or ${SENDER} must name the sender")
    return SmtpNotifier(
        url.hostname,
        port=port,
        sender=sender,
        security="tls" if url.scheme == "smtps" else "starttls",
        user=os.environ.get("CRMCORE_SMTP_USER"),
        password=os.environ.get("CRMCORE_SMTP_PASSWORD"),
    )
