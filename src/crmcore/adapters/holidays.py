"""Holiday calendar of over a hundred countries (extra ``calendar``).

The data come from the library ``holidays``.
"""

from crmcore.domain.kernel.errors.infrastructure import MissingDependencyError
from crmcore.domain.kernel.errors.validation import InvalidChoiceError
from crmcore.ports import HolidayYear


class HolidaysLibrary:
    """The holidays of a country or of a part of it.

    They include working days that are exchanged by decree.

    Dates that depend on the sighting of the moon are estimates, and the library marks their names so. Import the year again when the dates
    are known.

    Example:
        >>> uzbekistan = HolidaysLibrary().for_year("UZ", 2026, language="en")
        >>> [day.isoformat() for day in uzbekistan.working_days]
        ['2026-12-12']
    """

    def for_year(self, country: str, year: int, /, *, language: str = "en") -> HolidayYear:
        """Return the holidays of a year."""
        try:
            import holidays
        except ImportError:
            raise MissingDependencyError("holidays", "calendar") from None
        code, _, subdivision = country.partition("-")
        try:
            # Iterate instead of looking up days: a lookup of another year extends the library's object.
            country_holidays = holidays.country_holidays(
                code, subdiv=subdivision or None, years=year, language=_nearest_language(code, language)
            )
        except NotImplementedError:
            raise InvalidChoiceError(
                "country", allowed=("a country of ISO 3166-1 such as UZ, or a part of one: DE-BY",)
            ) from None
        days_off = tuple((day, name) for day, name in sorted(country_holidays.items()) if day.year == year)
        return HolidayYear(
            holidays=days_off,
            working_days=tuple(sorted(day for day in country_holidays.weekend_workdays if day.year == year)),
        )


def _nearest_language(country: str, language: str) -> str | None:
    """Return the library's language that is nearest to the given one.

    The library names a country's holidays in a few languages only.
    """
    import holidays

    languages = holidays.list_localized_countries().get(country, [])
    candidates = (
        name for name in languages if name == language or name.partition("_")[0] == language.partition("-")[0]
    )
    return next(candidates, None)


class NoHolidays:
    """An empty holiday calendar, for tests and own lists of holidays."""

    def for_year(self, country: str, year: int, /, *, language: str = "en") -> HolidayYear:
        """Return no holidays."""
        return HolidayYear()
