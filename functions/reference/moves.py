"""Operations of a partner on a claim that it has."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import IDEMPOTENCY_KEY, IF_MATCH, OF_A_KEY, OF_A_MOVE, REQUIRED_IF_MATCH
from functions.wire import NothingIn
from functions.wire.claims import ClaimOut, ClaimPatch, DisputeIn, RemarkIn
from functions.wire.signatures import SignatureRequestIn
from shared.domain.caller import Role

if TYPE_CHECKING:
    from pydantic import BaseModel

_TAG: Final = "Claims"
_CLAIM: Final = Answer("The claim, as it stands now.", ClaimOut, headers=("ETag",))


def _move(model: "type[BaseModel]", example: Mapping[str, Any], *problems: str) -> Operation:
    return Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(model, example, required=bool(example)),
        answers={200: _CLAIM},
        problems=(*OF_A_KEY, *OF_A_MOVE, "partner_suspended", *problems),
    )


OPERATIONS: Final[Mapping[str, Operation]] = {
    "edit_claim": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(REQUIRED_IF_MATCH,),
        body=Body(ClaimPatch, {"contact": {"name": "Carl Dorn", "mail": "carl.dorn@fabrikam.example"}}),
        answers={200: _CLAIM},
        problems=(*OF_A_MOVE, "partner_suspended", "precondition_required"),
    ),
    "remark_on_claim": _move(RemarkIn, {"words": "The customer's IT has changed hands; Carl Dorn answers now."}),
    "resend_consent": _move(NothingIn, {}),
    "request_signature": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(
            SignatureRequestIn,
            {"signer": {"name": "Carl Dorn", "mail": "carl.dorn@fabrikam.example"}, "submitWhenReady": True},
            required=False,
        ),
        answers={202: Answer("The claim, which now waits for a signature.", ClaimOut, headers=("ETag",))},
        problems=(*OF_A_KEY, *OF_A_MOVE, "partner_suspended", "signer_unverified", "signing_off", "form_not_printable"),
    ),
    "reopen_claim": _move(NothingIn, {}, "too_late", "scope_taken"),
    "dispute_rejection": _move(
        DisputeIn, {"words": "Page 2 of the proof lists the activities within the workload."}, "too_late", "scope_taken"
    ),
}
