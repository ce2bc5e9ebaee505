"""Operations on usage and on its evaluation."""

import json
from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import IDEMPOTENCY_KEY
from functions.wire import NothingIn
from functions.wire.evaluations import EvaluationOut, EvaluationStartedOut
from functions.wire.usage import FaultyLinesOut, UsageImportOut
from shared.domain.caller import Role

_TAG: Final = "Usage and evaluation"

_ROWS: Final = (
    ("CustomerTenantId", "WorkloadName", "Month", "PaidAvailableUnits", "MonthlyActiveUsers"),
    ("6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c", "Microsoft Teams", "2026-09", "500", "120"),
    ("6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c", "Microsoft Teams", "2026-10", "500", "260"),
)
NDJSON: Final = "".join(json.dumps(dict(zip(_ROWS[0], row, strict=True))) + "\n" for row in _ROWS[1:])
TSV, CSV = ("".join(separator.join(row) + "\n" for row in _ROWS) for separator in "\t,")

EXPORT_TIME: Final = Parameter(
    name="Export-Time",
    place="header",
    sentence="When the vendor exported the file; now, if absent. Of two rows for one day the later export counts.",
    schema={"type": "string", "format": "date-time"},
    example="2026-11-02T06:00:00Z",
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "import_usage": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(EXPORT_TIME,),
        body=Body(raw={"text/tab-separated-values": TSV, "text/csv": CSV, "application/x-ndjson": NDJSON}),
        answers={202: Answer("The import, queued.", UsageImportOut, headers=("Location",))},
        problems=("invalid_input", "body_too_large", "unsupported_media_type"),
    ),
    "get_usage_import": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("The import.", UsageImportOut)}, problems=("not_found",)
    ),
    "get_usage_import_errors": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("The lines.", FaultyLinesOut)}, problems=("not_found",)
    ),
    "start_evaluation": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(NothingIn, {}, required=False),
        answers={202: Answer("The run.", EvaluationStartedOut, headers=("Location",))},
        problems=("idempotency_key_invalid",),
    ),
    "get_evaluation": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("The run.", EvaluationOut)}, problems=("not_found",)
    ),
}
