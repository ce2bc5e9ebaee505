"""Every problem code that an answer can carry: its status, what it means, what to do.

The table is the only source: the edge looks the status up here, the OpenAPI document lists the codes of every operation from
here, and `docs/problems.md` and the page at `/docs/problems` are made from it. A code never changes its meaning and is never
used again.
"""

from typing import Final, NamedTuple

PROBLEMS_PAGE: Final = "docs/problems"


class Problem(NamedTuple):
    """One kind of refusal. Whether trying again helps stands in `remedy`, for a person."""

    code: str
    status: int
    meaning: str
    remedy: str

    @property
    def title(self) -> str:
        """The `title` of its documents: the same for every occurrence, as RFC 9457 asks."""
        return self.code.replace("_", " ")


CATALOGUE: Final = (
    Problem(
        "invalid_json",
        400,
        "The body is not JSON as this API takes it: malformed, a name repeated, `NaN` or `Infinity`, not UTF-8, or "
        "nested deeper than "
        "16 levels.",
        "Send one JSON object in UTF-8. The same request again is refused again.",
    ),
    Problem(
        "invalid_input",
        400,
        "Something in the request has a wrong value, an unknown name, or is missing. `errors` names each field.",
        "Correct the fields. Names are those of this document, in camelCase; unknown ones are refused so that no slip "
        "is ignored.",
    ),
    Problem(
        "invalid_multipart",
        400,
        "The body is not `multipart/form-data` as RFC 7578 has it, or has more parts than it may.",
        "Let an HTTP library make the body. The same request again is refused again.",
    ),
    Problem(
        "idempotency_key_missing",
        400,
        "The operation creates something and needs an `Idempotency-Key`.",
        "Send a key of your own choosing, for instance a UUID, and keep it for as long as you might try again.",
    ),
    Problem(
        "idempotency_key_invalid",
        400,
        "The `Idempotency-Key` is empty, longer than 255 characters, or not printable ASCII.",
        "Send 1 to 255 printable ASCII characters.",
    ),
    Problem(
        "invalid_cursor",
        400,
        "The `cursor` of a link to a next page was altered, belongs to another list, other filters or another caller, or is "
        "older than the last deployment.",
        "Follow `nextLink` as it is; otherwise begin the list again.",
    ),
    Problem("document_empty", 400, "The body has no bytes.", "Send the document itself as the body."),
    Problem(
        "unauthenticated",
        401,
        "There is no bearer token, or it is not one that is trusted: expired, for another audience, from another "
        "issuer, or altered. "
        "Which of these is not said.",
        "Get a new token from the issuer for this API's audience.",
    ),
    Problem(
        "wrong_role",
        403,
        "The token is good, but its `roles` do not hold the one that this operation needs.",
        "Use an application that was granted the role.",
    ),
    Problem(
        "client_not_enrolled",
        403,
        "The token's application (`tid` and `azp`) is not enrolled for any partner.",
        "Ask the programme's operator to add the application to your partner profile.",
    ),
    Problem(
        "grant_missing",
        403,
        "The partner that `Acting-For` names has not granted you the right that this call takes, has taken it back, or does not "
        "exist; which of these is not said. For some operations nobody can act for another.",
        "Ask the partner to have the programme's operator add the grant to its profile. It counts within a minute.",
    ),
    Problem(
        "not_enrolled",
        403,
        "Your partner profile is not enrolled in the programme that the claim names.",
        "Choose a programme that `GET /v1/me` lists, or ask the operator to enrol you.",
    ),
    Problem(
        "partner_suspended",
        403,
        "The partner is suspended: it can read everything and change nothing.",
        "Ask the programme's operator.",
    ),
    Problem(
        "partner_paused",
        403,
        "So many customers refused the partner within 30 days, and so large a share of those who answered, that a person has to "
        "look before it asks further ones. Everything else goes on.",
        "Ask the programme's operator.",
    ),
    Problem(
        "not_found",
        404,
        "There is nothing here for this caller. What is missing and what belongs to somebody else look alike.",
        "Check the id, and that the token belongs to the partner who owns it.",
    ),
    Problem(
        "scope_taken",
        409,
        "At least one scope is held by another claim or association. `taken` says which and since when, never by whom. "
        "No scope of this claim was taken.",
        "Leave the taken scopes out, or wait until they are free.",
    ),
    Problem(
        "scope_contested",
        409,
        "Another claim contests the scope already, or more claims are concerned than can be decided at once.",
        "Wait until that contest is decided: `GET /v1/availability` or another try says so.",
    ),
    Problem(
        "consent_missing",
        409,
        "A contest cannot be won on silence: the customer has not agreed by a click for each contested scope, or owes another "
        "answer. `detail` names the scopes.",
        "Wait for the customer's answer, or decide for the incumbent.",
    ),
    Problem(
        "action_not_allowed",
        409,
        "The claim's status does not admit this move.",
        "Read the claim: `status`, `nextActor` and `waitingFor` say whose move it is.",
    ),
    Problem(
        "asked_too_soon",
        409,
        "The customer has refused this partner for a scope of the claim, and the programme's wait (90 days, policy) is not over. "
        "`detail` says from when.",
        "Leave the scope out, or submit from that day on.",
    ),
    Problem(
        "too_late",
        409,
        "The move is possible for a limited time or once, and that is over: reopening after the partner's own deadline passed, "
        "disputing a rejection.",
        "Claim anew.",
    ),
    Problem(
        "too_many_webhooks",
        409,
        "A partner has at most five webhooks.",
        "Delete one first, or let one call serve several purposes.",
    ),
    Problem(
        "webhooks_unavailable",
        409,
        "This deployment keeps no secrets, so it calls nobody.",
        "Read the same events with `GET /v1/events`.",
    ),
    Problem(
        "form_not_printable",
        409,
        "A name of the claim has characters that the form's font cannot show.",
        "Let the customer sign a document of its own instead.",
    ),
    Problem(
        "signer_unverified",
        409,
        "The signer's mail address is not in a verified domain of the customer: nobody would vouch for who signs.",
        "Name somebody with an address of the customer, or let the customer sign the form and upload it.",
    ),
    Problem(
        "signing_off",
        409,
        "This deployment has no key to seal what is signed with, so nothing is signed online.",
        "Let the customer sign the form, and upload it.",
    ),
    Problem("claim_refused", 409, "The customer has refused; no review can approve over that.", "Reject the claim or leave it."),
    Problem(
        "too_many",
        422,
        "The list would need more associations than one request may look through.",
        "Name a customer or a workload; the parts together are the whole.",
    ),
    Problem(
        "too_many_rounds",
        409,
        "The partner was asked for action as often as the programme allows.",
        "Approve or reject.",
    ),
    Problem(
        "contact_unconfirmed",
        409,
        "The contact's mail address is not in a verified domain of the customer, and nobody has confirmed the person.",
        "Confirm the person by other means and send `confirmContact: true`, or ask the partner for another contact.",
    ),
    Problem(
        "scan_unconfirmed",
        409,
        "The customer's signature is to be seen on scans only, so somebody has to look at them.",
        "Look at the documents and send `confirmScan: true` if they show the signature, or ask the partner for action.",
    ),
    Problem(
        "other_reviewer_needed",
        409,
        "You rejected this claim before, or whom you name did; a dispute is decided by somebody else.",
        "Leave it to another reviewer.",
    ),
    Problem(
        "review_assigned",
        409,
        "Another reviewer has this review. Since when, the timeline says.",
        "Go on with another review; or take this one over, by `assign` with `takeOver`, and decide then.",
    ),
    Problem(
        "month_not_over",
        409,
        "The month has days left, so more can still be posted to it.",
        "Close it when it is over. `detail` says from which day on that is possible.",
    ),
    Problem(
        "month_out_of_turn",
        409,
        "Months are closed one after the other, and another one comes first.",
        "Close the month that `detail` names, or read this one: it may be closed.",
    ),
    Problem(
        "month_not_closed",
        409,
        "Only what a closed month has left over can be paid out.",
        "Close the month first.",
    ),
    Problem(
        "second_operator_needed",
        409,
        "You proposed this payout yourself.",
        "Let another operator look at it and approve it.",
    ),
    Problem(
        "payout_not_ready",
        409,
        "The payout's status does not admit this move.",
        "Read the payout: one that is proposed can be approved or given up, one that is exported can be settled.",
    ),
    Problem(
        "transfer_settled",
        409,
        "A transfer is paid or failed once, and this one is the other already.",
        "Read the payout. What was told wrongly is corrected by an adjustment.",
    ),
    Problem(
        "query_exists",
        409,
        "You have queried this entry of your earnings before, and an entry is queried once.",
        "Read the query and its answer.",
    ),
    Problem(
        "query_answered",
        409,
        "The query was answered before, and an answer never changes.",
        "Read the query. What is to be paid otherwise is an adjustment.",
    ),
    Problem(
        "stale_version",
        412,
        "`If-Match` names a version that is no longer the current one.",
        "Read the resource, look at what changed, and send the new `ETag`.",
    ),
    Problem("body_too_large", 413, "The body has more bytes than the operation takes.", "Send less, or in parts."),
    Problem(
        "unsupported_media_type",
        415,
        "The operation does not take this `Content-Type`.",
        "Send one of the media types that the operation lists.",
    ),
    Problem(
        "proof_refused",
        422,
        "The document can never be a proof for this claim, however the claim is edited: it is not what it says it is, cannot "
        "be opened, is hostile, too large, about another tenant, or its signature is broken, partial or too old. Nothing was "
        "stored.",
        "`errors` says for each reason what is wrong and what to do, with the code of the check that found it.",
    ),
    Problem(
        "claim_incomplete",
        422,
        "The claim cannot be submitted yet. `errors` names every obstacle at once.",
        "Remove the obstacles and submit again, with the same `Idempotency-Key` if you like: a refusal does not use it up.",
    ),
    Problem(
        "faulty_programme",
        422,
        "The definition would make the programme pay wrongly, or says something that was published differently before. `errors` "
        "names every fault with its place.",
        "Correct the definition. `?dryRun=true` shows the same faults and publishes nothing.",
    ),
    Problem(
        "idempotency_key_reused",
        422,
        "This `Idempotency-Key` was used before, for another request.",
        "Use a new key for a new request, and the old one only to send the very same request again.",
    ),
    Problem(
        "precondition_required",
        428,
        "The operation changes what you have read and needs its version, so that it overwrites nobody's change.",
        "Send the `ETag` that you read as `If-Match`, or `*` if you mean whatever stands there.",
    ),
    Problem(
        "limit_reached",
        429,
        "The partner does this more often than its programmes allow: claims a minute, look-ups of availability a minute, mails a "
        "day (`GET /v1/me` lists the figures). Nothing was done.",
        "Try again after `Retry-After`, with the same `Idempotency-Key`: a refusal does not use it up.",
    ),
    Problem(
        "internal_error",
        500,
        "Something went wrong on our side. The answer holds a `traceId` and nothing else.",
        "Try again with the same `Idempotency-Key`. If it stays, report the `traceId`.",
    ),
    Problem(
        "store_unavailable",
        503,
        "The store did not answer.",
        "Try again after `Retry-After` with the same `Idempotency-Key`: what had its effect has it once.",
    ),
    Problem(
        "inspection_unavailable",
        503,
        "Documents cannot be looked into at this moment; nothing is known about this one, and nothing was done.",
        "Try again after `Retry-After`.",
    ),
    Problem("busy", 503, "Others change the same record at this moment; nothing was done.", "Try again after `Retry-After`."),
    Problem(
        "keys_unavailable",
        503,
        "The token's issuer could not be asked for its keys, so nothing is known about the token.",
        "Try again after `Retry-After`.",
    ),
)

