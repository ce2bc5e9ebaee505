"""Operations on earnings, and on why something is not earned."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import JSON_OR_CSV, Answer, Operation, Parameter
from functions.reference.parts import LINE, PAGED
from functions.wire.earnings import ExplanationOut
from functions.wire.postings import EarningsOut
from shared.domain.caller import Role

_TAG: Final = "Earnings"

TENANT_ID: Final = Parameter(
    name="tenantId",
    place="query",
    sentence="Only this customer's.",
    schema={"type": "string", "format": "uuid"},
    example="6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c",
)
WORKLOAD: Final = Parameter("workload", "query", "Only this workload's.", LINE, "teams")
PROGRAMME_ID: Final = Parameter("programmeId", "query", "Only this programme's.", LINE, "demo")
MONTH: Final = Parameter(
    "month",
    "query",
    "Only what counts in this month's statement.",
    {"type": "string", "pattern": "^2[0-9]{3}-(0[1-9]|1[0-2])$"},
    "2026-11",
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_earnings": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(TENANT_ID, WORKLOAD, PROGRAMME_ID, MONTH, *PAGED),
        answers={200: Answer("The entries, by id.", EarningsOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input", "invalid_cursor"),
    ),
    "explain_association": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: Answer("Every milestone.", ExplanationOut)}, problems=("not_found",)
    ),
}
