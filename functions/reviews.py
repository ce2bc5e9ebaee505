"""Reviews over HTTP: what waits, who has it, and the decisions. A review bears the id of the claim it verifies."""

from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import authenticate
from functions.edge import answer, body_as, idempotency, problems, the_world
from functions.entity_tag import claim_tag
from functions.precondition import as_read

if TYPE_CHECKING:
    from shared.domain.claim import Claim

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.route(route="v1/reviews", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_reviews(req: func.HttpRequest) -> func.HttpResponse:
    """What waits for a reviewer, the tightest clock first; `assignee` narrows it down to what somebody has, or nobody."""
    import re

    from functions.wire.reviews import ASSIGNEE, ReviewsOut, reviewer_in
    from shared.domain.caller import Role
    from shared.usecases import reviews

    caller = await authenticate(req, Role.REVIEWER)
    said = query.only(req, "assignee").get("assignee")
    if said is not None and not re.fullmatch(ASSIGNEE, said):
        query.wrong("assignee", "Write me, nobody, or a reviewer's object id.")
    wanted = None if said is None else {reviewer_in(said, caller.subject)}
    return answer(ReviewsOut.of(await reviews.waiting(the_world(), wanted)))


@bp.route(route="v1/reviews/{reviewId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_review(req: func.HttpRequest) -> func.HttpResponse:
    """The claim under review, and which reviewer has it."""
    from shared.domain.caller import Role

    await authenticate(req, Role.REVIEWER)
    query.only(req)
    return _shown((await the_world().records.claim(req.route_params["reviewId"])).claim)


@bp.route(route="v1/reviews/{reviewId}/assign", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def assign_review(req: func.HttpRequest) -> func.HttpResponse:
    """Takes a review, gives it to another reviewer, or gives it back; from another reviewer only with `takeOver`."""
    from functions.wire.reviews import AssignIn, reviewer_in
    from shared.domain.caller import Role
    from shared.usecases import reviews

    caller = await authenticate(req, Role.REVIEWER)
    query.only(req)
    named, wanted = idempotency(req, caller.subject), body_as(AssignIn, req)
    review_id, call, unchanged = req.route_params["reviewId"], named and named[1], as_read(req, claim_tag)
    who, assignee, takes_over = caller.subject, reviewer_in(wanted.assignee, caller.subject), wanted.take_over
    return _shown(await reviews.assign(the_world(), who, review_id, call, assignee, unchanged, takes_over=takes_over))


@bp.route(route="v1/reviews/{reviewId}/approve", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def approve_claim(req: func.HttpRequest) -> func.HttpResponse:
    """Claim and POE are in order."""
    from functions.wire.reviews import ApproveIn
    from shared.domain.caller import Role
    from shared.usecases import reviews

    caller = await authenticate(req, Role.REVIEWER)
    query.only(req)
    named, wanted = idempotency(req, caller.subject), body_as(ApproveIn, req)
    review_id, call = req.route_params["reviewId"], named and named[1]
    return _shown(
        await reviews.approve(
            the_world(),
            caller.subject,
            review_id,
            call,
            as_read(req, claim_tag),
            confirms_contact=wanted.confirm_contact,
            confirms_scan=wanted.confirm_scan,
        )
    )


@bp.route(route="v1/reviews/{reviewId}/request-action", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def request_action(req: func.HttpRequest) -> func.HttpResponse:
    """The partner has to mend something; its clock starts."""
    from functions.wire.reviews import DecisionIn
    from shared.domain.caller import Role
    from shared.usecases import reviews

    caller = await authenticate(req, Role.REVIEWER)
    query.only(req)
    named, wanted = idempotency(req, caller.subject), body_as(DecisionIn, req)
    review_id, call, unchanged = req.route_params["reviewId"], named and named[1], as_read(req, claim_tag)
    code, words = wanted.reason_code, wanted.words
    return _shown(await reviews.request_action(the_world(), caller.subject, review_id, call, code, words, unchanged))


@bp.route(route="v1/reviews/{reviewId}/reject", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def reject_claim(req: func.HttpRequest) -> func.HttpResponse:
    """The claim ends and its scopes are free."""
    from functions.wire.reviews import DecisionIn
    from shared.domain.caller import Role
    from shared.usecases import reviews

    caller = await authenticate(req, Role.REVIEWER)
    query.only(req)
    named, wanted = idempotency(req, caller.subject), body_as(DecisionIn, req)
    review_id, call, unchanged = req.route_params["reviewId"], named and named[1], as_read(req, claim_tag)
    code, words = wanted.reason_code, wanted.words
    return _shown(await reviews.reject(the_world(), caller.subject, review_id, call, code, words, unchanged))


@bp.route(route="v1/reviews/{reviewId}/comments", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def comment_on_claim(req: func.HttpRequest) -> func.HttpResponse:
    """A remark in the timeline."""
    from functions.wire.reviews import CommentIn
    from shared.domain.caller import Role
    from shared.usecases import reviews

    caller = await authenticate(req, Role.REVIEWER)
    query.only(req)
    named, wanted = idempotency(req, caller.subject), body_as(CommentIn, req)
    review_id, call, unchanged = req.route_params["reviewId"], named and named[1], as_read(req, claim_tag)
    return _shown(await reviews.comment(the_world(), caller.subject, review_id, call, wanted.words, unchanged))


def _shown(claim: "Claim") -> func.HttpResponse:
    from functions.wire.reviews import ReviewedClaimOut

    return answer(ReviewedClaimOut.of(claim), headers={"ETag": claim_tag(claim)})
