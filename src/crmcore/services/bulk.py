"""Bulk commands: items in, results out, one transaction per chunk.

Invariants:
1. Each item follows the rules of the single command. A failed item does not affect the others.
2. A chunk is written before the next one is read, so memory use does not grow with the number of items.
3. A chunk that the store refuses is split in halves and retried, until the error belongs to one item.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import islice
from typing import Any, Final, Generic, TypeVar

from attrs import frozen

from crmcore.domain.kernel.errors.base import CrmError
from crmcore.domain.kernel.errors.conflicts import ConflictError, DuplicateKeyError
from crmcore.domain.kernel.errors.validation import InvalidInputError, InvalidTypeError
from crmcore.ports import Analyzing, BatchStore, implements
from crmcore.services.batches import current_batch, start_batch
from crmcore.services.environment import Environment
from crmcore.services.unit_of_work import UnitOfWork

T = TypeVar("T")
R = TypeVar("R")

MAX_CHUNK_SIZE: Final = 10_000
"""The largest number of items in one transaction."""


@frozen
class ItemSucceeded(Generic[R]):
    """An item whose command succeeded.

    Attributes:
        number: the position in the stream, from 1.
        result: the result of the command.
    """

    number: int
    result: R


@frozen
class ItemFailed:
    """An item whose command failed and was rolled back.

    Attributes:
        number: the position in the stream, from 1.
        error: the reason.
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
    """Execute one command per item, in batches of one transaction each.

    Args:
        command: the name of the command.
        preload: loads the records that the commands of a chunk will read.
    """

    def preload_chunk(chunk: Chunk[T]) -> None:
        # An item that cannot be preloaded fails in its own command.
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
    """Execute one command per chunk, which handles all items of the chunk."""
    yield from _analyze_while_growing(
        environment,
        (_execute_or_split(environment, command, chunk, handler) for chunk in _read_chunks(items, chunk_size)),
    )


def merge_row(item: Any, common: Mapping[str, Any], allowed: Iterable[str], *, item_name: str) -> dict[str, Any]:
    """Merge the values of an item with the values that all items share.

    Raises:
        InvalidTypeError: the item is not a mapping.
        InvalidInputError: the item has an unknown key.
    """
    if not isinstance(item, Mapping):
        raise InvalidTypeError(item_name, f"must be a mapping, not {type(item).__name__}")
    values = {**common, **item}
    if unknown := values.keys() - allowed:
        raise InvalidInputError(
            f"{item_name}.{min(map(str, unknown))}", f"is unknown; known are {', '.join(sorted(allowed))}"
        )
    return values


def pad_to_power_of_two(options: Iterable[T]) -> tuple[T, ...]:
    """Repeat the last option up to the next power of two.

    Few compiled statements then serve lists of any length.
    """
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
    """Update the planner's statistics after each tenfold growth."""
    store = environment.store
    number, milestone = 0, 1_000
    for results in chunks:
        number += len(results)
        if number >= milestone and current_batch(store) is None and implements(store, Analyzing):
            milestone *= 10
            store.analyze()
        yield from results
    if number >= 1_000 and current_batch(store) is None and implements(store, Analyzing):
        store.analyze()


def _execute_chunk(
    environment: Environment, chunk: Chunk[T], handler: Callable[[T], R], preload_chunk: Callable[[Chunk[T]], None]
) -> list[ItemResult[R]]:
    attempt = 1
    while current_batch(environment.store) is None and implements(environment.store, BatchStore):
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
