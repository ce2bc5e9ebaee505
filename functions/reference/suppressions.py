"""Operations on the suppression list."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation
from functions.wire.suppressions import SuppressionIn, SuppressionOut, SuppressionsOut
from shared.domain.caller import Role

_TAG: Final = "Mail"

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_suppressions": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("The list.", SuppressionsOut)}, problems=("invalid_input",)
    ),
    "add_suppression": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        body=Body(SuppressionIn, {"mail": "anna.berg@fabrikam.example", "reason": "complained"}),
        answers={200: Answer("The address, as it stands on the list.", SuppressionOut)},
        problems=("invalid_input",),
    ),
    "remove_suppression": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        answers={200: Answer("The list without it.", SuppressionsOut)},
        problems=("invalid_input", "not_found"),
    ),
}
