"""Usage over HTTP and from its queue: an operator's file is accepted at once and worked off in the background."""

import json
import logging
from typing import TYPE_CHECKING, Final

import azure.functions as func

from functions import query
from functions.callers import authenticate
from functions.dead_letters import set_aside
from functions.edge import Refusal, answer, problems, the_world
from shared import bootstrap

if TYPE_CHECKING:
    from datetime import datetime

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)

# A request is in memory while it is read; this many bytes are about half a million rows. What is larger goes into the drop.
MOST_BYTES: Final = 50_000_000
_FORMATS: Final = {"text/tab-separated-values": "tsv", "text/csv": "csv", "application/x-ndjson": "ndjson"}


@bp.route(route="v1/usage-imports", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def import_usage(req: func.HttpRequest) -> func.HttpResponse:
    """Accepts a file of usage rows: 202. The same content with the same Export-Time is the same import."""
    from functions.wire.usage import UsageImportOut
    from shared.domain.caller import Role
    from shared.domain.usage_file import FileFormat
    from shared.usecases import usage_import

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    media_type = req.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    if media_type not in _FORMATS:
        raise Refusal(415, "unsupported_media_type", f"Send usage rows as {' or '.join(_FORMATS)}.")
    content = req.get_body()
    if len(content) > MOST_BYTES:
        raise Refusal(413, "body_too_large", f"At most {MOST_BYTES} bytes: lay a larger file into the container usage-drop.")
    job = await usage_import.accept(the_world(), content, FileFormat(_FORMATS[media_type]), _export_time(req))
    location = f"{the_world().settings.public_url}/v1/usage-imports/{job.import_id}"
    return answer(UsageImportOut.of(job), 202, {"Location": location})


@bp.route(route="v1/usage-imports/{importId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_usage_import(req: func.HttpRequest) -> func.HttpResponse:
    """How far the import has come, and what came of its rows."""
    from functions.wire.usage import UsageImportOut
    from shared.domain.caller import Role

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(UsageImportOut.of(await the_world().import_book.load(req.route_params["importId"])))


@bp.route(route="v1/usage-imports/{importId}/errors", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_usage_import_errors(req: func.HttpRequest) -> func.HttpResponse:
    """The lines that were not taken over, each with what to correct."""
    from functions.wire.usage import FaultyLinesOut
    from shared.domain.caller import Role

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    job = await the_world().import_book.load(req.route_params["importId"])
    return answer(FaultyLinesOut.of(await the_world().import_book.faults(job.import_id)))


@bp.queue_trigger(arg_name="message", queue_name="imports", connection="AzureWebJobsStorage")
async def work_off_import(message: func.QueueMessage) -> None:
    """Merges one file. Any number of deliveries has the effect of one."""
    from shared.usecases import usage_import

    done = await usage_import.work_off(await bootstrap.ready_world(), json.loads(message.get_body())["importId"])
    log.info("usage imported", extra={"importId": done.import_id, "rows": done.counts.rows, "merged": done.counts.merged})


@bp.queue_trigger(arg_name="message", queue_name="imports-poison", connection="AzureWebJobsStorage")
async def give_up_import(message: func.QueueMessage) -> None:
    """Marks an import failed that failed every try; the operator sees it and may send the file again."""
    from shared.domain.dead_letter import Queue
    from shared.usecases import usage_import

    asked = await set_aside(Queue.IMPORTS, message, "importId")
    if asked is not None:
        await usage_import.give_up(bootstrap.world(), asked["importId"])


@bp.queue_trigger(arg_name="message", queue_name="usage-drops", connection="AzureWebJobsStorage")
async def take_dropped_file(message: func.QueueMessage) -> None:
    """Moves a dropped file to the imports. Any number of deliveries has the effect of one."""
    from functions.wire.usage_drops import name_in
    from shared.usecases import usage_drop

    name = name_in(message.get_body())
    taken = await usage_drop.take(await bootstrap.ready_world(), name) if name else None
    if taken is not None:
        facts = {"importId": taken.import_id, "status": str(taken.status), "sizeBytes": taken.size_bytes}
        log.info("a dropped usage file was taken", extra=facts)


@bp.queue_trigger(arg_name="message", queue_name="usage-drops-poison", connection="AzureWebJobsStorage")
async def give_up_dropped_file(message: func.QueueMessage) -> None:
    """Keeps what told of a file that could not be taken. It still lies in the drop, and the sweep tells of it again."""
    from shared.domain.dead_letter import Queue

    await set_aside(Queue.USAGE_DROPS, message)


def _export_time(req: func.HttpRequest) -> "datetime | None":
    from datetime import datetime

    text = req.headers.get("Export-Time")
    if text is None:
        return None
    try:
        exported_at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Refusal(400, "invalid_input", "Export-Time is not an RFC 3339 time.") from error
    if exported_at.tzinfo is None:
        raise Refusal(400, "invalid_input", "Export-Time needs its offset from UTC, for instance Z.")
    return exported_at
