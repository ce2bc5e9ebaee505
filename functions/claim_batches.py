"""Batches of claims over HTTP and from their queue: a file is accepted at once and worked off in the background."""

import json
import logging
from typing import TYPE_CHECKING, Final

import azure.functions as func

from functions import query
from functions.callers import calling_partner
from functions.dead_letters import set_aside
from functions.edge import Refusal, answer, problem_of, problems, read_as, required_idempotency, the_world
from shared import bootstrap

if TYPE_CHECKING:
    from collections.abc import Mapping

    from shared.usecases.claims import NewClaim

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)

MOST_BYTES: Final = 40_000_000
MOST_LINE_BYTES: Final = 32_000
# Enough to mend a line; what it says of strangers' names must fit where the results are kept.
_MOST_ERRORS: Final = 5
_LONGEST_FIELD: Final = 200


@bp.route(route="v1/claim-batches", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def create_claim_batch(req: func.HttpRequest) -> func.HttpResponse:
    """Accepts a file of claims, one a line: 202. Each line is what a single call would take, and makes its claim once."""
    from functions.wire.claim_batches import BatchOut
    from shared.usecases import claim_batches

    partner = await calling_partner(req)
    query.only(req)
    if req.headers.get("Content-Type", "").partition(";")[0].strip().lower() != claim_batches.MEDIA_TYPE:
        raise Refusal(415, "unsupported_media_type", f"Send claims as {claim_batches.MEDIA_TYPE}.")
    content = req.get_body()
    if len(content) > MOST_BYTES:
        raise Refusal(413, "body_too_large", f"A batch has at most {MOST_BYTES} bytes.")
    key, call = required_idempotency(req, partner.partner_id)
    batch = await claim_batches.accept(the_world(), partner, content, key, call)
    location = f"{the_world().settings.public_url}/v1/claim-batches/{batch.batch_id}"
    return answer(BatchOut.of(batch), 202, {"Location": location})


@bp.route(route="v1/claim-batches/{batchId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_claim_batch(req: func.HttpRequest) -> func.HttpResponse:
    """How far the batch has come, and what came of its lines, page by page."""
    from functions import paging
    from functions.wire.claim_batches import BatchResultsOut

    partner = await calling_partner(req)
    params = query.only(req, "maxpagesize", "cursor")
    after, size = int(paging.position(req, partner.partner_id, params) or "0"), paging.page_size(params)
    batch = await the_world().batch_book.load(partner.partner_id, req.route_params["batchId"])
    results = await the_world().batch_book.results(batch, after, size)
    position = str(results[-1].line) if len(results) == size else None
    return answer(BatchResultsOut.page(batch, results, paging.next_link(req, partner.partner_id, params, position)))


@bp.queue_trigger(arg_name="message", queue_name="claim-batches", connection="AzureWebJobsStorage")
async def work_off_claim_batch(message: func.QueueMessage) -> None:
    """Makes some of the batch's claims. Any number of deliveries has the effect of one."""
    from shared.usecases import claim_batches

    asked = json.loads(message.get_body())
    world = await bootstrap.ready_world()
    batch = await claim_batches.work_off(world, asked["partnerId"], asked["batchId"], _read, _told)
    log.info("claim batch worked off", extra={"batchId": batch.batch_id, "made": batch.created, "refused": batch.refused})


@bp.queue_trigger(arg_name="message", queue_name="claim-batches-poison", connection="AzureWebJobsStorage")
async def give_up_claim_batch(message: func.QueueMessage) -> None:
    """Marks a batch failed that failed every try; its partner sees it and may send the same request again."""
    from shared.domain.dead_letter import Queue
    from shared.usecases import claim_batches

    asked = await set_aside(Queue.CLAIM_BATCHES, message, "partnerId", "batchId")
    if asked is not None:
        await claim_batches.give_up(bootstrap.world(), asked["partnerId"], asked["batchId"])


def _read(line: bytes) -> "NewClaim":
    from functions.claims import wanted
    from functions.wire.claims import ClaimIn

    if len(line) > MOST_LINE_BYTES:
        raise Refusal(413, "body_too_large", f"A line has at most {MOST_LINE_BYTES} bytes.")
    return wanted(read_as(ClaimIn, line))


def _told(error: Exception) -> "Mapping[str, object] | None":
    problem = problem_of(error)
    if problem is not None and "errors" in problem:
        errors = problem["errors"][:_MOST_ERRORS]
        # Field names are the sender's; the sentences are ours.
        problem["errors"] = [each | ({"field": each["field"][:_LONGEST_FIELD]} if "field" in each else {}) for each in errors]
    return problem