NEVER_ANSWERED: Final = {
    "contact_unverified": "A customer names somebody outside its own domains: its page says so beside the address.",
    "link_unusable": "A mailed link leads nowhere: the customer sees a page.",
    "link_too_old": "A mailed link to manage opens no more: the customer sees a page that mails a new one.",
    "form_changed": "The claim was edited while its signer read: the signer sees the new form.",
    "other_programmes": "A worker of the nightly run has other programmes: only its queue learns of it.",
}
"""Codes of refusals that reach no caller of the API, and who meets them instead."""

_BY_CODE: Final = {problem.code: problem for problem in CATALOGUE}


def problem_of(code: str) -> Problem:
    """The entry of a code. Raises KeyError for one that the catalogue lacks."""
    return _BY_CODE[code]


def status_of(code: str) -> int:
    """The status of a code; 409, a refusal because of how things stand, for one that the catalogue lacks."""
    found = _BY_CODE.get(code)
    return found.status if found is not None else 409


def type_of(code: str) -> str:
    """The `type` of a problem document: a reference with its full path, the same on every host, and it leads somewhere."""
    return f"/{PROBLEMS_PAGE}#{code}"


def as_markdown() -> str:
    """The catalogue as a document, a section a code."""
    head = [
        "# Problems",
        "",
        "<!-- Made from functions/reference/codes.py by `make openapi`. -->",
        "",
        "Every refusal is `application/problem+json` (RFC 9457). What you compare is its `code`, which is stable;",
        "`type` leads to the code's section; `detail` is a sentence for a person and may change.",
    ]
    sections = [
        line
        for each in CATALOGUE
        for line in ("", f"## {each.code}", "", f"Status {each.status}. {each.meaning}", "", f"**What to do.** {each.remedy}")
    ]
    return "\n".join([*head, *sections, ""])
