"""The root of all errors: stable code, data, problem document."""

from enum import Enum
from typing import Any, ClassVar

import attrs


class CrmError(Exception):
    """Root of the error tree.

    ``except CrmError`` catches every error that crmcore raises on purpose.

    Attributes:
        code: the stable, machine-readable code.
        status: the HTTP status for a web host.
        retryable: whether the same call may succeed when it is repeated.
    """

    code: ClassVar[str] = "crm_error"
    status: ClassVar[int] = 500
    retryable: ClassVar[bool] = False

    def to_problem(self) -> dict[str, Any]:
        """Return the error as a problem document (RFC 9457).

        Example:
            >>> from crmcore.errors import NotFoundError
            >>> NotFoundError("deal", "deal_0").to_problem()["type"]
            'urn:crmcore:problem:not_found'
        """
        data = {f.name: _json_value(getattr(self, f.name)) for f in _attrs_fields(type(self))}
        return {
            "type": f"urn:crmcore:problem:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": str(self),
            **data,
        }


def _attrs_fields(error_type: type[CrmError]) -> tuple[Any, ...]:
    return attrs.fields(error_type) if attrs.has(error_type) else ()


def _json_value(value: Any) -> Any:
    if isinstance(value, (str, int, float, type(None))):
        return value
    if isinstance(value, (tuple, list, frozenset)):
        return [_json_value(item) for item in value]
    if isinstance(value, Enum):
        return value.value
    if attrs.has(type(value)):
        return {name: _json_value(field_value) for name, field_value in attrs.asdict(value, recurse=False).items()}
    return str(value)
