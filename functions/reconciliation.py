"""Reconciliations over HTTP, from their queue, and every night: do all the books still say the same?"""

import json
import logging

import azure.functions as func

from functions.callers import authenticate
from functions.dead_letters import set_aside
from functions.edge import answer, body_as, problems, the_world
from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.route(route="v1/reconciliations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def start_reconciliation(req: func.HttpRequest) -> func.HttpResponse:
    """Compares ledger, accounts, statements and payouts now: 202."""
    from functions import query
    from functions.wire import NothingIn
    from functions.wire.reconciliations import ReconciliationOut
    from shared.domain.caller import Role
    from shared.usecases import reconciliation

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    body_as(NothingIn, req)
    world = the_world()
    begun = await reconciliation.start(world, world.entropy.token()[:24])
    location = f"{world.settings.public_url}/v1/reconciliations/{begun.reconciliation_id}"
    return answer(ReconciliationOut.of(begun), 202, {"Location": location})


@bp.route(route="v1/reconciliations/{reconciliationId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_reconciliation(req: func.HttpRequest) -> func.HttpResponse:
    """What a reconciliation found; that of a night is called `nightly-` and its day."""
    from functions import query
    from functions.wire.reconciliations import ReconciliationOut
    from shared.domain.caller import Role

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(ReconciliationOut.of(await the_world().audit.load(req.route_params["reconciliationId"])))


@bp.queue_trigger(arg_name="message", queue_name="reconciliation", connection="AzureWebJobsStorage")
async def reconcile_bucket(message: func.QueueMessage) -> None:
    """Compares one bucket, and the rest when it was the last. Any number of deliveries finds the same."""
    from shared.usecases import reconciliation

    asked = json.loads(message.get_body())
    world = await bootstrap.ready_world()
    done = await reconciliation.reconcile_bucket(world, asked["reconciliationId"], asked["bucket"])
    if done is not None:
        log.info("reconciled", extra={"reconciliationId": done.reconciliation_id, "differences": done.differences})


@bp.queue_trigger(arg_name="message", queue_name="reconciliation-poison", connection="AzureWebJobsStorage")
async def give_up_reconciliation(message: func.QueueMessage) -> None:
    """Keeps what asked for a bucket that could not be compared: its reconciliation stays unfinished, and that is seen."""
    from shared.domain.dead_letter import Queue

    await set_aside(Queue.RECONCILIATION, message, "reconciliationId", "bucket")


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_NIGHTLY%", run_on_startup=False)
async def reconcile_nightly(timer: func.TimerRequest) -> None:
    """Starts the night's reconciliation, of what stands an hour or longer. It is named for its day, so it is started once."""
    from shared.usecases import reconciliation

    world = await bootstrap.ready_world()
    begun = await reconciliation.start(world, f"nightly-{world.clock.now().date().isoformat()}")
    log.info("reconciliation started", extra={"reconciliationId": begun.reconciliation_id, "pastDue": timer.past_due})
