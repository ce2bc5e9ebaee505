"""The timers. Each finds out what is due and tells a queue, whose the work is; only the few mails to reviewers leave here."""

import logging

import azure.functions as func

from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_OUTBOX%", run_on_startup=False)
async def sweep_outbox(timer: func.TimerRequest) -> None:
    """Announces deadlines whose time has come and rows whose message was lost."""
    from shared.usecases.outbox import sweep

    announced = await sweep(bootstrap.world())
    if announced:
        log.info("outbox swept", extra={"announced": announced, "pastDue": timer.past_due})


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_OUTBOX%", run_on_startup=False)
async def sweep_drop(timer: func.TimerRequest) -> None:
    """Announces usage files that lie in the drop without anybody having told of them."""
    from shared.usecases.usage_drop import announce_waiting

    announced = await announce_waiting(bootstrap.world())
    if announced:
        log.info("usage drop swept", extra={"announced": announced, "pastDue": timer.past_due})


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_OUTBOX%", run_on_startup=False)
async def sweep_payments(timer: func.TimerRequest) -> None:
    """Announces mails about payments whose message was lost."""
    from shared.usecases.payment_letters import sweep_letters

    announced = await sweep_letters(bootstrap.world())
    if announced:
        log.info("payments swept", extra={"announced": announced, "pastDue": timer.past_due})


@bp.timer_trigger(arg_name="timer", schedule="%CPOR_SCHEDULE_DIGEST%", run_on_startup=False)
async def mail_reviewers(timer: func.TimerRequest) -> None:
    """Mails reviewers what waits, once a day; what could not leave is tried again the next time the timer fires that day."""
    from shared.usecases.digests import send_digests

    world = await bootstrap.ready_world()
    sent = await send_digests(world, world.settings.reviewers)
    if sent:
        log.info("reviewers mailed", extra={"mails": sent, "pastDue": timer.past_due})
