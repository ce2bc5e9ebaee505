"""Operations on programmes."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Operation, Parameter
from functions.wire.programmes import ProgrammeOut, ProgrammesOut
from shared.domain.caller import Role

_TAG: Final = "Programmes"

ACTIVE_ON: Final = Parameter(
    "activeOn", "query", "Only terms that this day falls into.", {"type": "string", "format": "date"}, "2026-11-22"
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_programmes": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(ACTIVE_ON,),
        answers={200: Answer("The terms.", ProgrammesOut)},
        problems=("invalid_input",),
    ),
    "get_programme": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: Answer("The term.", ProgrammeOut)}, problems=("invalid_input", "not_found")
    ),
}
