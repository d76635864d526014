"""Hypothesis strategies: people, contact points, money, times, funnels.

The values are realistic: names in five languages and three scripts, few distinct values so that they collide, and limits. All values are
valid, except those of `odd_texts` and `odd_times`.
"""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from crmcore.domain.customers.parts import Channel, ContactPoint, ExternalId, Profile, Sex
from crmcore.domain.kernel.fields.text import MAX_LINE_LENGTH
from crmcore.domain.kernel.recurrence import Recurrence
from crmcore.domain.kernel.values.address import PostalAddress
from crmcore.domain.kernel.values.money import MAX_MINOR_UNITS, Money
from crmcore.domain.sales.deals.parts import LineItem
from crmcore.domain.sales.funnels.actions import CreateTask, RenderDocument, SendNotification
from crmcore.domain.sales.funnels.requirements import Requirement, RequirementKind
from crmcore.domain.sales.funnels.stages import Stage, StageKind

MONDAY: Final = datetime(2026, 3, 2, 9, tzinfo=UTC)
"""The time around which `instants` lie."""

_GIVEN_NAMES: Final = (
    *("Jānis", "Anna", "Līga", "Ģirts"),  # Latvian
    *("Shahzod", "Шаҳзод", "Oʻgʻiloy", "O'g'iloy", "Нигора"),  # Uzbek, in Latin and in Cyrillic
    *("Əli", "Şəbnəm", "Gülçin", "İlham"),  # Azerbaijani
    *("Бат-Эрдэнэ", "Өнөрсайхан", "Сүхбаатар"),  # Mongolian
    *("محمدرضا", "زهرا", "كريم", "نرگس"),  # Persian, one of them as an Arabic keyboard writes it
)
_FAMILY_NAMES: Final = (
    *("Bērziņš", "Kalniņa", "Ozols"),
    *("Oʻrinov", "Ўринов", "Karimova"),
    *("Əliyev", "Quliyeva", "Məmmədov"),
    *("Дорж", "Цэдэн"),
    *("کریمی", "حسینی‌نژاد", "رضایی"),
)
_WORDS: Final = (
    "Three windows",
    "Балкон, остекление",
    "پنجره دوجداره",
    "Oyna 100%",
    "under_score",
    "a'b\"c\\d",
    "Цонх",
    "ı İ i I",
)
_ROLES: Final = ("manager", "measurer", "installer", "boss")
_LANGUAGES: Final = ("lv", "uz", "az", "mn", "fa", "en")
_STAGES: Final = ("First call", "Measurement", "Payment", "Installation")


def names() -> SearchStrategy[str]:
    """Names of people, in their own scripts."""
    return st.one_of(
        st.builds("{} {}".format, st.sampled_from(_GIVEN_NAMES), st.sampled_from(_FAMILY_NAMES)),
        st.sampled_from(_GIVEN_NAMES),
        st.sampled_from(("100% Bērzs", "under_score", "Ə" * MAX_LINE_LENGTH, "\U0001f600 Ltd", "Zē, ņa")),
    )


def texts() -> SearchStrategy[str]:
    """Short texts of one line."""
    return st.one_of(st.sampled_from(_WORDS), st.text("ab яө\u0301", min_size=1, max_size=6).filter(str.strip))


def odd_texts() -> SearchStrategy[str]:
    """Texts that fields reject, or that are special to a database."""
    return st.sampled_from(
        (
            "",
            " ",
            "x" * (MAX_LINE_LENGTH + 1),
            "\0",
            "a\x7fb",
            "\ud800",
            "two\nlines",
            "%",
            "_",
            "'; --",
            "%s",
            "?",
            ":x",
            "{customer}",
        )
    )


def phones() -> SearchStrategy[str]:
    """A few phone numbers, some in another notation."""
    return st.sampled_from(
        (
            "+371 2000 0000",
            "+37120000000",
            "+37120000001",
            "+998 90 123-45-67",
            "+994501234567",
            "۰۰۹۸۹۱۲۳۴۵۶۷۸۹",
            "+97699112233",
        )
    )


def emails() -> SearchStrategy[str]:
    """A few e-mail addresses."""
    return st.sampled_from(
        (
            "anna@example.com",
            "Anna@Example.com",
            "ops_%@example.com",
            "почта@пример.рф",
            "a.b+c@example.lv",
            "zahra@example.ir",
        )
    )


def keys() -> SearchStrategy[str]:
    """Keys of other systems."""
    return st.sampled_from(("1", "2", "3", "01", "ä", "Ä", "k%_'"))


def systems() -> SearchStrategy[str]:
    """Names of other systems."""
    return st.sampled_from(("erp", "web"))


def external_ids() -> SearchStrategy[ExternalId]:
    """External ids."""
    return st.builds(ExternalId, systems(), keys())


def contact_points() -> SearchStrategy[ContactPoint]:
    """Contact points, some of them shared."""
    shared = st.booleans()
    return st.one_of(
        st.builds(lambda number, shared: ContactPoint.phone(number, is_shared=shared), phones(), shared),
        st.builds(lambda address, shared: ContactPoint.email(address, is_shared=shared), emails(), shared),
        st.builds(lambda value: ContactPoint(Channel.MESSENGER, value), st.sampled_from(("@anna", "@Anna"))),
    )


def addresses() -> SearchStrategy[PostalAddress]:
    """Postal addresses."""
    return st.builds(
        PostalAddress, st.sampled_from(("Brīvības 1\ndz. 5", "Амира Темура, 4")), st.sampled_from(("Rīga", ""))
    )


def profiles() -> SearchStrategy[Profile]:
    """Profiles of people."""
    return st.builds(
        Profile,
        sex=st.sampled_from((None, *Sex)),
        birth_date=st.none() | dates(),
        income=st.none() | money(),
        purpose=st.sampled_from(("", "new flat")),
        tastes=st.sampled_from(((), ("tea", "чай"))),
    )


