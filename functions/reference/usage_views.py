"""Operations on what partners see of use."""

from collections.abc import Mapping
from typing import Final

from functions.reference.earnings import TENANT_ID, WORKLOAD
from functions.reference.operation import JSON_OR_CSV, Answer, Operation, Parameter
from functions.reference.parts import PAGED
from functions.wire.usage_views import ImpactPageOut, OpportunitiesOut, UsagePageOut
from shared.domain.caller import Role

_TAG: Final = "Use, impact and opportunities"
_DAY: Final = {"type": "string", "format": "date"}

FROM: Final = Parameter("from", "query", "Only counts of this day or later.", _DAY, "2026-07-01")
UNTIL: Final = Parameter("until", "query", "Only counts of this day or earlier.", _DAY, "2026-12-31")

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_usage": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(TENANT_ID, WORKLOAD, FROM, UNTIL, *PAGED),
        answers={200: Answer("A page of counts, of so many claims.", UsagePageOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input", "invalid_cursor"),
    ),
    "list_impact": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(TENANT_ID, WORKLOAD, *PAGED),
        answers={200: Answer("A page of associations, of so many claims.", ImpactPageOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input", "invalid_cursor"),
    ),
    "list_opportunities": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(TENANT_ID, WORKLOAD),
        answers={200: Answer("The opportunities.", OpportunitiesOut, media_types=JSON_OR_CSV)},
        problems=("invalid_input", "too_many"),
    ),
}
