"""Operations on contests."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import IDEMPOTENCY_KEY, IF_MATCH, OF_A_KEY, OF_A_MOVE
from functions.wire.claims import ClaimOut
from functions.wire.contests import ContestIn, ContestOut, ContestsOut, DecideIn
from shared.domain.caller import Role

OPERATIONS: Final[Mapping[str, Operation]] = {
    "contest_scopes": Operation(
        tag="Claims",
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(ContestIn, {"evidence": "We moved 800 seats to Teams in March; the project plan is page 3 of the proof."}),
        answers={202: Answer("The claim holds what is free and contests the rest.", ClaimOut, headers=("ETag",))},
        problems=(
            *OF_A_KEY,
            *OF_A_MOVE,
            "claim_incomplete",
            "asked_too_soon",
            "scope_taken",
            "scope_contested",
            "partner_suspended",
            "inspection_unavailable",
        ),
    ),
    "list_contests": Operation(
        tag="Contests",
        role=Role.REVIEWER,
        answers={200: Answer("The open contests.", ContestsOut)},
        problems=("invalid_input",),
    ),
    "get_contest": Operation(
        tag="Contests",
        role=Role.REVIEWER,
        answers={200: Answer("Both sides.", ContestOut)},
        problems=("not_found", "invalid_input"),
    ),
    "decide_contest": Operation(
        tag="Contests",
        role=Role.REVIEWER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(DecideIn, {"winner": "challenger", "words": "The customer names this partner's project in its own words."}),
        answers={200: Answer("The claim that contested, as it stands now.", ClaimOut, headers=("ETag",))},
        problems=(*OF_A_KEY, *OF_A_MOVE, "consent_missing", "contact_unconfirmed", "scan_unconfirmed", "review_assigned"),
    ),
}
