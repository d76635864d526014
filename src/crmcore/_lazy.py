"""The doors of the rooms: a family of stories is loaded when somebody first enters it, so that nobody pays for what he does not use."""

from importlib import import_module
from typing import Any, Generic, TypeVar

S_co = TypeVar("S_co", covariant=True)


class LazyService(Generic[S_co]):
    """A room of the house: a family of stories, made when somebody first enters it.

    Args:
        module_name: the module where it lives.
        class_name: the name of its class.
    """

    def __init__(self, module_name: str, class_name: str) -> None:
        self._module_name = module_name
        self._class_name = class_name

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    def __get__(self, crm: Any, owner: type) -> S_co:
        if crm is None:
            return self  # type: ignore[return-value]  # whoever asks the class gets to see the door
        service: S_co = getattr(import_module(self._module_name), self._class_name)(crm._environment)
        vars(crm)[self._attribute] = service
        return service
