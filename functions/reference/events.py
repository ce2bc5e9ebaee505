"""Operations on events."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Operation, Parameter
from functions.reference.parts import PAGED
from functions.wire.events import EventsOut
from shared.domain.caller import Role

_TAG: Final = "Events"

AFTER: Final = Parameter(
    "after",
    "query",
    "The `after` of an earlier answer: events behind that place. Without it from the first event on.",
    {"type": "string"},
    "MDA",
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_events": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(AFTER, PAGED[0]),
        answers={200: Answer("A page of events.", EventsOut)},
        problems=("invalid_input", "invalid_cursor"),
    ),
}
