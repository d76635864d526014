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

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import ConflictError, DuplicateKeyError
from crmcore.domain.kernel.errors.validation import InvalidInputError, InvalidTypeError
from crmcore.services.batches import current_batch, start_batch
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

T = TypeVar("T")
R = TypeVar("R")

MAX_CHUNK_SIZE: Final = 10_000
"""How many items one transaction takes at most."""


@frozen
class ItemSucceeded(Generic[R]):
    """An item that was told.

    Attributes:
        number: its place in the stream, from 1.
        result: what the story answered.
    """

    number: int
    result: R


@frozen
class ItemFailed:
    """An item that was refused, of which nothing has happened.

    Attributes:
        number: its place in the stream, from 1.
        error: why.
    """

    number: int
    error: CrmError


ItemResult = ItemSucceeded[R] | ItemFailed
Chunk = Sequence[tuple[int, T]]


def execute_each(
    environment: Environment,
    command: str,
    items: Iterable[T],
    handler: Callable[[T], R],
    *,
    chunk_size: int,
    preload: Callable[[UnitOfWork, Sequence[T]], None],
) -> Iterator[ItemResult[R]]:
    """Tell one story for each item, a batch of them in each transaction.

    Args:
        command: its name.
        preload: reads at once what the stories of a batch will ask for one by one.
    """

    def preload_chunk(chunk: Chunk[T]) -> None:
        # What cannot be read ahead is refused when its own turn comes.
        with suppress(CrmError):
            environment.execute(command, lambda uow: preload(uow, [item for _, item in chunk]))

    yield from _analyze_while_growing(
        environment,
        (_execute_chunk(environment, chunk, handler, preload_chunk) for chunk in _read_chunks(items, chunk_size)),
    )


def execute_chunks(
    environment: Environment,
    command: str,
    items: Iterable[T],
    handler: Callable[[UnitOfWork, Chunk[T]], Iterable[ItemResult[R]]],
    *,
    chunk_size: int,
) -> Iterator[ItemResult[R]]:
    """Take items in by the chunk, where one story sees many of them at once."""
    yield from _analyze_while_growing(
        environment,
        (_execute_or_split(environment, command, chunk, handler) for chunk in _read_chunks(items, chunk_size)),
    )


def merge_row(item: Any, common: Mapping[str, Any], allowed: Iterable[str], *, item_name: str) -> dict[str, Any]:
    """Lay an item's own facts over those that all items share.

    Raises:
        InvalidTypeError: it is no mapping.
        InvalidInputError: a fact that nobody asked for.
    """
    if not isinstance(item, Mapping):
        raise InvalidTypeError(item_name, f"must be a mapping, not {type(item).__name__}")
    values = {**common, **item}
    if unknown := values.keys() - allowed:
        raise InvalidInputError(
            f"{item_name}.{min(map(str, unknown))}", f"is not asked for; {', '.join(sorted(allowed))} are"
        )
    return values


def pad_to_power_of_two(options: Iterable[T]) -> tuple[T, ...]:
    """Fill options up with the last of them to the next power of two, so that a few statements serve all numbers of them."""
    distinct = tuple(dict.fromkeys(options))
    target_length = 1 << max(len(distinct) - 1, 0).bit_length()
    return distinct + distinct[-1:] * (target_length - len(distinct))


def _read_chunks(items: Iterable[T], size: int) -> Iterator[Chunk[T]]:
    if type(size) is not int or not 1 <= size <= MAX_CHUNK_SIZE:
        raise InvalidInputError("chunk_size", f"must lie between 1 and {MAX_CHUNK_SIZE:,}")
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise InvalidTypeError("items", f"must be a list or a stream of items, not {type(items).__name__}")
    numbered = enumerate(items, start=1)
    while chunk := list(islice(numbered, size)):
        yield chunk


def _analyze_while_growing(
    environment: Environment, chunks: Iterable[Sequence[ItemResult[R]]]
) -> Iterator[ItemResult[R]]:
    """Let a store that plans by statistics have new ones whenever what came in has grown tenfold."""
    number, milestone = 0, 1_000
    for results in chunks:
        number += len(results)
        if number >= milestone and current_batch(environment.store) is None:
            milestone *= 10
            getattr(environment.store, "analyze", _no_statistics)()
        yield from results
    if number >= 1_000 and current_batch(environment.store) is None:
        getattr(environment.store, "analyze", _no_statistics)()


def _no_statistics() -> None:
    """A store that plans by no statistics needs none."""


def _execute_chunk(
    environment: Environment, chunk: Chunk[T], handler: Callable[[T], R], preload_chunk: Callable[[Chunk[T]], None]
) -> list[ItemResult[R]]:
    attempt = 1
    while hasattr(environment.store, "batch") and current_batch(environment.store) is None:
        try:
            with start_batch(environment.store, environment.context, environment.id_generator):
                preload_chunk(chunk)
                return [_execute_item(number, item, handler) for number, item in chunk]
        except ConflictError as conflict:
            if isinstance(conflict, DuplicateKeyError) or attempt >= environment.retry_policy.max_attempts:
                break
        environment.clock.sleep(environment.retry_policy.delay(attempt))
        attempt += 1
    return [_execute_item(number, item, handler) for number, item in chunk]


def _execute_item(number: int, item: T, handler: Callable[[T], R]) -> ItemResult[R]:
    try:
        return ItemSucceeded(number, handler(item))
    except CrmError as error:
        return ItemFailed(number, error)


def _execute_or_split(
    environment: Environment,
    command: str,
    chunk: Chunk[T],
    handler: Callable[[UnitOfWork, Chunk[T]], Iterable[ItemResult[R]]],
) -> list[ItemResult[R]]:
    try:
        return environment.execute_with_retry(command, lambda uow: list(handler(uow, chunk)))
    except ConflictError as conflict:
        if len(chunk) == 1:
            return [ItemFailed(chunk[0][0], conflict)]
    middle = len(chunk) // 2
    return [
        *_execute_or_split(environment, command, chunk[:middle], handler),
        *_execute_or_split(environment, command, chunk[middle:], handler),
    ]
