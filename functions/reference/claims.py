"""Operations on claims."""

from collections.abc import Mapping
from typing import Any, Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import (
    BOOLEAN,
    DATE_TIME,
    IDEMPOTENCY_KEY,
    IF_MATCH,
    LINE,
    OF_A_KEY,
    OF_A_MOVE,
    PAGED,
    REQUIRED_IDEMPOTENCY_KEY,
    UUID,
)
from functions.reference.poe import ATTESTS, MEDIA_TYPES
from functions.wire import NothingIn
from functions.wire.claim_list import ClaimsOut
from functions.wire.claims import ClaimIn, ClaimOut, ValidationOut, WordsIn
from functions.wire.timeline import TimelineOut
from shared.domain.caller import Role
from shared.domain.lifecycle import Status
from shared.domain.view import NextActor

_TAG: Final = "Claims"

CLAIM: Final[Mapping[str, Any]] = {
    "customer": {
        "tenantId": "6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c",
        "domain": "fabrikam.example",
        "name": "Fabrikam Manufacturing",
        "country": "DE",
    },
    "programmeId": "demo",
    "scopes": ["workload:teams"],
    "contact": {"name": "Anna Berg", "mail": "anna.berg@fabrikam.example"},
    "language": "en",
    "note": "As discussed on Tuesday: we will accompany your move to Teams.",
    "externalReference": "OPP-2026-1147",
}

VALIDATE_ONLY: Final = Parameter(
    "validateOnly",
    "query",
    "`true` lists every obstacle and does nothing. Any value but `true` and `false` is refused.",
    BOOLEAN,
    "true",
)

FILTERS: Final = (
    Parameter("status", "query", "Only claims that stand there.", {"enum": [str(each) for each in Status]}, "under_review"),
    Parameter("tenantId", "query", "Only claims about this customer.", UUID, CLAIM["customer"]["tenantId"]),
    Parameter("scope", "query", "Only claims that name this scope.", LINE, "workload:teams"),
    Parameter("externalReference", "query", "Only claims that bear this reference of yours.", LINE, "OPP-2026-1147"),
    Parameter("nextActor", "query", "Only claims that wait for them.", {"enum": [str(each) for each in NextActor]}, "partner"),
    Parameter("dueBefore", "query", "Only claims whose clock runs out before this time.", DATE_TIME, "2026-12-01T00:00:00Z"),
    Parameter(
        "updatedSince",
        "query",
        "Only claims that have changed since: to keep a copy, ask again from the latest `asOf` you have seen, less a minute.",
        DATE_TIME,
        "2026-11-01T00:00:00Z",
    ),
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_claims": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(*FILTERS, *PAGED),
        answers={200: Answer("A page of claims.", ClaimsOut)},
        problems=("invalid_input", "invalid_cursor"),
    ),
    "create_claim": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(REQUIRED_IDEMPOTENCY_KEY,),
        body=Body(ClaimIn, CLAIM, part="claim", files={"poe": MEDIA_TYPES}, fields={"attestation": ATTESTS}),
        answers={
            201: Answer("The draft.", ClaimOut, headers=("ETag", "Location")),
            202: Answer(
                "Sent with its proof: the claim holds its scopes; the document is being scanned.",
                ClaimOut,
                headers=("ETag", "Location"),
            ),
        },
        problems=(
            "idempotency_key_missing",
            *OF_A_KEY,
            "not_enrolled",
            "partner_suspended",
            "not_found",
            "limit_reached",
            "invalid_multipart",
            "document_empty",
            "proof_refused",
            "inspection_unavailable",
            "claim_incomplete",
            "asked_too_soon",
            "scope_taken",
        ),
    ),
    "get_claim": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={200: Answer("The claim.", ClaimOut, headers=("ETag",))},
        problems=("not_found",),
    ),
    "submit_claim": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(VALIDATE_ONLY, IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(NothingIn, {}, required=False),
        answers={
            200: Answer("With `validateOnly=true`: every obstacle, and nothing was done.", ValidationOut),
            202: Answer("The claim holds its scopes; its documents are being scanned.", ClaimOut, headers=("ETag",)),
        },
        problems=(
            *OF_A_KEY,
            *OF_A_MOVE,
            "claim_incomplete",
            "asked_too_soon",
            "scope_taken",
            "partner_suspended",
            "inspection_unavailable",
        ),
    ),
    "withdraw_claim": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(WordsIn, {"words": "The customer has chosen another project."}, required=False),
        answers={200: Answer("The claim, withdrawn.", ClaimOut, headers=("ETag",))},
        problems=(*OF_A_KEY, *OF_A_MOVE),
    ),
    "get_timeline": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: Answer("The timeline.", TimelineOut)}, problems=("not_found",)
    ),
}
