"""Operations on proofs of execution."""

from collections.abc import Mapping
from typing import Any, Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import IDEMPOTENCY_KEY, IF_MATCH, OF_A_KEY, OF_A_MOVE
from functions.wire.claims import ClaimOut
from functions.wire.poe import AttachedOut, AttestIn, PartnerStatement, ProofsOut
from shared.domain.caller import Role
from shared.domain.poe import MediaType

_TAG: Final = "Proofs of execution"
MEDIA_TYPES: Final = tuple(str(each) for each in MediaType)

NAME: Final = Parameter(
    "name", "query", "What the document is called, for display only.", {"type": "string", "default": "document"}, "proof.pdf"
)
ATTESTS: Final[Mapping[str, Any]] = {
    "type": "string",
    "enum": [str(each) for each in PartnerStatement],
    "description": "Somebody of the partner, named in `Acting-User`, attests that the file shows what the customer signed: see "
    "`attestProof`.",
}
ATTESTATION: Final = Parameter(
    "attestation", "query", ATTESTS["description"], {"type": "string", "enum": ATTESTS["enum"]}, PartnerStatement.PARTNER_1
)
DOCUMENT: Final = Answer("The document, as it was uploaded.", media_types=MEDIA_TYPES, headers=("Content-Disposition",))

OPERATIONS: Final[Mapping[str, Operation]] = {
    "attach_proof": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(NAME, ATTESTATION, IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(raw=dict.fromkeys(MEDIA_TYPES, ""), files={"poe": MEDIA_TYPES}, fields={"attestation": ATTESTS}),
        answers={201: Answer("The document, and what a reviewer would say of it.", AttachedOut)},
        problems=(
            *OF_A_KEY,
            *OF_A_MOVE,
            "document_empty",
            "invalid_input",
            "invalid_multipart",
            "proof_refused",
            "body_too_large",
            "inspection_unavailable",
            "partner_suspended",
        ),
    ),
    "list_proofs": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={200: Answer("Every document with the result of every check, as of now.", ProofsOut)},
        problems=("not_found", "inspection_unavailable"),
    ),
    "list_proofs_to_review": Operation(
        tag=_TAG,
        role=Role.REVIEWER,
        answers={200: Answer("What the partner sees of its documents.", ProofsOut)},
        problems=("not_found", "inspection_unavailable"),
    ),
    "get_proof": Operation(tag=_TAG, role=Role.PARTNER, answers={200: DOCUMENT}, problems=("not_found",)),
    "remove_proof": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IF_MATCH,),
        answers={200: Answer("The claim without the document.", ClaimOut, headers=("ETag",))},
        problems=(*OF_A_MOVE, "invalid_input", "partner_suspended"),
    ),
    "attest_proof": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(AttestIn, {"attestation": "partner-1"}),
        answers={200: Answer("The claim, whose document somebody answers for.", ClaimOut, headers=("ETag",))},
        problems=(*OF_A_KEY, *OF_A_MOVE, "partner_suspended"),
    ),
    "get_proof_form": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={
            200: Answer(
                "The form, as a PDF to fill in and sign.", media_types=(str(MediaType.PDF),), headers=("Content-Disposition",)
            )
        },
        problems=("not_found", "form_not_printable"),
    ),
    "get_proof_to_review": Operation(tag=_TAG, role=Role.REVIEWER, answers={200: DOCUMENT}, problems=("not_found",)),
}
