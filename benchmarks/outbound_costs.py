"""Costs of outbound work: `python benchmarks/outbound_costs.py`. Medians, in microseconds of wall time, of this machine."""

import statistics
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any

from crmcore import Crm, SmtpNotifier, UrlGuard
from crmcore.adapters.notifications.webhook_signatures import WebhookVerifier, parse_secret, sign
from crmcore.adapters.templates.renderer import JinjaRenderer
from crmcore.domain.kernel.ids import MessageId
from crmcore.domain.messaging.messages import OutgoingMessage

SECRET = "whsec_" + "QUJD" * 11
INVOICE = """<h1>Invoice</h1><p>{{ customer.name }}, {{ customer.address_lines|join(', ') }}</p><table>
{% for line in lines %}<tr><td>{{ loop.index }}</td><td>{{ line.product }}</td><td>{{ line.price|round(2) }}</td></tr>
{% endfor %}</table><p>{{ deal.opened|date }} {% if deal.note %}{{ deal.note|truncate(40) }}{% endif %}</p>"""


def median_microseconds(call: Callable[[], Any], *, rounds: int = 200) -> float:
    """The median time of a call, in microseconds."""
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        call()
        took.append((time.perf_counter() - began) * 1e6)
    return statistics.median(took)


def main() -> None:
    """Print one line for each."""
    data = {
        "customer": {"name": "Jānis Bērziņš", "address_lines": ["Brīvības iela 1", "Rīga"]},
        "deal": {"opened": "2026-03-02 09:00", "note": "x" * 100},
        "lines": [{"product": f"Window {n}", "price": "199.90"} for n in range(20)],
    }
    warm = JinjaRenderer()
    message = OutgoingMessage(
        id=MessageId("message_018f3c0e6b7a7c1e9d2b4a5f60718293"),
        tenant="default",
        channel="email",
        address="anna@example.com",
        recipient_name="Anna",
        subject="Late: call Jānis",
        body="It was due.",
        language="lv",
        topic="task.overdue",
        about_id=None,
        variables={},
        at=datetime(2026, 3, 2, 9, tzinfo=UTC),
    )
    key, body = parse_secret(SECRET), b"x" * 200
    guard = UrlGuard(resolver=lambda *_: ["93.184.216.34", "2606:2800:220:1::1"])
    now = datetime.now(UTC)
    at = int(now.timestamp())
    headers = {"webhook-id": "a", "webhook-timestamp": str(at), "webhook-signature": sign(key, "a", at, body)}
    verifier = WebhookVerifier([SECRET], now=lambda: now)
    mail = SmtpNotifier("localhost", sender="crm@example.com")
    crm = Crm()
    lines: Sequence[tuple[str, Callable[[], Any]]] = (
        ("fill an invoice of 20 lines", lambda: warm.render("T", INVOICE, data, media_type="text/html")),
        (
            "look it over, compile and fill it",
            lambda: JinjaRenderer().render("T", INVOICE, data, media_type="text/html"),
        ),
        ("write a mail", lambda: mail.compose(message).as_bytes()),
        ("sign a call", lambda: sign(key, "a", at, body)),
        ("verify a call", lambda: verifier.verify(headers, body)),
        ("guard an address with two numbers", lambda: guard.resolve("https://hooks.example.com/crm")),
        ("read the health of an idle tenant", crm.health),
    )
    for name, what in lines:
        print(f"{median_microseconds(what):>10,.0f} µs  {name}")


if __name__ == "__main__":
    main()
