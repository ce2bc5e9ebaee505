"""Operations of reviewers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import IDEMPOTENCY_KEY, OF_A_KEY, OF_A_MOVE
from functions.wire.claims import ClaimOut
from functions.wire.reviews import ApproveIn, CommentIn, DecisionIn, ReviewsOut
from shared.domain.caller import Role

if TYPE_CHECKING:
    from pydantic import BaseModel

_TAG: Final = "Reviews"
_CLAIM: Final = Answer("The claim, as it stands now.", ClaimOut, headers=("ETag",))


def _decision(model: "type[BaseModel]", example: Mapping[str, Any], *problems: str, optional: bool = False) -> Operation:
    return Operation(
        tag=_TAG,
        role=Role.REVIEWER,
        parameters=(IDEMPOTENCY_KEY,),
        body=Body(model, example, required=not optional),
        answers={200: _CLAIM},
        problems=(*OF_A_KEY, *OF_A_MOVE, *problems),
    )


OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_reviews": Operation(tag=_TAG, role=Role.REVIEWER, answers={200: Answer("The queue.", ReviewsOut)}),
    "get_review": Operation(tag=_TAG, role=Role.REVIEWER, answers={200: _CLAIM}, problems=("not_found",)),
    "approve_claim": _decision(
        ApproveIn,
        {"confirmContact": True},
        "claim_refused",
        "contact_unconfirmed",
        "other_reviewer_needed",
        optional=True,
    ),
    "request_action": _decision(
        DecisionIn,
        {"reasonCode": "proof_unclear", "words": "Page 2 names another tenant: please have the customer correct it."},
        "too_many_rounds",
        "other_reviewer_needed",
    ),
    "reject_claim": _decision(
        DecisionIn,
        {"reasonCode": "proof_insufficient", "words": "The proof describes no activity within the workload."},
        "other_reviewer_needed",
    ),
    "comment_on_claim": _decision(CommentIn, {"words": "I have asked the customer's IT about page 2."}),
}
