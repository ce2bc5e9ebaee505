"""The outbox's queue, its poison queue, and the timer that finds what no message told of."""

import json
import logging

import azure.functions as func

from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.queue_trigger(arg_name="message", queue_name="outbox", connection="AzureWebJobsStorage")
async def work_off_outbox(message: func.QueueMessage) -> None:
    """Does what the named outbox rows ask for. Any number of deliveries of one message has the effect of one."""
    from shared.usecases.outbox import work_off

    asked = json.loads(message.get_body())
    target = await bootstrap.ready_world()
    await work_off(target, target.settings.public_url, asked["bucket"], asked["rowKeys"])


@bp.queue_trigger(arg_name="message", queue_name="outbox-poison", connection="AzureWebJobsStorage")
async def give_up_outbox(message: func.QueueMessage) -> None:
    """Marks rows dead that failed every try: an operator sees them, nothing retries them for ever."""
    from shared.usecases.outbox import give_up

    try:
        asked = json.loads(message.get_body())
    except ValueError:
        log.exception("a poison message is not ours and is dropped", extra={"messageId": message.id})
        return
    log.error("outbox rows failed every try", extra={"bucket": asked["bucket"], "rows": len(asked["rowKeys"])})
    await give_up(bootstrap.world(), asked["bucket"], asked["rowKeys"])
