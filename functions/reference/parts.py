"""What many operations share: parameters, headers of answers, examples, and the codes that follow from a role or a body."""

from collections.abc import Mapping
from typing import Any, Final

from functions.reference.operation import Parameter
from shared.domain.caller import Role

BOOLEAN: Final[Mapping[str, Any]] = {"type": "boolean", "default": False}
DATE_TIME: Final[Mapping[str, Any]] = {"type": "string", "format": "date-time"}
UUID: Final[Mapping[str, Any]] = {"type": "string", "format": "uuid"}
LINE: Final[Mapping[str, Any]] = {"type": "string", "minLength": 1, "maxLength": 200}

PAGED: Final = (
    Parameter(
        "maxpagesize",
        "query",
        "At most so many rows a page; 0 counts as 1 and more than 500 as 500. A page may have fewer and still not be the last.",
        {"type": "integer", "minimum": 0, "default": 50},
        "50",
    ),
    Parameter("cursor", "query", "Where a page begins: a part of `nextLink`, never made up.", {"type": "string"}, "MDA"),
)
_ONCE: Final = (
    "Your own name for this request. The same request under the same key gets the first answer; another request under it is "
    "422. A refusal does not use it up."
)
REQUIRED_IDEMPOTENCY_KEY: Final = Parameter(
    name="Idempotency-Key",
    place="header",
    sentence=_ONCE,
    schema={"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    example="5f0c1c7e-8f6a-4c55-9d0b-2f6a1c0e7d11",
    required=True,
)
IDEMPOTENCY_KEY: Final = Parameter(
    name="Idempotency-Key",
    place="header",
    # The platform leaves a header without a value out.
    sentence=f"{_ONCE} An empty one counts as none.",
    schema={"type": "string", "maxLength": 255, "pattern": "^[ -~]*$"},
    example="5f0c1c7e-8f6a-4c55-9d0b-2f6a1c0e7d11",
)
IF_MATCH: Final = Parameter(
    name="If-Match",
    place="header",
    sentence="The `ETag` that you read, or `*`. When it is no longer the current one, nothing is done.",
    schema={"type": "string"},
    example='"2"',
)
REQUIRED_IF_MATCH: Final = Parameter(
    name=IF_MATCH.name,
    place=IF_MATCH.place,
    sentence=IF_MATCH.sentence,
    schema=IF_MATCH.schema,
    example=IF_MATCH.example,
    required=True,
)
IF_NONE_MATCH: Final = Parameter(
    name="If-None-Match",
    place="header",
    sentence="The `ETag` of what you have: as long as that is what there is, the answer is 304 without a body.",
    schema={"type": "string"},
    example='"9f86d081884c7d659a2feaa0c55ad015"',
)
TRACEPARENT: Final = Parameter(
    name="traceparent",
    place="header",
    sentence="W3C Trace Context. It is carried through queues and mails; problem documents bear its trace id as `traceId`.",
    schema={"type": "string"},
    example="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
)

ACTING_FOR: Final = Parameter(
    name="Acting-For",
    place="header",
    sentence="The partner that you act for, if it is not yourself: it must have granted you the right, for reading, submitting "
    "or earnings. Idempotency keys, lists and everything else are then that partner's.",
    schema={"type": "string", "pattern": "^[0-9]{4,12}$"},
    example="4711001",
)
ACTING_USER: Final = Parameter(
    name="Acting-User",
    place="header",
    sentence="Who sits at the keyboard, in your own words: recorded in the timeline as asserted. Send an id rather than a name.",
    schema={"type": "string", "maxLength": 100, "pattern": "^[ -~]*$"},
    example="user-1147",
)

HEADERS: Final[Mapping[str, Mapping[str, Any]]] = {
    "ETag": {
        "description": "The version of what is shown: for `If-None-Match`, and for `If-Match` where an operation takes it.",
        "required": True,
        "schema": {"type": "string", "pattern": '^"[0-9a-f]+"$'},
    },
    "Location": {
        "description": "The address of what was created.",
        "required": True,
        "schema": {"type": "string", "format": "uri"},
    },
    "Content-Disposition": {
        "description": "It is an attachment, under the name it was uploaded with.",
        "required": True,
        "schema": {"type": "string", "pattern": "^attachment; "},
    },
    "Retry-After": {
        "description": "Seconds after which to try again.",
        "required": True,
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
    "WWW-Authenticate": {
        "description": "Why the token was not taken, in the words of RFC 6750.",
        "required": True,
        "schema": {"type": "string", "pattern": "^Bearer "},
    },
}

PATH_PARAMETERS: Final[Mapping[str, tuple[str, str]]] = {
    "addressHash": (
        "The SHA-256 of a mail address in lower case.",
        "968a041d50bf352dd0432218cbe84296c937fec54efd62de7ba538c4d1c1e221",
    ),
    "associationId": ("An association, as a claim's scope names it.", "a76f0cb6-f44b22682218f036ae1a.teams"),
    "batchId": ("A batch of yours.", "9f86d081884c7d659a2feaa0"),
    "claimId": ("A claim of yours.", "a76f0cb6-f44b22682218f036ae1a"),
    "contestId": ("An open contest: it bears the id of the claim that contests.", "a76f0cb6-f44b22682218f036ae1a"),
    "documentId": ("A document of the claim.", "9f86d081884c7d659a2f"),
    "earningId": ("An entry of the earnings.", "a76f0cb6-f44b22682218f036ae1a.demo.teams-15.1"),
    "evaluationId": ("An evaluation run.", "nightly-2026-11-22"),
    "letterId": ("A dead letter.", "9f86d081884c7d659a2feaa09f86d081"),
    "importId": ("An import of usage.", "9f86d081884c7d659a2feaa0"),
    "month": ("A month in UTC.", "2026-10"),
    "partnerId": ("The partner's MPN location id, 4 to 12 digits.", "4711001"),
    "payoutId": ("A payout: the month that it pays out.", "2026-10"),
    "programmeId": ("A published programme.", "demo"),
    "reconciliationId": ("A reconciliation.", "nightly-2026-11-22"),
    "reviewId": ("The claim under review: a review bears its id.", "a76f0cb6-f44b22682218f036ae1a"),
    "deliveryId": ("A delivery of the webhook.", "17"),
    "trialId": ("A trial of a programme's next version.", "9f86d081884c7d659a2feaa0"),
    "webhookName": ("Your own name for the webhook: 1 to 40 small letters, digits and hyphens.", "portal"),
    "tenantId": ("The customer.", "6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c"),
}

ALWAYS: Final = ("internal_error", "store_unavailable")
WITH_A_TOKEN: Final = ("unauthenticated", "wrong_role", "keys_unavailable")
OF_A_QUERY: Final = "invalid_input"
"""A parameter that an operation does not have is refused, also where it has none."""
WITH_A_JSON_BODY: Final = ("invalid_json", "invalid_input", "body_too_large")
OF_A_KEY: Final = ("idempotency_key_invalid", "idempotency_key_reused")
OF_A_MOVE: Final = ("not_found", "action_not_allowed", "busy")

ROLES: Final[Mapping[Role, str]] = {
    Role.PARTNER: "a partner's portal; the token's application must be enrolled for the partner",
    Role.REVIEWER: "a person who verifies claims and proofs",
    Role.OPERATOR: "whoever runs the programme: partners, usage, evaluations",
}
