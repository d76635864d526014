"""What lies outside the house: those who are told something, and what the world knows of numbers, days and money."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from attrs import frozen

from crmcore.domain.feed import Recorded
from crmcore.domain.messages import Letter


class Notifier(Protocol):
    """Sends one letter through one channel."""

    def send(self, letter: Letter, /) -> None:
        """Send it. Its id is the same in every attempt, for the receiver to recognise.

        Raises:
            DeliveryFailed: it did not leave.
        """
        ...


class Publisher(Protocol):
    """A listener outside, who is told every fact in order."""

    def publish(self, events: Sequence[Recorded], /) -> None:
        """Take some facts, all of them or, by raising anything, none. The same may come again after a crash.

        Raises:
            DeliveryFailed: with `taken` set, the first so many were taken and only the rest come again.
        """
        ...


class Phones(Protocol):
    """Knows the numbering plans of the world."""

    def key(self, number: str, /, *, region: str | None) -> str:
        """Bring a number into international form.

        Raises:
            InvalidPhone: it is none.
        """
        ...


@frozen(kw_only=True)
class Year:
    """What one year brings a country.

    Attributes:
        free: its days off, and what each is called.
        worked: days of the weekend that are worked by decree, in exchange for others.
    """

    free: Sequence[tuple[date, str]] = ()
    worked: Sequence[date] = ()


class Holidays(Protocol):
    """Knows the holidays of the world."""

    def of(self, country: str, year: int, /, *, language: str = "en") -> Year:
        """Look up a year.

        Args:
            country: by ISO 3166-1, with the part of the country behind a dash: ``DE-BY``.
            year: of the common era.
            language: in which the days are named if they can be.

        Raises:
            NotAllowed: nobody knows the holidays of that country.
        """
        ...


class Rates(Protocol):
    """Dated exchange rates."""

    def rate(self, source: str, target: str, on: date, /) -> str:
        """How much of the target currency one unit of the source was worth that day, as an exact decimal."""
        ...
