"""Operations on earnings, and on why something is not earned."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Operation, Parameter
from functions.wire.earnings import EarningsOut, ExplanationOut
from shared.domain.caller import Role

_TAG: Final = "Earnings"

TENANT_ID: Final = Parameter(
    name="tenantId",
    place="query",
    sentence="The customer.",
    schema={"type": "string", "format": "uuid"},
    example="6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c",
    required=True,
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_earnings": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(TENANT_ID,),
        answers={200: Answer("The entries, in the ledger's order.", EarningsOut)},
        problems=("invalid_input",),
    ),
    "explain_association": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: Answer("Every milestone.", ExplanationOut)}, problems=("not_found",)
    ),
}
