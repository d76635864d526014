"""Commands and queries: a public method of a service is a use case.

Invariants:
1. A command runs in one unit of work, and is retried from the start on a concurrency conflict.
2. A command with an idempotency key takes effect once; its result is stored in the same transaction and returned again.
3. The unit of work is passed by the decorator: signatures, help and errors of wrong calls show what the caller passes.
"""

import inspect
from collections.abc import Callable
from datetime import timedelta
from functools import cache, wraps
from typing import Any, Concatenate, Final, NoReturn, ParamSpec, Protocol, TypeVar, get_args, get_type_hints

import attrs

from crmcore.domain.kernel.copying import copy_with
from crmcore.domain.kernel.criteria import Eq
from crmcore.domain.kernel.entity import Entity
from crmcore.domain.kernel.errors.conflicts import IdempotencyKeyReusedError
from crmcore.domain.kernel.fields.text import checked_text
from crmcore.domain.platform.idempotency import IdempotencyRecord
from crmcore.services.environment import Environment
from crmcore.services.fingerprints import fingerprint
from crmcore.services.unit_of_work import UnitOfWork

P = ParamSpec("P")
R = TypeVar("R")
S = TypeVar("S", bound="ApplicationService")

MAX_KEY_LENGTH: Final = 255
"""The longest idempotency key, in characters."""


class ApplicationService(Protocol):
    """An application service: a group of use cases that share an environment."""

    @property
    def _environment(self) -> Environment:
        """Ports and settings."""
        ...


def command(
    name: str, *, options_of: type[Entity] | None = None
) -> Callable[[Callable[Concatenate[S, UnitOfWork, P], R]], Callable[Concatenate[S, P], R]]:
    """Turn a method that takes a unit of work into a command.

    The method may declare two keywords: ``idempotency_key``, which this decorator handles, and ``expected_version``, which the
    method passes to `UnitOfWork.get`.

    Args:
        name: the name that the access policy sees.
        options_of: the entity whose optional fields the method takes as ``**options: Unpack[...]``. The public signature lists them
            one by one, with the defaults of the fields.

    Raises:
        IdempotencyKeyReusedError: the key was used before with other arguments, by another command or by another actor.
    """

    def decorate(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
        signature = _public_signature(method, options_of)

        @wraps(method)
        def execute(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            if options_of is not None and not kwargs.keys() <= signature.parameters.keys():
                _raise_call_error(execute, TypeError("unknown keyword"), self, args, kwargs)
            idempotency_key: Any = kwargs.get("idempotency_key")
            version_pinned = kwargs.get("expected_version") is not None
            try:
                if idempotency_key is None:
                    return self._environment.execute_with_retry(
                        name, lambda uow: method(self, uow, *args, **kwargs), version_pinned=version_pinned
                    )
                idempotency_key = checked_text("idempotency_key", idempotency_key, max_length=MAX_KEY_LENGTH)
                arguments = {argument: value for argument, value in kwargs.items() if argument != "idempotency_key"}
                request_fingerprint = fingerprint((name, args, arguments))
                codec = self._environment.result_codec

                def execute_idempotently(uow: UnitOfWork) -> R:
                    record = uow.first(IdempotencyRecord, Eq("key", idempotency_key))
                    if record is not None and record.expires_at > uow.now:
                        if record.fingerprint != request_fingerprint or record.actor != uow.context.actor:
                            raise IdempotencyKeyReusedError(record.command)
                        return codec.load_result(record.result, result_type_of(method))  # type: ignore[no-any-return]
                    result = method(self, uow, *args, **kwargs)
                    ttl = self._environment.idempotency_ttl
                    stored_result = codec.dump_result(result, result_type_of(method))
                    _store_result(uow, record, idempotency_key, name, request_fingerprint, stored_result, ttl)
                    return result

                return self._environment.execute_with_retry(name, execute_idempotently, version_pinned=version_pinned)
            except TypeError as error:
                _raise_call_error(execute, error, self, args, kwargs)

        execute.__signature__ = signature  # type: ignore[attr-defined]  # read by inspect, help and editors
        return execute

    return decorate


def query(name: str) -> Callable[[Callable[Concatenate[S, UnitOfWork, P], R]], Callable[Concatenate[S, P], R]]:
    """Turn a method that takes a unit of work into a query, which only reads."""

    def decorate(method: Callable[Concatenate[S, UnitOfWork, P], R]) -> Callable[Concatenate[S, P], R]:
        @wraps(method)
        def execute(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            try:
                return self._environment.execute_with_retry(
                    name, lambda uow: method(self, uow, *args, **kwargs), read_only=True
                )
            except TypeError as error:
                _raise_call_error(execute, error, self, args, kwargs)

        execute.__signature__ = _public_signature(method)  # type: ignore[attr-defined]  # read by inspect, help and editors
        return execute

    return decorate


@cache
def result_type_of(method: Callable[..., Any]) -> Any:
    """Return the type of a command's result, from its return annotation.

    Stored results are written and read as this type.
    """
    return get_type_hints(method)["return"]


def _public_signature(method: Callable[..., Any], options_of: type[Entity] | None = None) -> inspect.Signature:
    """Return the signature as the caller sees it.

    It has no unit of work, which is the second parameter, and has each option as a keyword.
    """
    signature = inspect.signature(method)
    this, _, *parameters = signature.parameters.values()
    if options_of is not None:
        defaults = attrs.fields_dict(options_of)  # type: ignore[arg-type]  # an entity is an attrs class
        (options,) = get_args(parameters.pop().annotation)  # Unpack[...]
        parameters += [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=defaults[name].default, annotation=hint)
            for name, hint in get_type_hints(options).items()
        ]
        parameters.sort(key=lambda parameter: parameter.name == "idempotency_key")
    return signature.replace(parameters=[this, *parameters])


def _raise_call_error(
    method: Callable[..., Any], error: TypeError, service: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> NoReturn:
    """Report a wrong call in the terms of the public signature.

    Any other error is raised unchanged.
    """
    try:
        inspect.signature(method).bind(service, *args, **kwargs)
    except TypeError as wrong_call:
        raise TypeError(f"{method.__qualname__}() {wrong_call}") from None
    raise error


def _store_result(
    uow: UnitOfWork,
    existing: IdempotencyRecord | None,
    idempotency_key: str,
    command: str,
    request_fingerprint: str,
    result: str,
    ttl: timedelta,
) -> None:
    values: dict[str, Any] = {
        "command": command,
        "fingerprint": request_fingerprint,
        "result": result,
        "expires_at": uow.now + ttl,
    }
    if existing is None:
        uow.save(IdempotencyRecord(id=uow.new_id("idem"), key=idempotency_key, **values))
    else:
        uow.save(copy_with(existing, **values))
