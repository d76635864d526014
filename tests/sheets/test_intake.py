"""Leads from a sheet: all of them, each once, bad rows whole and with advice, and a broken-off intake is made whole."""

import csv
import io
import sqlite3
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from crmcore import Crm, Money
from crmcore.domain.deals.parts import Outcome
from crmcore.domain.funnels import Funnel
from crmcore.errors import StoreFailed
from crmcore.sheets.columns import Columns
from crmcore.sheets.intake import Intake, take_in
from crmcore.sheets.reading import sheet_of
from crmcore.sheets.rejects import Rejects

COURSES = Columns.parse(
    [
        "Lead Number=external_id:education",
        "Lead Number=request:education",
        "Lead Source=source",
        "Lead Origin=custom:origin",
        "ToBeConverted=outcome",
        "TotalVisits=custom:visits",
    ],
    ["outcome:1=won", "outcome:0=open"],
)


@pytest.fixture(params=["memory", "sqlite"])
def crm(request: pytest.FixtureRequest) -> Crm:
    """A house with either store."""
    return Crm() if request.param == "memory" else Crm.open("sqlite://")


def courses(count: int) -> str:
    """A table of leads without names, as a training company has them: by chance, with the dirt of the real thing."""
    chance = Random(5)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["Lead Number", "Lead Origin", "Lead Source", "ToBeConverted", "TotalVisits", "Last Activity", "Lead Quality"]
    )
    for number in range(count):
        source = chance.choices(
            ["Google", "google", "Direct Traffic", "Olark Chat", "", "Reference"], [30, 1, 27, 19, 2, 6]
        )[0]
        origin = chance.choice(["API", "Landing Page Submission", "Lead Add Form"])
        bought = int(chance.random() < (0.9 if source == "Reference" else 0.35))
        writer.writerow([660000 + number, origin, source, bought, chance.randrange(9), "Modified", ""])
    return file.getvalue()


def intake_of(
    crm: Crm,
    text: str,
    columns: Columns | None = None,
    *,
    rejects: Path | None = None,
    told: Callable[[int], None] = lambda _: None,
    chunk: int = 100,
) -> tuple[Funnel, Intake]:
    """Take a text in."""
    funnel = crm.funnels.named("Courses") or crm.funnels.create("Courses", stages=["Lead", "Customer"])
    with Rejects(rejects) as aside:
        sheet = sheet_of(text)
        return funnel, take_in(
            crm,
            sheet,
            columns or Columns.guess(sheet.heads),
            aside,
            funnel=funnel.id,
            told=told,
            chunk=chunk,
        )


def test_leads_without_names(crm: Crm) -> None:
    """All leads get in as prospects told apart by their external ids; funnel and sources are those of an independent count."""
    text = courses(300)
    rows = list(csv.DictReader(io.StringIO(text)))
    funnel, done = intake_of(crm, text, COURSES)
    report = crm.reports.live(funnel.id)
    won = Counter(row["Lead Source"] for row in rows if row["ToBeConverted"] == "1")
    known = crm.customers.by_external_id("education", "660000")

    assert (300, 300, 0, ()) == (done.rows, done.taken, done.repeated, done.rejected)
    assert [300, sum(won.values())] == [stage.reached for stage in report.funnel.stages]
    assert Counter(row["Lead Source"] for row in rows) == {line.source: line.requests for line in report.sources}
    assert {source: won[source] for source in {row["Lead Source"] for row in rows}} == {
        line.source: line.customers for line in report.sources
    }
    assert known is not None
    assert ("education 660000", "") == (known.display_name, known.name)


def test_a_second_time_changes_nothing(crm: Crm) -> None:
    """Reading the same file again opens no deal, makes no customer and writes no fact."""
    text = courses(60)
    intake_of(crm, text, COURSES)
    facts = len(crm.feed.read().facts)
    _, again = intake_of(crm, text, COURSES)

    assert (60, 0, 60, 0) == (again.rows, again.taken, again.repeated, again.closed)
    assert facts == len(crm.feed.read().facts)


def test_a_second_time_leaves_every_row_of_every_table(tmp_path: Path) -> None:
    """What the database holds is the same to the byte after the file was read again."""
    crm = Crm.open(f"sqlite:///{tmp_path}/crm.db")
    dumps = []
    for _ in range(2):
        intake_of(crm, courses(250), COURSES)
        with sqlite3.connect(tmp_path / "crm.db") as connection:
            dumps.append(list(connection.iterdump()))
        connection.close()
    crm.close()

    assert dumps[0] == dumps[1]


