"""Operations on statements, on the months and the adjustments that make them."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import JSON_OR_CSV, Answer, Body, Operation
from functions.reference.parts import IF_MATCH, PAGED, REQUIRED_IDEMPOTENCY_KEY
from functions.wire import NothingIn
from functions.wire.statements import AdjustmentIn, AdjustmentOut, MonthOut, PeriodOut, StatementsOut
from shared.domain.caller import Role

_TAG: Final = "Statements"

ADJUSTMENT: Final = {
    "partnerId": "4711001",
    "amount": {"amountMinor": 2500, "currency": "EUR"},
    "reason": "Agreed by mail on 2 November: the workshop of October.",
}

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_statements": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={200: Answer("The closed months.", StatementsOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input",),
    ),
    "get_statement": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=PAGED,
        answers={200: Answer("The month and its lines, by id.", MonthOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input", "invalid_cursor", "not_found"),
    ),
    "get_period": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("The month.", PeriodOut)}, problems=("invalid_input",)
    ),
    "close_period": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IF_MATCH,),
        body=Body(NothingIn, {}, required=False),
        answers={200: Answer("The month as it was closed.", PeriodOut, headers=("ETag",))},
        problems=("month_not_over", "month_out_of_turn", "busy"),
    ),
    "make_adjustment": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(REQUIRED_IDEMPOTENCY_KEY,),
        body=Body(AdjustmentIn, ADJUSTMENT),
        answers={201: Answer("The adjustment.", AdjustmentOut)},
        problems=("idempotency_key_missing", "idempotency_key_invalid", "idempotency_key_reused", "not_found", "busy"),
    ),
}
