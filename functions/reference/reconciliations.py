"""Operations on reconciliations."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation
from functions.wire import NothingIn
from functions.wire.reconciliations import ReconciliationOut
from shared.domain.caller import Role

_TAG: Final = "Reconciliation"

OPERATIONS: Final[Mapping[str, Operation]] = {
    "start_reconciliation": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        body=Body(NothingIn, {}, required=False),
        answers={202: Answer("The reconciliation, begun.", ReconciliationOut, headers=("Location",))},
    ),
    "get_reconciliation": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        answers={200: Answer("What was found.", ReconciliationOut)},
        problems=("invalid_input", "not_found"),
    ),
}
