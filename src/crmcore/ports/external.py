"""What lies outside the house: those who are told something, and what the world knows of numbers, days and money."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from attrs import frozen

from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent


class Notifier(Protocol):
    """Sends one letter through one channel."""

    def send(self, message: OutgoingMessage, /) -> None:
        """Send it. Its id is the same in every attempt, for the receiver to recognise.

        Raises:
            DeliveryError: it did not leave.
        """
        ...


class Publisher(Protocol):
    """A listener outside, who is told every fact in order."""

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Take some facts, all of them or, by raising anything, none. The same may come again after a crash.

        Raises:
            DeliveryError: with `publish` set, the first so many were taken and only the rest come again.
        """
        ...


class PhoneParser(Protocol):
    """Knows the numbering plans of the world."""

    def normalize(self, number: str, /, *, region: str | None) -> str:
        """Bring a number into international form.

        Raises:
            InvalidPhoneError: it is none.
        """
        ...


@frozen(kw_only=True)
class HolidayYear:
    """What one year brings a country.

    Attributes:
        holidays: its days off, and what each is called.
        working_days: days of the weekend that are worked by decree, in exchange for others.
    """

    holidays: Sequence[tuple[date, str]] = ()
    working_days: Sequence[date] = ()


class HolidayProvider(Protocol):
    """Knows the holidays of the world."""

    def for_year(self, country: str, year: int, /, *, language: str = "en") -> HolidayYear:
        """Look up a year.

        Args:
            country: by ISO 3166-1, with the part of the country behind a dash: ``DE-BY``.
            year: of the common era.
            language: in which the days are named if they can be.

        Raises:
            InvalidChoiceError: nobody knows the holidays of that country.
        """
        ...


class ExchangeRates(Protocol):
    """Dated exchange rates."""

    def rate(self, source: str, target: str, day: date, /) -> str:
        """How much of the target currency one unit of the source was worth that day, as an exact decimal."""
        ...
