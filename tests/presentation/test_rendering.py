"""Pages in every language: self-contained, escaped, with isolated directions."""

import re
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest

from crmcore import Crm, FrozenClock, Money
from crmcore.errors import InvalidChoiceError
from crmcore.locales.catalogue import LANGUAGES
from crmcore.presentation.charts import render_chart
from crmcore.presentation.locale_format import LocaleFormat
from crmcore.presentation.model import Bar, Chart, Percentage, TextKey, Tone
from crmcore.services.reports.reports import DashboardReport

HOSTILE_NAME = '<script>alert("1")</script> & =1+1'


@pytest.fixture(scope="module")
def dashboard() -> DashboardReport:
    """A dashboard with names that are hard to escape."""
    clock = FrozenClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    crm = Crm(clock=clock)
    crm.users.create("مریم کریمی", roles=["manager"])
    crm.users.create(HOSTILE_NAME, roles=["manager"])
    funnel = crm.funnels.create(
        "Logi", stages=["Zvans", "Pirkums"], loss_reasons=["قیمت (CRM-2)", "dārgi"], role="manager"
    )
    for number in range(20):
        lead = crm.leads.capture(
            f"{HOSTILE_NAME} {number}", phone=f"+371200000{number:02}", funnel_id=funnel.id, source=["", "web"][number % 2],
            value=Money("1234.50", "EUR"),
        )  # fmt: skip
        crm.tasks.create(HOSTILE_NAME, assignee_id=lead.deal.owner_id, due_at=clock.now() + timedelta(minutes=15))
        if number < 5:
            crm.deals.win(lead.deal.id)
        elif number < 12:
            crm.deals.lose(lead.deal.id, reason=funnel.loss_reasons[number % 2])
    clock.advance(hours=30)
    return crm.reports.dashboard(funnel.id)


