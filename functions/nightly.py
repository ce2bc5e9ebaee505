"""The nightly timers: one starts the evaluation, whose buckets are the queue's, one closes the months whose time has come, one
collects proofs that no claim names."""

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


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_NIGHTLY%", run_on_startup=False)
async def close_months(timer: func.TimerRequest) -> None:
    """Closes last month from its day on, and earlier ones that were missed. Fired twice, it finds them closed."""
    from shared.usecases import months

    for closing in await months.close_due(await bootstrap.ready_world()):
        log.info("month closed", extra={"month": str(closing.month), "accounts": closing.statements, "pastDue": timer.past_due})


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_NIGHTLY%", run_on_startup=False)
async def collect_orphans(timer: func.TimerRequest) -> None:
    """Deletes stored proofs that no claim names, in the buckets whose turn it is. Fired twice, the second deletes nothing."""
    from shared.usecases import orphans

    fates = await orphans.collect_orphans(await bootstrap.ready_world())
    if fates:
        told = {str(fate): count for fate, count in fates.items()}
        log.info("stored proofs looked through", extra={**told, "pastDue": timer.past_due})


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_NIGHTLY%", run_on_startup=False)
async def forget_old_runs(timer: func.TimerRequest) -> None:
    """Deletes what evaluations, trials and reconciliations told a quarter ago. Fired twice, the second finds less or nothing."""
    from shared.usecases import old_runs

    forgotten = await old_runs.forget_old_runs(await bootstrap.ready_world())
    if forgotten:
        log.info("old runs forgotten", extra={"runs": forgotten, "pastDue": timer.past_due})
