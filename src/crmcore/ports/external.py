"""Ports to external systems, such as notifications and phone numbers."""

from collections.abc import Sequence
from datetime import date
from typing import Protocol

from attrs import frozen

from crmcore.domain.messaging.messages import OutgoingMessage
from crmcore.domain.platform.feed import RecordedEvent


class Notifier(Protocol):
    """Sends messages through one channel."""

    def send(self, message: OutgoingMessage, /) -> None:
        """Send a message.

        Every attempt has the same id, so receivers can detect duplicates.

        Raises:
            DeliveryError: the message was not sent.
        """
        ...


class Publisher(Protocol):
    """An external consumer that receives every event in order."""

    def publish(self, events: Sequence[RecordedEvent], /) -> None:
        """Publish events: all of them or, on an error, none.

        Delivery is at least once: the same events may come again after a crash.

        Raises:
            DeliveryError: with `delivered_count`, that many events were published and only the rest come again.
        """
        ...


class PhoneParser(Protocol):
    """Parses phone numbers by national numbering plans."""

    def normalize(self, number: str, /, *, region: str | None) -> str:
        """Return a phone number in international format (E.164).

        Raises:
            InvalidPhoneError: the text is not a phone number.
        """
        ...


@frozen(kw_only=True)
class HolidayYear:
    """The holidays of a country in one year.

    Attributes:
        holidays: the days off with their names.
        working_days: weekend days that are working days by decree, in exchange for other days.
    """

    holidays: Sequence[tuple[date, str]] = ()
    working_days: Sequence[date] = ()


class HolidayProvider(Protocol):
    """Source of public holidays."""

    def for_year(self, country: str, year: int, /, *, language: str = "en") -> HolidayYear:
        """Return the holidays of a country in a year.

        Args:
            country: an ISO 3166-1 code, with a subdivision after a dash: ``DE-BY``.
            year: the calendar year.
            language: the language of the names, if available.

        Raises:
            InvalidChoiceError: the holidays of the country are unknown.
        """
        ...


class ExchangeRates(Protocol):
    """Source of daily exchange rates."""

    def rate(self, source: str, target: str, day: date, /) -> str:
        """Return the exchange rate of a day, as an exact decimal.

        It is the price of one unit of the source currency in the target currency.
        """
        ...
