"""The doors of the rooms: a family of stories is loaded when somebody first enters it, so that nobody pays for what he does not use."""

from importlib import import_module
from typing import Any, Generic, TypeVar

S_co = TypeVar("S_co", covariant=True)


class Room(Generic[S_co]):
    """A room of the house: a family of stories, made when somebody first enters it.

    Args:
        home: the module where it lives.
        service: the name of its class.
    """

    def __init__(self, home: str, service: str) -> None:
        self._home = home
        self._service = service

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    def __get__(self, crm: Any, owner: type) -> S_co:
        if crm is None:
            return self  # type: ignore[return-value]  # whoever asks the class gets to see the door
        service: S_co = getattr(import_module(self._home), self._service)(crm.house)
        vars(crm)[self._name] = service
        return service