def test_a_source_is_folded_when_the_map_says_so(crm: Crm) -> None:
    """`google` is kept beside `Google` unless the map says that they are one; no source is unknown, not invented."""
    text = "Lead Source,n\nGoogle,1\ngoogle,2\n,3\n"
    folded = Columns.parse(["n=external_id:x", "Lead Source=source"], ["source:google=Google"])
    kept = Columns.parse(["n=external_id:y", "Lead Source=source"])

    for columns, expected in ((folded, {"Google": 2, "": 1}), (kept, {"Google": 3, "google": 1, "": 2})):
        # The rows are the same requests as before unless they have keys of another system.
        text = (
            text.replace("n\n", "n\n")
            if columns is folded
            else text.replace(",1", ",4").replace(",2", ",5").replace(",3", ",6")
        )
        funnel, _ = intake_of(crm, text, columns)

        assert expected == {line.source: line.requests for line in crm.reports.sources(funnel=funnel.id)}


def test_bad_rows_are_put_aside_whole(crm: Crm, tmp_path: Path) -> None:
    """Each bad row stands in the file of rejects with its number, field, code and advice, and nothing of it was done."""
    text = (
        "name,phone,email,value,outcome,country,city,customer\n"
        "Anna,+371 2000 0001,anna@example.com,100.00 EUR,,LV,Rīga,\n"
        "Bad phone,12,,,,,,\n"
        "Bad mail,,x@,,,,,\n"
        "Bad money,,,12.345 EUR,,,,\n"
        "No money,,,a lot,,,,\n"
        "Bad word,,,,maybe,,,\n"
        "Bad land,,,,,Latvia,Rīga,\n"
        ",,,1.00 EUR,,,,\n"
        "No such,,,,,,,customer_00000000000070008000000000000009\n"
        "Too many,,,,,,,,surplus\n"
        "=cmd,,,,,,,\n"
        f"{'x' * 300},,,,,,,\n"
    )
    path = tmp_path / "rejects.csv"
    funnel, done = intake_of(crm, text, rejects=path)
    table = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    expected = [
        ("3", "phone", "invalid_phone"),
        ("4", "email", "invalid_email"),
        ("5", "value", "too_precise"),
        ("6", "value", "unknown_currency"),
        ("7", "outcome", "not_allowed"),
        ("8", "country", "not_allowed"),
        ("9", "name", "blank"),
        ("10", "", "not_found"),
        ("11", "row", "invalid_input"),
        ("13", "name", "too_long"),
    ]

    assert expected == [(row[0], row[1], row[2]) for row in table[1:]]
    assert all(row[3] for row in table[1:])
    assert ["Too many", "", "", "", "", "", "", "", "surplus"] == table[9][4:]
    assert (12, 2) == (done.rows, done.taken)
    assert {"Anna", "=cmd"} == {deal.title for deal in crm.deals.list(funnel=funnel.id)}
    assert {Money("100.00", "EUR"), None} == {deal.total for deal in crm.deals.list(funnel=funnel.id)}
    assert {"Anna", "=cmd"} == {customer.name for customer in crm.customers.search()}


def test_corrected_rejects_are_taken_in(crm: Crm, tmp_path: Path) -> None:
    """The file of rejects is a table like any other: corrected, it is read, and its own columns mean nothing. Until all is read it stays."""
    path = tmp_path / "rejects.csv"
    intake_of(crm, "name,phone,row\nAnna,12,a\n=Bruno,34,b\n", rejects=path)
    corrected = path.read_text(encoding="utf-8").replace(",12,", ",+371 2000 0001,").replace(",34,", ",+371 2000 0002,")
    with pytest.raises(KeyboardInterrupt):
        intake_of(crm, corrected + ",,,,,12,\n", rejects=path, told=_stopping(1), chunk=1)
    assert path.exists()
    _, done = intake_of(crm, corrected, rejects=path)

    assert (1, 1, ()) == (done.taken, done.repeated, done.rejected)
    assert {"Anna", "=Bruno"} == {customer.name for customer in crm.customers.search()}
    assert not path.exists()


