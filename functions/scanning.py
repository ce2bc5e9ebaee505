"""What the malware scanner tells: its results come by Event Grid into a queue."""

import azure.functions as func

from functions.dead_letters import set_aside
from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.queue_trigger(arg_name="message", queue_name="scan-results", connection="AzureWebJobsStorage")
async def take_scan_result(message: func.QueueMessage) -> None:
    """Keeps the result and goes on with a claim that waits for it. Any number of deliveries has the effect of one."""
    from shared.usecases.screening import take_result

    await take_result(await bootstrap.ready_world(), message.get_body())


@bp.queue_trigger(arg_name="message", queue_name="scan-results-poison", connection="AzureWebJobsStorage")
async def give_up_scan_result(message: func.QueueMessage) -> None:
    """Keeps a result that failed every try for an operator; the claim says that its verdict is late."""
    from shared.domain.dead_letter import Queue

    await set_aside(Queue.SCAN_RESULTS, message)
