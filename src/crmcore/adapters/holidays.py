"""The holidays of more than a hundred countries, by the library ``holidays`` (the extra ``calendar``)."""

from crmcore.domain.errors.given import NotAllowed
from crmcore.domain.errors.outside import MissingExtra
from crmcore.services.ports import Year


class WorldHolidays:
    """The holidays of a country or a part of it, with days that are exchanged by decree.

    Dates that depend on the sight of the moon are estimates until the day has come; the library marks their names so. Bring them again
    when they are known.

    Example:
        >>> uzbekistan = WorldHolidays().of("UZ", 2026, language="en")
        >>> [day.isoformat() for day in uzbekistan.worked]
        ['2026-12-12']
    """

    def of(self, country: str, year: int, /, *, language: str = "en") -> Year:
        """Look up a year."""
        try:
            import holidays
        except ImportError:
            raise MissingExtra("holidays", "calendar") from None
        code, _, part = country.partition("-")
        try:
            # Only what is listed is asked for: the library's objects grow when they are read.
            known = holidays.country_holidays(code, subdiv=part or None, years=year, language=_spoken(code, language))
        except NotImplementedError:
            raise NotAllowed(
                "country", allowed=("a country of ISO 3166-1 such as UZ, or a part of one: DE-BY",)
            ) from None
        free = tuple((day, name) for day, name in sorted(known.items()) if day.year == year)
        return Year(free=free, worked=tuple(sorted(day for day in known.weekend_workdays if day.year == year)))


def _spoken(country: str, language: str) -> str | None:
    """The language in which the library names a country's holidays that is nearest to the one that is asked for."""
    import holidays

    spoken = holidays.list_localized_countries().get(country, [])
    nearest = (name for name in spoken if name == language or name.partition("_")[0] == language.partition("-")[0])
    return next(nearest, None)


class NoHolidays:
    """A world without holidays, for tests and for houses that enter their own."""

    def of(self, country: str, year: int, /, *, language: str = "en") -> Year:
        """Find nothing."""
        return Year()