def money(*currencies: str) -> SearchStrategy[Money]:
    """Amounts with 0, 2 and 3 decimal places, up to the largest amount."""
    minor = st.one_of(
        st.integers(0, 100_000), st.sampled_from((1, 5, 19_990, MAX_MINOR_UNITS, MAX_MINOR_UNITS - 1, -1))
    )
    return st.builds(
        Money.from_minor_units, minor, st.sampled_from(currencies or ("EUR", "EUR", "EUR", "UZS", "JPY", "KWD"))
    )


def line_items() -> SearchStrategy[LineItem]:
    """Line items with six decimal places and discounts (rounding matters)."""
    return st.builds(
        LineItem,
        st.sampled_from(("Window", "Montāža")),
        st.decimals("0.000001", "1000", places=6),
        st.builds(Money.from_minor_units, st.integers(0, 100_000), st.sampled_from(("EUR", "EUR", "EUR", "UZS"))),
        st.sampled_from((0, 0, 333, 500, 10_000)),
    )


def instants() -> SearchStrategy[datetime]:
    """Timestamps with microseconds and time zones, near `MONDAY`."""
    offsets = st.sampled_from((0, 0, 1, 2, 15, 60, 240, 1440, 10_080, -1, -60, -1440))
    near = st.builds(lambda minutes: MONDAY + timedelta(minutes=minutes), offsets)
    zones = st.sampled_from((UTC, UTC, *(timezone(timedelta(hours=hours)) for hours in (2, 5, -8))))
    exact = st.datetimes(datetime(2026, 2, 1), datetime(2026, 5, 1), timezones=zones)  # noqa: DTZ001  # bounds without a zone
    return st.one_of(near, near, exact)


def odd_times() -> SearchStrategy[Any]:
    """Invalid timestamps, and timestamps at the limits of the calendar."""
    return st.sampled_from(
        (
            datetime(2026, 3, 2),  # noqa: DTZ001  # without a zone on purpose
            date(2026, 3, 2),
            datetime(1, 1, 1, tzinfo=UTC),
            datetime(9999, 12, 31, tzinfo=UTC),
            datetime(9999, 12, 30, tzinfo=UTC),
            "2026-03-02",
        )
    )


def dates() -> SearchStrategy[date]:
    """Dates, including ends of months and leap days."""
    return st.sampled_from((date(2026, 3, 31), date(2028, 2, 29), date(1970, 1, 1), date(1950, 6, 1), date(2026, 4, 1)))


def durations() -> SearchStrategy[timedelta]:
    """Durations."""
    return st.sampled_from(
        (timedelta(0), timedelta(minutes=15), timedelta(hours=4), timedelta(days=1), timedelta(days=10))
    )


def recurrences() -> SearchStrategy[Recurrence]:
    """Recurrence rules."""
    rules = ("FREQ=DAILY", "FREQ=WEEKLY;BYDAY=MO,TH", "FREQ=MONTHLY", "FREQ=DAILY;COUNT=2")
    return st.builds(Recurrence, st.sampled_from(rules), st.sampled_from(("UTC", "Europe/Riga", "Asia/Tehran")))


def sources() -> SearchStrategy[str]:
    """Lead sources."""
    return st.sampled_from(("web", "Web", "shop", "", "ярмарка"))


def roles() -> SearchStrategy[str]:
    """Roles of users."""
    return st.sampled_from(_ROLES)


def languages() -> SearchStrategy[str]:
    """Languages, by BCP 47."""
    return st.sampled_from(_LANGUAGES)


def custom_fields() -> SearchStrategy[dict[str, Any]]:
    """Custom fields of every allowed type."""
    values = st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), texts())
    return st.dictionaries(st.sampled_from(("size", "vip", "x_1")), values, max_size=3)


def stage_names() -> SearchStrategy[str]:
    """Names of stages that `stages` draws."""
    return st.sampled_from(_STAGES)


def stages() -> SearchStrategy[list[Any]]:
    """Stages of a funnel, with entry actions and exit criteria."""
    actions = st.one_of(
        st.builds(
            CreateTask,
            title=st.just("Call {customer}"),
            role=roles(),
            due_within=durations(),
            kind=st.sampled_from(("", "call")),
        ),
        st.builds(RenderDocument, template=st.just("Offer"), title=st.just("Offer for {customer}")),
        st.builds(SendNotification, role=roles(), message=st.just("{deal} at {address}")),
    )
    requirements = st.builds(
        Requirement, st.sampled_from(RequirementKind), st.sampled_from(("", "call", "measurer", "size"))
    )

    def build_stages(count: int, actions: list[Any], requirements: list[Any], last_stage_wins: bool) -> list[Any]:  # noqa: FBT001  # drawn by chance
        result = [
            Stage.named(
                name,
                probability=index * 20,
                entry_actions=actions[index : index + 1],
                exit_criteria=requirements[index : index + 1],
            )
            for index, name in enumerate(_STAGES[:count])
        ]
        if last_stage_wins:
            result[-1] = Stage.named(_STAGES[count - 1], kind=StageKind.WON, entry_actions=actions[count - 1 :][:2])
        return result

    return st.one_of(
        st.just(list(_STAGES)),
        st.builds(
            build_stages,
            st.integers(1, 4),
            st.lists(actions, max_size=5),
            st.lists(requirements, max_size=2),
            st.booleans(),
        ),
        st.sampled_from(([], ["A", "A"])),
    )


def loss_reasons() -> SearchStrategy[str]:
    """Loss reasons."""
    return st.sampled_from(("too dear", "changed mind"))
