"""Operations on batches of claims."""

import json
from collections.abc import Mapping
from typing import Final

from functions.reference.claims import CLAIM
from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import OF_A_KEY, PAGED, REQUIRED_IDEMPOTENCY_KEY
from functions.wire.claim_batches import BatchOut, BatchResultsOut
from shared.domain.caller import Role

_TAG: Final = "Claims"

OPERATIONS: Final[Mapping[str, Operation]] = {
    "create_claim_batch": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(REQUIRED_IDEMPOTENCY_KEY,),
        body=Body(raw={"application/x-ndjson": json.dumps(CLAIM) + "\n"}),
        answers={202: Answer("The batch is being worked off.", BatchOut, headers=("Location",))},
        problems=("idempotency_key_missing", *OF_A_KEY, "body_too_large", "unsupported_media_type", "partner_suspended"),
    ),
    "get_claim_batch": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=PAGED,
        answers={200: Answer("Its progress, and a page of results.", BatchResultsOut)},
        problems=("not_found", "invalid_cursor"),
    ),
}