class _DocumentReader(HTMLParser):
    """Records every element, attribute and text."""

    def __init__(self, document: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []
        self.feed(document)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_page_is_self_contained(dashboard: DashboardReport, language: str) -> None:
    """A page has no script, handler, inline style or URL, and its CSP forbids them."""
    page = dashboard.html(language=language)
    reader = _DocumentReader(page)

    assert not {"script", "link", "img", "iframe", "object", "image", "use", "a", "base"} & set(reader.tags)
    assert not [name for name, _ in reader.attributes if name.startswith("on") or name in {"style", "href", "src"}]
    assert ["http://www.w3.org/2000/svg"] * page.count("<svg ") == re.findall(r"https?://[^\"'\s)]+", page)
    assert "default-src &#x27;none&#x27;" in page or "default-src 'none'" in page
    assert "url(" not in page
    assert "@import" not in page


PAYLOADS = (
    "<script>alert(1)</script>", "<ScRiPt src=//evil.example></ScRiPt>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>",
    "<svg><script>alert(1)</script></svg>", "</title><script>alert(1)</script>", "</style><script>alert(1)</script>",
    "</text></svg><script>alert(1)</script>", '"><script>alert(1)</script>', "'><script>alert(1)</script>", '" onmouseover="alert(1)',
    "' onfocus='alert(1)' autofocus='", "<a href=javascript:alert(1)>x</a>", "<iframe srcdoc='<script>alert(1)</script>'>",
    "<math><mi xlink:href=javascript:alert(1)>", "<body onload=alert(1)>", "<details open ontoggle=alert(1)>", "<!--><script>alert(1)</script>",
    "<![CDATA[<script>alert(1)</script>]]>", "<?xml version='1.0'?><x/>", "&lt;script&gt;alert(1)&lt;/script&gt;", "&#60;script&#62;",
    "\uff1cscript\uff1ealert(1)\uff1c/script\uff1e", "<object data=javascript:alert(1)>", "<embed src=//evil.example>", "<base href=//evil.example>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>", "<link rel=stylesheet href=//evil.example>", "<style>@import '//evil.example';</style>",
    "<form action=//evil.example><button>x</button></form>", "{{7*7}}${7*7}", "\u202e<script>\u202c", "</bdi></td><td onclick=alert(1)>",
)  # fmt: skip


def test_html_payload_is_escaped() -> None:
    """Texts never add elements or attributes to a page, and are shown unchanged."""
    clock = FrozenClock(datetime(2026, 1, 5, 9, tzinfo=UTC))
    crm = Crm(clock=clock)
    reasons = [payload[:100] for payload in PAYLOADS]
    funnel = crm.funnels.create("Logi", stages=["Zvans", "Pirkums"], loss_reasons=reasons)
    plain = crm.funnels.create("Plain", stages=["Zvans", "Pirkums"], loss_reasons=["dear"])
    for number, payload in enumerate(PAYLOADS):
        user = crm.users.create(payload)
        for where, reason, name in ((funnel, reasons[number], payload), (plain, "dear", f"Name {number}")):
            lead = crm.leads.capture(
                name, phone=f"+37120{number:02}{len(name):04}", funnel_id=where.id, source=payload if where is funnel else "web", owner_id=user.id
            )  # fmt: skip
            crm.tasks.create(payload, assignee_id=user.id, due_at=clock.now())
            if number % 2:
                crm.deals.lose(lead.deal.id, reason=reason)
    clock.advance(hours=1)
    hostile, harmless = (_DocumentReader(crm.reports.dashboard(f.id).html()) for f in (funnel, plain))
    shown = {text for text in hostile.texts if text}

    assert set(harmless.tags) == set(hostile.tags)
    assert {name for name, _ in harmless.attributes} == {name for name, _ in hostile.attributes}
    assert set() == {" ".join(payload.split()) for payload in PAYLOADS} - shown


@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_markup_in_names_is_shown_as_text(dashboard: DashboardReport, language: str) -> None:
    """A name that looks like markup is shown as text, in tables and charts."""
    reader = _DocumentReader(dashboard.html(language=language))

    assert any(HOSTILE_NAME in text for text in reader.texts)
    assert "script" not in reader.tags


def test_content_security_policy_allows_own_style() -> None:
    """The digest in the CSP is that of the style of the page."""
    import base64
    import hashlib

    crm = Crm()
    page = crm.reports.dashboard(crm.funnels.create("A", stages=["B", "C"]).id).html()
    style = page.partition("<style>")[2].partition("</style>")[0]

    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in page


def test_persian_chart_is_mirrored() -> None:
    """A Persian chart is mirrored, with physical anchors and the same figures."""
    drawn = Chart(TextKey("stage"), [(TextKey("won"), Tone.GOOD)], [Bar("مذاکره (CRM-2)", (10,)), Bar("web", (5,))])
    ltr, rtl = (
        render_chart(drawn, LocaleFormat.for_language("en")),
        render_chart(drawn, LocaleFormat.for_language("fa")),
    )
    places = [[float(x) for x in re.findall(r'<rect x="([0-9.]+)"', svg)] for svg in (ltr, rtl)]
    widths = [float(w) for w in re.findall(r'width="([0-9.]+)" height="20"', ltr)]

    assert places[0][0] == places[0][1]
    assert places[1] == pytest.approx([880 - x - w for x, w in zip(places[0], widths, strict=True)], abs=0.11)
    assert 'text-anchor="start"' not in rtl
    assert 'text-anchor="end"' not in ltr
    assert "\u2067مذاکره (CRM-2)\u2069" in rtl
    assert "\u2066web\u2069" in rtl
    assert "۱۰" in rtl


def test_arabic_font_comes_first_in_persian_pages() -> None:
    """Persian pages name an Arabic font first, then a Latin one."""
    fonts = [font.strip(" '") for font in LocaleFormat.for_language("fa").fonts.split(",")]

    assert fonts.index("Noto Sans Arabic") < fonts.index("Noto Sans")


@pytest.mark.parametrize(
    ("language", "expected"),
    [
        ("en", ["1,234,567", "45.5%", "1,234.50\xa0EUR"]),
        ("uz", ["1\xa0234\xa0567", "45,5%", "1\xa0234,50\xa0EUR"]),
        ("az", ["1.234.567", "45,5%", "1.234,50\xa0EUR"]),
        ("mn", ["1,234,567", "45.5%", "1,234.50\xa0EUR"]),
        ("lv", ["1\xa0234\xa0567", "45,5\xa0%", "1\xa0234,50\xa0EUR"]),
        ("fa", ["۱٬۲۳۴٬۵۶۷", "۴۵٫۵٪", "۱٬۲۳۴٫۵۰\xa0EUR"]),
    ],
)
def test_numbers_follow_language(language: str, expected: list[str]) -> None:
    """Numbers, percentages and money follow the format of the language."""
    cells = (1_234_567, Percentage(4550), Money("1234.50", "EUR"))

    assert expected == [LocaleFormat.for_language(language).format(cell) for cell in cells]


def test_plain_text_report_has_same_figures(dashboard: DashboardReport) -> None:
    """Plain text has the same figures in columns."""
    written = str(dashboard)

    assert "Opened: 20   Won: 5   Lost: 7   Open: 8   Conversion: 25%   Revenue: 6,172.50" in written
    assert re.search(r"Zvans +20 +100% +7 +8", written)
    assert re.search(r"web +10 +2 ", written)


def test_page_has_every_label_in_every_language(dashboard: DashboardReport) -> None:
    """Every label is translated in every language."""
    english = {text for text in _DocumentReader(dashboard.html()).texts if re.fullmatch(r"[A-Z][a-z ]+", text)}
    names = {"Logi", "Zvans", "Pirkums"}

    for language in sorted(set(LANGUAGES) - {"en"}):
        texts = set(_DocumentReader(dashboard.html(language=language)).texts)

        assert set() == english & texts - names


def test_report_is_saved_as_html_or_text(dashboard: DashboardReport, tmp_path: Path) -> None:
    """A report is saved as HTML or text, according to the file name."""
    page, text = dashboard.save(tmp_path / "report.html", language="fa"), dashboard.save(tmp_path / "report.txt")

    assert 'dir="rtl"' in page.read_text(encoding="utf-8")
    assert str(dashboard) + "\n" == text.read_text(encoding="utf-8")
    with pytest.raises(InvalidChoiceError):
        dashboard.save(tmp_path / "report.pdf")
    with pytest.raises(InvalidChoiceError):
        dashboard.text(time_zone="Mars/Olympus")


def test_report_has_notebook_representation(dashboard: DashboardReport) -> None:
    """Every report has a notebook representation: a fragment with its style."""
    for report in (dashboard, dashboard.funnel, dashboard.sources, dashboard.people, dashboard.overdue):
        shown = report._repr_html_()

        assert shown.startswith("<style>")
        assert "<html" not in shown


def test_times_use_given_time_zone(dashboard: DashboardReport) -> None:
    """Times are shown in the given time zone."""
    assert "2026-01-06 15:00" in str(dashboard)
    assert "2026-01-06 20:00" in dashboard.text(time_zone="Asia/Tashkent")


def test_report_repr_contains_no_names(dashboard: DashboardReport) -> None:
    """The repr of a report contains no personal data."""
    assert HOSTILE_NAME not in repr(dashboard)
    assert "مریم" not in repr(dashboard)


def test_report_rows_are_a_sequence(dashboard: DashboardReport) -> None:
    """The reports of sources and people are sequences of rows."""
    assert ["web", ""] == sorted((line.source for line in dashboard.sources), reverse=True)
    assert 2 == len(dashboard.people)
    assert "Sources" in str(dashboard.sources)
    assert "People" in str(dashboard.people)
