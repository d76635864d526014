"""Many at once: a stream of items in, a stream of what became of each out, a chunk of them in every transaction.

Rule 1: every item is told by the same rules as if it came alone, and an item that is refused leaves the others alone.
Rule 2: what is read of the stream is written before more is read, so that a million items take no more memory than a thousand.
Rule 3: what the store refuses of a chunk is told again in smaller ones, until the refusal is one item's own.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from crmcore.domain.errors.conflicts import Conflict, Taken
from crmcore.domain.errors.given import InvalidInput, WrongType
from crmcore.domain.errors.root import CrmError
from crmcore.services.batches import batch_of, open_batch
from crmcore.services.house import House
from crmcore.services.unit import Unit

T = TypeVar("T")
R = TypeVar("R")

LARGEST: Final = 10_000
"""How many items one transaction takes at most."""


@frozen
class Done(Generic[R]):
    """An item that was told.

    Attributes:
        number: its place in the stream, from 1.
        result: what the story answered.
    """

    number: int
    result: R


@frozen
class Refused:
    """An item that was refused, of which nothing has happened.

    Attributes:
        number: its place in the stream, from 1.
        error: why.
    """

    number: int
    error: CrmError


Told = Done[R] | Refused
Chunk = Sequence[tuple[int, T]]


def tell_each(
    house: House,
    story: str,
    items: Iterable[T],
    tell: Callable[[T], R],
    *,
    chunk: int,
    ahead: Callable[[Unit, Sequence[T]], None],
) -> Iterator[Told[R]]:
    """Tell one story for each item, a batch of them in each transaction.

    Args:
        story: its name.
        ahead: reads at once what the stories of a batch will ask for one by one.
    """

    def look_ahead(some: Chunk[T]) -> None:
        # What cannot be read ahead is refused when its own turn comes.
        with suppress(CrmError):
            house.run(story, lambda unit: ahead(unit, [item for _, item in some]))

    yield from _advised(house, (_tell_together(house, some, tell, look_ahead) for some in _chunks(items, chunk)))


def take_each(
    house: House, story: str, items: Iterable[T], take: Callable[[Unit, Chunk[T]], Iterable[Told[R]]], *, chunk: int
) -> Iterator[Told[R]]:
    """Take items in by the chunk, where one story sees many of them at once."""
    yield from _advised(house, (_take_together(house, story, some, take) for some in _chunks(items, chunk)))


def row_of(item: Any, common: Mapping[str, Any], allowed: Iterable[str], *, what: str) -> dict[str, Any]:
    """Lay an item's own facts over those that all items share.

    Raises:
        WrongType: it is no mapping.
        InvalidInput: a fact that nobody asked for.
    """
    if not isinstance(item, Mapping):
        raise WrongType(what, f"must be a mapping, not {type(item).__name__}")
    facts = {**common, **item}
    if unknown := facts.keys() - allowed:
        raise InvalidInput(f"{what}.{min(map(str, unknown))}", f"is not asked for; {', '.join(sorted(allowed))} are")
    return facts


def padded(options: Iterable[T]) -> tuple[T, ...]:
    """Fill options up with the last of them to the next power of two, so that a few statements serve all numbers of them."""
    different = tuple(dict.fromkeys(options))
    wanted = 1 << max(len(different) - 1, 0).bit_length()
    return different + different[-1:] * (wanted - len(different))


def _chunks(items: Iterable[T], size: int) -> Iterator[Chunk[T]]:
    if type(size) is not int or not 1 <= size <= LARGEST:
        raise InvalidInput("chunk", f"must lie between 1 and {LARGEST:,}")
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise WrongType("items", f"must be a list or a stream of items, not {type(items).__name__}")
    numbered = enumerate(items, start=1)
    while chunk := list(islice(numbered, size)):
        yield chunk


def _advised(house: House, chunks: Iterable[Sequence[Told[R]]]) -> Iterator[Told[R]]:
    """Let a store that plans by statistics have new ones whenever what came in has grown tenfold."""
    number, milestone = 0, 1_000
    for told in chunks:
        number += len(told)
        if number >= milestone and open_batch(house.store) is None:
            milestone *= 10
            getattr(house.store, "analyze", _nothing)()
        yield from told
    if number >= 1_000 and open_batch(house.store) is None:
        getattr(house.store, "analyze", _nothing)()


def _nothing() -> None:
    """A store that plans by no statistics needs none."""


def _tell_together(
    house: House, some: Chunk[T], tell: Callable[[T], R], look_ahead: Callable[[Chunk[T]], None]
) -> list[Told[R]]:
    attempt = 1
    while hasattr(house.store, "batch") and open_batch(house.store) is None:
        try:
            with batch_of(house.store, house.context, house.ids):
                look_ahead(some)
                return [_tell_one(number, item, tell) for number, item in some]
        except Conflict as conflict:
            if isinstance(conflict, Taken) or attempt >= house.attempts:
                break
        house.clock.pause(attempt)
        attempt += 1
    return [_tell_one(number, item, tell) for number, item in some]


def _tell_one(number: int, item: T, tell: Callable[[T], R]) -> Told[R]:
    try:
        return Done(number, tell(item))
    except CrmError as error:
        return Refused(number, error)


def _take_together(
    house: House, story: str, some: Chunk[T], take: Callable[[Unit, Chunk[T]], Iterable[Told[R]]]
) -> list[Told[R]]:
    try:
        return house.insist(story, lambda unit: list(take(unit, some)))
    except Conflict as conflict:
        if len(some) == 1:
            return [Refused(some[0][0], conflict)]
    middle = len(some) // 2
    return [*_take_together(house, story, some[:middle], take), *_take_together(house, story, some[middle:], take)]
