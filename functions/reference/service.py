"""Operations that are about the service itself, open to anybody."""

from collections.abc import Mapping
from typing import Any, Final

from functions.reference.operation import Answer, Operation

_TAG: Final = "Service"


def _said(*statuses: str, **more: Mapping[str, Any]) -> Mapping[str, Any]:
    return {"type": "object", "required": ["status"], "properties": {"status": {"enum": list(statuses)}, **more}}


_NOT_READY: Final = _said("not ready", silent={"type": "array", "items": {"type": "string"}})

OPERATIONS: Final[Mapping[str, Operation]] = {
    "health": Operation(tag=_TAG, answers={200: Answer("The process runs.", schema=_said("ok"))}),
    "ready": Operation(
        tag=_TAG,
        answers={
            200: Answer("Everything it needs answers.", schema=_said("ready")),
            503: Answer("Something does not answer, and what.", schema=_NOT_READY),
        },
    ),
    "get_openapi": Operation(tag=_TAG, answers={200: Answer("OpenAPI 3.1.", schema={"type": "object"})}),
}
