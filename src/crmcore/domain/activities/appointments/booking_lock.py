"""Booking locks: they serialize concurrent bookings of one user.

Overlapping periods are no unique key of a database. The version of the user's lock is.
"""

from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.ids import BookingLockId, UserId


@record
class BookingLock(Entity):
    """The booking lock of one user.

    Attributes:
        counter: how often it was taken.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("bookinglock", "booking_locks", unique_keys=(("user_id",),))

    id: BookingLockId = fields.id_of("bookinglock")
    user_id: UserId = fields.id_of("user")
    counter: int = fields.integer(default=0)

    def bump(self) -> Self:
        """Take the lock: a concurrent booking fails with `StaleVersionError`."""
        return self._record(counter=self.counter + 1)
