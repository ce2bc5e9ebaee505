"""The outbox's queue, its poison queue, and the timer that finds what no message told of."""

import json

import azure.functions as func

from functions.dead_letters import said_in
from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


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
    from shared.domain.dead_letter import Queue
    from shared.usecases.outbox import give_up

    asked = said_in(Queue.OUTBOX, message, "bucket")
    if asked is not None:
        named = asked.get("rowKeys")
        await give_up(bootstrap.world(), asked["bucket"], named if isinstance(named, list) else [])
