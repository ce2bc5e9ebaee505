"""Operations of reviewers."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import IDEMPOTENCY_KEY, IF_MATCH, OF_A_KEY, OF_A_MOVE
from functions.wire.reviews import ASSIGNEE, ApproveIn, AssignIn, CommentIn, DecisionIn, ReviewedClaimOut, ReviewsOut
from shared.domain.caller import Role

if TYPE_CHECKING:
    from pydantic import BaseModel

_TAG: Final = "Reviews"
_CLAIM: Final = Answer("The claim, as it stands now, and who has its review.", ReviewedClaimOut, headers=("ETag",))

_ASSIGNEE: Final = Parameter(
    "assignee",
    "query",
    "Only what this reviewer has: `me`, `nobody`, or an object id.",
    {"type": "string", "pattern": ASSIGNEE},
    "me",
)
_DECIDES: Final = ("other_reviewer_needed", "review_assigned")


def _decision(model: "type[BaseModel]", example: Mapping[str, Any], *problems: str, optional: bool = False) -> Operation:
    return Operation(
        tag=_TAG,
        role=Role.REVIEWER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(model, example, required=not optional),
        answers={200: _CLAIM},
        problems=(*OF_A_KEY, *OF_A_MOVE, *problems),
    )


OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_reviews": Operation(
        tag=_TAG, role=Role.REVIEWER, parameters=(_ASSIGNEE,), answers={200: Answer("The queue.", ReviewsOut)}
    ),
    "get_review": Operation(tag=_TAG, role=Role.REVIEWER, answers={200: _CLAIM}, problems=("not_found",)),
    "assign_review": _decision(AssignIn, {"assignee": "me"}, *_DECIDES),
    "approve_claim": _decision(
        ApproveIn,
        {"confirmContact": True, "confirmScan": True},
        "claim_refused",
        "contact_unconfirmed",
        "scan_unconfirmed",
        *_DECIDES,
        optional=True,
    ),
    "request_action": _decision(
        DecisionIn,
        {"reasonCode": "proof_unclear", "words": "Page 2 names another tenant: please have the customer correct it."},
        "too_many_rounds",
        *_DECIDES,
    ),
    "reject_claim": _decision(
        DecisionIn,
        {"reasonCode": "proof_insufficient", "words": "The proof describes no activity within the workload."},
        *_DECIDES,
    ),
    "comment_on_claim": _decision(CommentIn, {"words": "I have asked the customer's IT about page 2."}),
}
