"""Lazy attribute (PoEAA, Lazy Load): imports a service on first access.

So `import crmcore` stays fast, and a host loads only the services that it uses.
"""

from importlib import import_module
from typing import Any, Generic, TypeVar, overload

S_co = TypeVar("S_co", covariant=True)


class LazyService(Generic[S_co]):
    """Descriptor of one service of `Crm`; keeps it on the instance.

    Args:
        module_name: the module that defines the service.
        class_name: the name of its class.
    """

    def __init__(self, module_name: str, class_name: str) -> None:
        self._module_name = module_name
        self._class_name = class_name

    def __set_name__(self, owner: type, attribute: str) -> None:
        self._attribute = attribute

    @overload
    def __get__(self, crm: None, owner: type) -> "LazyService[S_co]": ...

    @overload
    def __get__(self, crm: object, owner: type) -> S_co: ...

    def __get__(self, crm: Any, owner: type) -> "S_co | LazyService[S_co]":
        if crm is None:
            return self
        create: Any = self.service_class()
        service: S_co = create(crm._environment)  # noqa: SLF001  # `Crm` owns this descriptor
        vars(crm)[self._attribute] = service
        return service

    def service_class(self) -> type[S_co]:
        """Import the class of the service."""
        service_class: type[S_co] = getattr(import_module(self._module_name), self._class_name)
        return service_class
