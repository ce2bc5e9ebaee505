"""Operations on payouts."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import CSV, JSON_OR_CSV, Answer, Body, Operation
from functions.reference.parts import IF_MATCH
from functions.wire import NothingIn
from functions.wire.payouts import FailedIn, PaidIn, PayoutIn, PayoutOut, TransfersOut
from shared.domain.caller import Role

_TAG: Final = "Payouts"
_SHOWN: Final = Answer("The payout.", PayoutOut, headers=("ETag",))

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_payouts": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={200: Answer("The payments.", TransfersOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input",),
    ),
    "propose_payout": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        body=Body(PayoutIn, {"month": "2026-10"}),
        answers={201: Answer("The payout, proposed.", PayoutOut, headers=("Location",))},
        problems=("month_not_closed", "month_out_of_turn", "busy"),
    ),
    "get_payout": Operation(tag=_TAG, role=Role.OPERATOR, answers={200: _SHOWN}, problems=("invalid_input", "not_found")),
    "get_payout_export": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        answers={200: Answer("The file.", media_types=(CSV,), headers=("Content-Disposition",))},
        problems=("invalid_input", "not_found"),
    ),
    "approve_payout": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IF_MATCH,),
        body=Body(NothingIn, {}, required=False),
        answers={200: _SHOWN},
        problems=("not_found", "second_operator_needed", "payout_not_ready", "busy"),
    ),
    "mark_payout_paid": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IF_MATCH,),
        body=Body(PaidIn, {"partnerIds": ["4711001"]}, required=False),
        answers={200: _SHOWN},
        problems=("not_found", "payout_not_ready", "transfer_settled", "busy"),
    ),
    "mark_payout_failed": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IF_MATCH,),
        body=Body(FailedIn, {"partnerId": "4711001", "reason": "The bank knows no such account."}),
        answers={200: _SHOWN},
        problems=("not_found", "payout_not_ready", "transfer_settled", "busy"),
    ),
}
