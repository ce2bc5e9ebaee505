"""Operations of operators on what failed every try."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import DATE_TIME, IF_MATCH, PAGED
from functions.wire import NothingIn
from functions.wire.dead_letters import DeadLetterOut, DeadLettersOut
from shared.domain.caller import Role
from shared.domain.dead_letter import LetterState, Queue

_TAG: Final = "Dead letters"
_LETTER: Final = Answer("The letter, as it stands now.", DeadLetterOut, headers=("ETag",))

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_dead_letters": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(
            Parameter("queue", "query", "Only work of this queue.", {"type": "string", "enum": [*Queue]}, "outbox"),
            Parameter("state", "query", "Only letters in this state.", {"type": "string", "enum": [*LetterState]}, "waiting"),
            Parameter("diedSince", "query", "Only what died at this moment or later.", DATE_TIME, "2026-03-02T09:00:00Z"),
            *PAGED,
        ),
        answers={200: Answer("A page of letters.", DeadLettersOut)},
        problems=("invalid_cursor",),
    ),
    "get_dead_letter": Operation(tag=_TAG, role=Role.OPERATOR, answers={200: _LETTER}, problems=("not_found",)),
    "replay_dead_letter": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IF_MATCH,),
        body=Body(NothingIn, {}, required=False),
        answers={200: _LETTER},
        problems=("not_found",),
    ),
}
