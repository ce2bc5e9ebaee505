"""The nightly timer. It only starts the run; the buckets are the queue's."""

import logging

import azure.functions as func

from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_NIGHTLY%", run_on_startup=False)
async def evaluate_nightly(timer: func.TimerRequest) -> None:
    """Starts the night's run. It is named for its day, so a timer that fires twice starts one."""
    from shared.usecases import evaluation

    world = await bootstrap.ready_world()
    today = world.clock.now().date()
    run = await evaluation.start(world, f"nightly-{today.isoformat()}", today)
    log.info("nightly evaluation started", extra={"evaluationId": run.evaluation_id, "pastDue": timer.past_due})
