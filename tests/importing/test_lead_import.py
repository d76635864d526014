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
from crmcore.domain.sales.deals.parts import Outcome
from crmcore.domain.sales.funnels.funnel import Funnel
from crmcore.errors import StoreError
from crmcore.importing.column_mapping import ColumnMapping
from crmcore.importing.csv_reader import table_from_text
from crmcore.importing.lead_import import ImportResult, import_leads
from crmcore.importing.rejects import RejectsFile

COURSES_MAPPING = ColumnMapping.parse(
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
    """Provide a `Crm` with each store."""
    return Crm() if request.param == "memory" else Crm.open("sqlite://")


def courses_csv(count: int) -> str:
    """A table of leads without names, as a training company has them: by chance, with the dirt of the real thing."""
    rng = Random(5)
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(
        ["Lead Number", "Lead Origin", "Lead Source", "ToBeConverted", "TotalVisits", "Last Activity", "Lead Quality"]
    )
    for number in range(count):
        source = rng.choices(
            ["Google", "google", "Direct Traffic", "Olark Chat", "", "Reference"], [30, 1, 27, 19, 2, 6]
        )[0]
        origin = rng.choice(["API", "Landing Page Submission", "Lead Add Form"])
        bought = int(rng.random() < (0.9 if source == "Reference" else 0.35))
        writer.writerow([660000 + number, origin, source, bought, rng.randrange(9), "Modified", ""])
    return file.getvalue()


def import_text(
    crm: Crm,
    text: str,
    columns: ColumnMapping | None = None,
    *,
    rejects: Path | None = None,
    on_progress: Callable[[int], None] = lambda _: None,
    chunk_size: int = 100,
) -> tuple[Funnel, ImportResult]:
    """Take a text in."""
    funnel = crm.funnels.get_by_name("Courses") or crm.funnels.create("Courses", stages=["Lead", "Customer"])
    with RejectsFile(rejects) as rejects_file:
        sheet = table_from_text(text)
        return funnel, import_leads(
            crm,
            sheet,
            columns or ColumnMapping.guess(sheet.headings),
            rejects_file,
            funnel_id=funnel.id,
            on_progress=on_progress,
            chunk_size=chunk_size,
        )


def test_leads_without_names_are_imported_by_external_id(crm: Crm) -> None:
    """All leads get in as prospects identified by their external ids; funnel and sources are those of an independent count."""
    text = courses_csv(300)
    rows = list(csv.DictReader(io.StringIO(text)))
    funnel, done = import_text(crm, text, COURSES_MAPPING)
    report = crm.reports.dashboard(funnel.id)
    won = Counter(row["Lead Source"] for row in rows if row["ToBeConverted"] == "1")
    known = crm.customers.get_by_external_id("education", "660000")

    assert (300, 300, 0, ()) == (done.rows, done.imported, done.duplicates, done.rejected)
    assert [300, sum(won.values())] == [stage.reached for stage in report.funnel.stages]
    assert Counter(row["Lead Source"] for row in rows) == {line.source: line.requests for line in report.sources}
    assert {source: won[source] for source in {row["Lead Source"] for row in rows}} == {
        line.source: line.customers for line in report.sources
    }
    assert known is not None
    assert ("education 660000", "") == (known.display_name, known.name)


def test_second_import_changes_nothing(crm: Crm) -> None:
    """Reading the same file again opens no deal, makes no customer and writes no fact."""
    text = courses_csv(60)
    import_text(crm, text, COURSES_MAPPING)
    event_count = len(crm.feed.read().events)
    _, again = import_text(crm, text, COURSES_MAPPING)

    assert (60, 0, 60, 0) == (again.rows, again.imported, again.duplicates, again.closed)
    assert event_count == len(crm.feed.read().events)


def test_second_import_leaves_database_unchanged(tmp_path: Path) -> None:
    """What the database holds is the same to the byte after the file was read again."""
    crm = Crm.open(f"sqlite:///{tmp_path}/crm.db")
    dumps = []
    for _ in range(2):
        import_text(crm, courses_csv(250), COURSES_MAPPING)
        with sqlite3.connect(tmp_path / "crm.db") as connection:
            dumps.append(list(connection.iterdump()))
        connection.close()
    crm.close()

    assert dumps[0] == dumps[1]


def test_source_is_normalized_by_value_map_only(crm: Crm) -> None:
    """`google` is kept beside `Google` unless the map says that they are one; no source is unknown, not invented."""
    text = "Lead Source,n\nGoogle,1\ngoogle,2\n,3\n"
    folded = ColumnMapping.parse(["n=external_id:x", "Lead Source=source"], ["source:google=Google"])
    kept = ColumnMapping.parse(["n=external_id:y", "Lead Source=source"])

    for columns, expected in ((folded, {"Google": 2, "": 1}), (kept, {"Google": 3, "google": 1, "": 2})):
        # The rows are the same requests as before unless they have keys of another system.
        text = (
            text.replace("n\n", "n\n")
            if columns is folded
            else text.replace(",1", ",4").replace(",2", ",5").replace(",3", ",6")
        )
        funnel, _ = import_text(crm, text, columns)

        assert expected == {line.source: line.requests for line in crm.reports.sources(funnel_id=funnel.id)}


def test_invalid_rows_are_written_to_rejects_file(crm: Crm, tmp_path: Path) -> None:
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
    funnel, done = import_text(crm, text, rejects=path)
    table = list(csv.reader(path.read_text(encoding="utf-8").splitlines()))
    expected = [
        ("3", "phone", "invalid_phone"),
        ("4", "email", "invalid_email"),
        ("5", "value", "precision_error"),
        ("6", "value", "unknown_currency"),
        ("7", "outcome", "invalid_choice"),
        ("8", "country", "invalid_choice"),
        ("9", "name", "required"),
        ("10", "", "not_found"),
        ("11", "row", "invalid_input"),
        ("13", "name", "too_long"),
    ]

    assert expected == [(row[0], row[1], row[2]) for row in table[1:]]
    assert all(row[3] for row in table[1:])
    assert ["Too many", "", "", "", "", "", "", "", "surplus"] == table[9][4:]
    assert (12, 2) == (done.rows, done.imported)
    assert {"Anna", "=cmd"} == {deal.title for deal in crm.deals.list(funnel_id=funnel.id)}
    assert {Money("100.00", "EUR"), None} == {deal.total for deal in crm.deals.list(funnel_id=funnel.id)}
    assert {"Anna", "=cmd"} == {customer.name for customer in crm.customers.search()}


def test_corrected_rejects_file_is_imported(crm: Crm, tmp_path: Path) -> None:
    """The file of rejects is a table like any other: corrected, it is read, and its own columns mean nothing. Until all is read it stays."""
    path = tmp_path / "rejects.csv"
    import_text(crm, "name,phone,row\nAnna,12,a\n=Bruno,34,b\n", rejects=path)
    corrected = path.read_text(encoding="utf-8").replace(",12,", ",+371 2000 0001,").replace(",34,", ",+371 2000 0002,")
    with pytest.raises(KeyboardInterrupt):
        import_text(crm, corrected + ",,,,,12,\n", rejects=path, on_progress=_stop_after(1), chunk_size=1)
    assert path.exists()
    _, done = import_text(crm, corrected, rejects=path)

    assert (1, 1, ()) == (done.imported, done.duplicates, done.rejected)
    assert {"Anna", "=Bruno"} == {customer.name for customer in crm.customers.search()}
    assert not path.exists()


def test_ambiguous_row_is_rejected(crm: Crm, tmp_path: Path) -> None:
    """The phone of one and the address of another: nobody is chosen, until the row says who it is."""
    people = "name,phone,email,customer\nAnna,+371 2000 0001,,\nBruno,,b@example.com,\n"
    _, first = import_text(crm, people + "Who,+371 2000 0001,b@example.com,\n", rejects=tmp_path / "rejects.csv")
    anna = next(customer for customer in crm.customers.search() if customer.name == "Anna")
    _, second = import_text(crm, people.partition("\n")[0] + f"\nWho,,b@example.com,{anna.id}\n")

    assert ["ambiguous_customer"] == [reject.code for reject in first.rejected]
    assert "column named customer" in first.rejected[0].hint
    assert (1, ()) == (second.imported, second.rejected)


def test_interrupted_import_is_completed_by_second_run(crm: Crm) -> None:
    """Wherever it is broken off, the same call goes on; a deal whose winning was cut off is won then."""
    text = courses_csv(40)
    want = sum(row["ToBeConverted"] == "1" for row in csv.DictReader(io.StringIO(text)))
    for stop in (4, 8, 24):
        with pytest.raises(KeyboardInterrupt):
            import_text(crm, text, COURSES_MAPPING, on_progress=_stop_after(stop), chunk_size=4)
    funnel = crm.funnels.get_by_name("Courses")
    assert funnel is not None
    first = next(deal for deal in crm.deals.list(funnel_id=funnel.id) if deal.outcome is Outcome.WON)
    crm.deals.reopen(first.id)
    import_text(crm, text, COURSES_MAPPING)
    report = crm.reports.funnel(funnel.id)

    assert (40, want) == (report.opened, report.won)


def _stop_after(at: int) -> Callable[[int], None]:
    def on_progress(rows: int) -> None:
        if rows == at:
            raise KeyboardInterrupt

    return on_progress


def test_lost_lead_is_closed_with_reason(crm: Crm) -> None:
    """A row that says that the deal was lost, and why, loses it."""
    funnel, done = import_text(crm, "name,outcome,reason\nAnna,lost,too dear\nBruno,LOST,\n")

    assert 2 == done.closed
    assert {"too dear": 1, "unknown": 1} == crm.reports.funnel(funnel.id).reasons


def test_store_error_stops_import(tmp_path: Path) -> None:
    """When the database fails the intake ends, and no row is blamed for it."""
    crm = Crm.open(f"sqlite:///{tmp_path}/crm.db")
    funnel = crm.funnels.create("Courses", stages=["Lead", "Customer"])
    with RejectsFile(None) as rejects:
        sheet = table_from_text("name\nAnna\n")
        from sqlalchemy import text

        with crm._environment.store.engine.begin() as connection:  # type: ignore[attr-defined]  # it is a SQL store
            connection.execute(text("DROP TABLE crm_deals"))
        with pytest.raises(StoreError):
            import_leads(crm, sheet, ColumnMapping.guess(sheet.headings), rejects, funnel_id=funnel.id)
    assert [] == rejects.rejects
    crm.close()


def test_lead_keeps_requested_at(crm: Crm) -> None:
    """In the time zone of the CRM, or with an offset; what is no time, or has not come yet, is put aside."""
    funnel = crm.funnels.create("Windows", stages=["First call", "Sold"])
    table = "name,at\nAnna,2020-01-31 14:30\nBruno,2020-07-31\nCarla,2020-01-31T14:30+02:00\nDina,\nElza,soon\nZane,2999-01-01\n"
    riga = Crm(crm._environment.store, time_zone="Europe/Riga")
    with RejectsFile(None) as rejects:
        intake = import_leads(
            riga, table_from_text(table), ColumnMapping.guess(["name", "at"]), rejects, funnel_id=funnel.id
        )
    opened = [deal.opened_at for deal in crm.deals.list()]

    assert (4, ["at", "at"]) == (intake.imported, [reject.field for reject in intake.rejected])
    assert [
        datetime(2020, 1, 31, 12, 30, tzinfo=UTC),
        datetime(2020, 7, 30, 21, tzinfo=UTC),
        datetime(2020, 1, 31, 12, 30, tzinfo=UTC),
    ] == opened[:3]
    assert datetime.now(UTC) - opened[3] < timedelta(minutes=5)
