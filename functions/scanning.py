"""What the malware scanner tells: its results come by Event Grid into a queue."""

import azure.functions as func

from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.


@bp.queue_trigger(arg_name="message", queue_name="scan-results", connection="AzureWebJobsStorage")
async def take_scan_result(message: func.QueueMessage) -> None:
    """Keeps the result and goes on with a claim that waits for it. Any number of deliveries has the effect of one."""
    from shared.usecases.screening import take_result

    await take_result(await bootstrap.ready_world(), message.get_body())
