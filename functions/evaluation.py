"""Evaluation over HTTP and from its queue: one message a bucket, and a run that adds them up. Trials come the same way."""

import json
import logging
from functools import lru_cache
from typing import TYPE_CHECKING

import azure.functions as func

from functions import query
from functions.callers import authenticate
from functions.dead_letters import set_aside
from functions.edge import answer, body_as, idempotency, problems, the_world
from shared import bootstrap

if TYPE_CHECKING:
    from shared.usecases.evaluation import KnownEnrolments

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.route(route="v1/evaluations", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def start_evaluation(req: func.HttpRequest) -> func.HttpResponse:
    """Evaluates all customers now: 202. With an Idempotency-Key, again is the same run."""
    from functions.wire import NothingIn
    from functions.wire.evaluations import EvaluationStartedOut
    from shared.domain.caller import Role
    from shared.usecases import evaluation

    caller = await authenticate(req, Role.OPERATOR)
    query.only(req)
    named = idempotency(req, caller.subject)
    body_as(NothingIn, req)  # There is nothing to say yet: whoever names a customer must not start a run over all.
    world = the_world()
    chosen = named[1].key_hash if named else world.entropy.token()
    run = await evaluation.start(world, chosen[:24], world.clock.now().date())
    location = f"{world.settings.public_url}/v1/evaluations/{run.evaluation_id}"
    return answer(EvaluationStartedOut(evaluation_id=run.evaluation_id), 202, {"Location": location})


@bp.route(route="v1/evaluations/{evaluationId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_evaluation(req: func.HttpRequest) -> func.HttpResponse:
    """How far the run has come, and what it has booked so far."""
    from functions.wire.evaluations import EvaluationOut
    from shared.domain.caller import Role
    from shared.usecases import evaluation

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(EvaluationOut.of(await evaluation.progress(the_world(), req.route_params["evaluationId"])))


@bp.queue_trigger(arg_name="message", queue_name="evaluation", connection="AzureWebJobsStorage")
async def evaluate_bucket(message: func.QueueMessage) -> None:
    """Books what is due in one bucket and posts it to the partners' accounts, or tries a programme on it. Any number of
    deliveries has the effect of one."""
    from shared.usecases import evaluation, postings, trials

    asked = json.loads(message.get_body())
    world = await bootstrap.ready_world()
    if "trialId" in asked:
        trial = await world.trial_book.load(asked["trialId"])
        await trials.try_bucket(world, trial, asked["bucket"], _enrolments_of(trial.trial_id))
        return
    run = await world.run_book.load(asked["evaluationId"])
    await evaluation.evaluate_bucket(world, run, asked["bucket"], _enrolments_of(run.evaluation_id), postings.post_bucket)


@bp.queue_trigger(arg_name="message", queue_name="evaluation-poison", connection="AzureWebJobsStorage")
async def give_up_bucket(message: func.QueueMessage) -> None:
    """Marks a bucket failed that failed every try, so that the run does not seem to go on for ever."""
    from shared.domain.dead_letter import Queue
    from shared.domain.identity import is_job_id
    from shared.usecases import evaluation, trials

    asked = await set_aside(Queue.EVALUATION, message, "bucket")
    if asked is None or not is_job_id(asked["bucket"]):
        return
    if is_job_id(str(asked.get("trialId", ""))):
        await trials.give_up(bootstrap.world(), asked["trialId"], asked["bucket"])
    elif is_job_id(str(asked.get("evaluationId", ""))):
        await evaluation.give_up(bootstrap.world(), asked["evaluationId"], asked["bucket"])


@lru_cache(maxsize=2)
def _enrolments_of(run_id: str) -> "KnownEnrolments":  # noqa: ARG001  # The run is the cache's key: the next asks anew.
    from shared.usecases.evaluation import KnownEnrolments

    return KnownEnrolments(bootstrap.world())
