"""Time to compute the SLA timers of 10,000 complaints with five pauses each, and of as many without any.

Run: ``python -m benchmarks.sla_replay``. Every complaint has its own instants, over two years, by an office's calendar with lunch breaks and
holidays; three timers are computed for each: target, consumed, remaining, due, at risk, breached. The calendar's index is made within the time.
"""

import random
import statistics
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

from crmcore.domain.organization.business_hours.business_hours import BusinessHours
from crmcore.domain.organization.business_hours.hours import Holiday, Shift
from crmcore.domain.sla.events import SlaEvent, SlaEventKind, replay
from crmcore.domain.sla.targets import SlaTargets

COMPLAINTS: Final = 10_000
ROUNDS: Final = 5
BEGIN: Final = datetime(2024, 1, 1, tzinfo=UTC)
NOW: Final = datetime(2026, 3, 2, 12, tzinfo=UTC)
TARGETS: Final = SlaTargets(
    first_response=timedelta(hours=4), next_response=timedelta(hours=8), resolution=timedelta(hours=80)
)


def random_events(rng: random.Random, pauses: int) -> tuple[SlaEvent, ...]:
    """What happened to one complaint."""
    at = BEGIN + timedelta(seconds=rng.randrange(700 * 86_400))
    happened = [SlaEvent(SlaEventKind.OPENED, at, TARGETS)]
    for kind in (
        SlaEventKind.REPLIED,
        *(SlaEventKind.PAUSED, SlaEventKind.RESUMED) * pauses,
        SlaEventKind.CUSTOMER_REPLIED,
        SlaEventKind.REPLIED,
    ):
        at += timedelta(seconds=rng.randrange(3 * 86_400))
        happened.append(SlaEvent(kind, at))
    return tuple(happened)


def measure_replay(complaints: Sequence[Sequence[SlaEvent]]) -> float:
    """Compute all timers; return the seconds."""
    began = time.perf_counter()
    office = BusinessHours(
        "Europe/Riga",
        Shift.parse_week("Mo-Fr 09:00-13:00,14:00-18:00"),
        [Holiday(date(year, month, 1)) for year in (2024, 2025, 2026) for month in (1, 5)],
    )
    for happened in complaints:
        replay(happened, business_hours=office, now=NOW)
    return time.perf_counter() - began


def main() -> None:
    """Print the table."""
    rng = random.Random(1)
    plain = [random_events(rng, 0) for _ in range(COMPLAINTS)]
    paused = [random_events(rng, 5) for _ in range(COMPLAINTS)]
    seconds = [(measure_replay(plain), measure_replay(paused)) for _ in range(ROUNDS)]
    without, with_five = (statistics.median(column) for column in zip(*seconds, strict=True))
    print(f"clocks of {COMPLAINTS:,} complaints, median of {ROUNDS} rounds")
    print(f"  no pause     {without:6.3f} s   {without / COMPLAINTS * 1e6:6.1f} µs each")
    print(f"  five pauses  {with_five:6.3f} s   {with_five / COMPLAINTS * 1e6:6.1f} µs each")
    print(f"  ratio        {with_five / without:6.2f}")


if __name__ == "__main__":
    main()
