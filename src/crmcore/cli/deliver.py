"""``crmcore deliver``: what leaves the house, for a scheduler to call."""

import argparse
import os
from typing import TYPE_CHECKING, Final

from crmcore.cli.doors import add_house, open_crm
from crmcore.cli.talk import note, say, say_json
from crmcore.domain.errors.given import InvalidInput

if TYPE_CHECKING:
    from crmcore.services.ports import Notifier

SUMMARY: Final = "send the messages that wait"
DESCRIPTION: Final = """\
Send the messages that wait, each at least once and under the same id. Where to:
  console         write them here
  a folder        put them there as files that mail programs read
  smtp://HOST     send them by mail; the login stands in $CRMCORE_SMTP_USER and $CRMCORE_SMTP_PASSWORD"""
EXAMPLES: Final = (
    "crmcore deliver --store sqlite:///crm.db --to outbox/",
    "crmcore deliver --store sqlite:///crm.db --to smtp://mail.example.com:587 --sender crm@example.com",
)
MOST: Final = 1000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the command takes."""
    parser.add_argument("--to", default="console", metavar="WHERE", help="console, a folder, or smtp://HOST:PORT")
    parser.add_argument("--sender", metavar="ADDRESS", help="whom mails come from; asked for with smtp")
    parser.add_argument("--channel", default="email", metavar="NAME", help="whose messages; email when not given")
    parser.add_argument("--json", action="store_true", help="write figures for a program instead")
    add_house(parser)


def run(args: argparse.Namespace) -> int:
    """Send until nothing is left that can be sent now."""
    crm = open_crm(args, notifiers={args.channel: _notifier(args)})
    counts = dict.fromkeys(("sent", "failed", "dead", "lost"), 0)
    while True:
        report = crm.deliver(limit=MOST)
        for name in counts:
            counts[name] += getattr(report, name)
        if report.sent < MOST:
            break
    crm.close()
    if args.json:
        say_json(counts)
    elif args.to == "console":
        note(", ".join(f"{name} {count}" for name, count in counts.items()))
    else:
        say(", ".join(f"{name} {count}" for name, count in counts.items()))
    return 1 if counts["failed"] or counts["dead"] else 0


def _notifier(args: argparse.Namespace) -> "Notifier":
    import sys
    from urllib.parse import urlsplit

    from crmcore.adapters.notify.console import ConsoleNotifier
    from crmcore.adapters.notify.folder import SENDER, FolderNotifier
    from crmcore.adapters.notify.smtp import SmtpNotifier

    if args.to == "console":
        return ConsoleNotifier(sys.stderr if args.json else None)
    if not args.to.startswith(("smtp:", "smtps:")):
        return FolderNotifier(args.to, sender=args.sender or SENDER)
    url = urlsplit(args.to)
    if not url.hostname or not args.sender:
        raise InvalidInput("to", "must name the server, and --sender whom mails come from")
    return SmtpNotifier(
        url.hostname,
        port=url.port,
        sender=args.sender,
        security="tls" if url.scheme == "smtps" else "starttls",
        user=os.environ.get("CRMCORE_SMTP_USER"),
        password=os.environ.get("CRMCORE_SMTP_PASSWORD"),
    )
