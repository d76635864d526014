"""Diaries: whoever books somebody's time turns a page of his or her diary, so that two who book at once cannot both find it free.

A rule over stretches of time is no unique key that a database could hold. The version of the diary is.
"""

from typing import ClassVar, Self

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.entity import Entity, EntityMeta, record
from crmcore.domain.kernel.ids import BookingLockId, UserId


@record
class BookingLock(Entity):
    """One person's diary.

    Attributes:
        counter: how often somebody booked in it.
    """

    meta: ClassVar[EntityMeta] = EntityMeta("bookinglock", "booking_locks", unique_keys=(("user_id",),))

    id: BookingLockId = fields.id_of("bookinglock")
    user_id: UserId = fields.id_of("user")
    counter: int = fields.integer(default=0)

    def bump(self) -> Self:
        """Turn a page."""
        return self._record(counter=self.counter + 1)
