"""Diaries: whoever books somebody's time turns a page of his or her diary, so that two who book at once cannot both find it free.

A rule over stretches of time is no unique key that a database could hold. The version of the diary is.
"""

from typing import ClassVar, Self

from crmcore.domain import fields
from crmcore.domain.ids import DiaryId, UserId
from crmcore.domain.kernel import Entity, Shape, record


@record
class Diary(Entity):
    """One person's diary.

    Attributes:
        pages: how often somebody booked in it.
    """

    shape: ClassVar[Shape] = Shape("diary", "diaries", unique=(("user",),))

    id: DiaryId = fields.ref("diary")
    user: UserId = fields.ref("user")
    pages: int = fields.whole(default=0)

    def turn(self) -> Self:
        """Turn a page."""
        return self._after(pages=self.pages + 1)
