"""Result codec: stores results for idempotency keys as JSON."""

from typing import Any


class JsonResultCodec:
    """Encodes and decodes results with `crmcore.adapters.wire`.

    The module is imported on first use, because the import of cattrs is slow.
    """

    def dump_result(self, value: Any, result_type: Any, /) -> str:
        """Write a result as JSON."""
        from crmcore.adapters import wire

        return wire.dump_result(value, result_type)

    def load_result(self, text: str, result_type: Any, /) -> Any:
        """Read a result.

        Raises:
            InvalidInputError: the text is not JSON of that type.
        """
        from crmcore.adapters import wire

        return wire.load_result(text, result_type)

    def __repr__(self) -> str:
        return "JsonResultCodec()"
