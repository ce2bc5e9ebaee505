"""The queue that Event Grid fills with the mail provider's delivery reports, and its poison queue."""

import logging

import azure.functions as func

from functions.dead_letters import set_aside
from shared import bootstrap

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


@bp.queue_trigger(arg_name="message", queue_name="mail-events", connection="AzureWebJobsStorage")
async def take_mail_event(message: func.QueueMessage) -> None:
    """Notes what became of a mail. Reports come late, twice and in any order; each has its effect once."""
    from functions.wire.mail_events import reports_in
    from shared.usecases.mail_reports import take_report

    world = await bootstrap.ready_world()
    for told in reports_in(message.get_body()):
        if not await take_report(world, told):
            log.warning("a delivery report is about no mail of ours", extra={"messageId": message.id})


@bp.queue_trigger(arg_name="message", queue_name="mail-events-poison", connection="AzureWebJobsStorage")
async def give_up_mail_event(message: func.QueueMessage) -> None:
    """Keeps a report that failed every try for an operator, but for the address that it names.

    Nothing else is lost: a mail without a report counts by its acceptance.
    """
    from functions.wire.mail_events import without_addresses
    from shared.domain.dead_letter import Queue

    await set_aside(Queue.MAIL_EVENTS, message, tell=without_addresses)