def test_whoever_fits_two_customers_is_not_guessed(crm: Crm, tmp_path: Path) -> None:
    """The phone of one and the address of another: nobody is chosen, until the row says who it is."""
    people = "name,phone,email,customer\nAnna,+371 2000 0001,,\nBruno,,b@example.com,\n"
    _, first = intake_of(crm, people + "Who,+371 2000 0001,b@example.com,\n", rejects=tmp_path / "rejects.csv")
    anna = next(customer for customer in crm.customers.search() if customer.name == "Anna")
    _, second = intake_of(crm, people.partition("\n")[0] + f"\nWho,,b@example.com,{anna.id}\n")

    assert ["ambiguous_customer"] == [reject.code for reject in first.rejected]
    assert "column named customer" in first.rejected[0].advice
    assert (1, ()) == (second.taken, second.rejected)


def test_an_intake_that_broke_off_is_made_whole(crm: Crm) -> None:
    """Wherever it is broken off, the same call goes on; a deal whose winning was cut off is won then."""
    text = courses(40)
    want = sum(row["ToBeConverted"] == "1" for row in csv.DictReader(io.StringIO(text)))
    for stop in (4, 8, 24):
        with pytest.raises(KeyboardInterrupt):
            intake_of(crm, text, COURSES, told=_stopping(stop), chunk=4)
    funnel = crm.funnels.named("Courses")
    assert funnel is not None
    first = next(deal for deal in crm.deals.list(funnel=funnel.id) if deal.outcome is Outcome.WON)
    crm.deals.reopen(first.id)
    intake_of(crm, text, COURSES)
    report = crm.reports.funnel(funnel.id)

    assert (40, want) == (report.opened, report.won)


def _stopping(at: int) -> Callable[[int], None]:
    def tell(rows: int) -> None:
        if rows == at:
            raise KeyboardInterrupt

    return tell


def test_lost_leads(crm: Crm) -> None:
    """A row that says that the deal was lost, and why, loses it."""
    funnel, done = intake_of(crm, "name,outcome,reason\nAnna,lost,too dear\nBruno,LOST,\n")

    assert 2 == done.closed
    assert {"too dear": 1, "unknown": 1} == crm.reports.funnel(funnel.id).reasons


def test_a_store_that_fails_is_not_the_rows_fault(tmp_path: Path) -> None:
    """When the database fails the intake ends, and no row is blamed for it."""
    crm = Crm.open(f"sqlite:///{tmp_path}/crm.db")
    funnel = crm.funnels.create("Courses", stages=["Lead", "Customer"])
    with Rejects(None) as rejects:
        sheet = sheet_of("name\nAnna\n")
        from sqlalchemy import text

        with crm.house.store.engine.begin() as connection:  # type: ignore[attr-defined]  # it is a SQL store
            connection.execute(text("DROP TABLE crm_deals"))
        with pytest.raises(StoreFailed):
            take_in(crm, sheet, Columns.guess(sheet.heads), rejects, funnel=funnel.id)
    assert [] == rejects.all
    crm.close()


def test_leads_keep_the_time_when_they_were_asked(crm: Crm) -> None:
    """By the house's clock, or with a zone of their own; what is no time, or has not come yet, is put aside."""
    funnel = crm.funnels.create("Windows", stages=["First call", "Sold"])
    table = "name,at\nAnna,2020-01-31 14:30\nBruno,2020-07-31\nCarla,2020-01-31T14:30+02:00\nDina,\nElza,soon\nZane,2999-01-01\n"
    riga = Crm(crm.house.store, zone="Europe/Riga")
    with Rejects(None) as rejects:
        intake = take_in(riga, sheet_of(table), Columns.guess(["name", "at"]), rejects, funnel=funnel.id)
    opened = [deal.opened_at for deal in crm.deals.list()]

    assert (4, ["at", "at"]) == (intake.taken, [reject.field for reject in intake.rejected])
    assert [
        datetime(2020, 1, 31, 12, 30, tzinfo=UTC),
        datetime(2020, 7, 30, 21, tzinfo=UTC),
        datetime(2020, 1, 31, 12, 30, tzinfo=UTC),
    ] == opened[:3]
    assert datetime.now(UTC) - opened[3] < timedelta(minutes=5)
