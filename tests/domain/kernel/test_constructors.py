"""Records are plain attrs classes, and a copy validates what it changes."""

import attrs
import pytest

from crmcore.domain.kernel import fields
from crmcore.domain.kernel.copying import as_persisted, copy_with
from crmcore.domain.kernel.entity import record, value
from crmcore.errors import OutOfRangeError, TooLongError
from crmcore.testing.samples import Samples


@value
class Window:
    """A value with a computed field."""

    name: str = fields.text(personal=False, max_length=5)
    count: int = fields.integer(default=1)
    label: str = attrs.field(
        init=False, default=attrs.Factory(lambda self: f"{self.count} {self.name}", takes_self=True)
    )


def test_value_constructor_is_that_of_attrs() -> None:
    """`__attrs_pre_init__` runs, and a converter may take the instance and the field."""

    @record
    class Hooked:
        name: str = attrs.field(
            converter=attrs.Converter(
                lambda given, this, field: f"{type(this).__name__}.{field.name}={given}",
                takes_self=True,
                takes_field=True,
            )
        )

        def __attrs_pre_init__(self) -> None:
            calls.append("pre_init")

    calls: list[str] = []

    assert "Hooked.name=door" == Hooked(name="door").name
    assert ["pre_init"] == calls


def test_copy_changes_and_recomputes() -> None:
    """The copy holds the changed field, the others, and what is computed from them."""
    door = Window("door")

    assert Window("door", 2) == copy_with(door, count=2)
    assert "2 door" == copy_with(door, count=2).label
    assert "1 door" == door.label


def test_copy_converts_and_validates_the_changed_field() -> None:
    """A copy normalizes and refuses a value as the constructor does."""
    assert "gate" == copy_with(Window("door"), name=" gate ").name
    with pytest.raises(TooLongError, match=r"window\.name"):
        copy_with(Window("door"), name="toolong")
    with pytest.raises(OutOfRangeError, match=r"window\.count"):
        copy_with(Window("door"), count=-1)


def test_copy_rejects_an_unknown_field() -> None:
    """An unknown field name is an error of the caller."""
    with pytest.raises(KeyError):
        copy_with(Window("door"), colour="red")


def test_settled_copy_has_the_stored_version_and_nothing_pending() -> None:
    """A stored record has no pending events and an empty log."""
    deal = Samples().deal()
    stored = as_persisted(deal, version=3, actor="anna")

    assert (3, "anna", (), ()) == (stored.version, stored.actor, stored.pending_events, stored.movements)
    assert deal.title == stored.title
