"""What failed every try: how it is set aside from a poison queue, and how operators see and replay it."""

import json
import logging
from typing import TYPE_CHECKING, Any

import azure.functions as func

from functions import query
from functions.callers import authenticate
from functions.edge import answer, body_as, problems, tag_of, the_world, versioned
from functions.precondition import as_read
from shared import bootstrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from shared.domain.dead_letter import DeadLetter, Queue
    from shared.usecases.as_read import AsRead

bp = func.Blueprint()  # type: ignore[no-untyped-call]  # The SDK leaves its constructor untyped.
log = logging.getLogger(__name__)


async def set_aside(queue: "Queue", message: func.QueueMessage, *ids: str, tell: "Callable[[Any], Any] | None" = None) -> Any:
    """Keeps a message as a dead letter and returns what it says; None for one that is none of ours, which is dropped.

    With `tell` the letter holds what that makes of it, and not the message as it came.
    """
    from shared.domain.dead_letter import of_message

    said = said_in(queue, message, *ids)
    if said is not None:
        content = message.get_body().decode() if tell is None else json.dumps(tell(said))
        world = bootstrap.world()
        await world.dead_letters.note(of_message(queue, content, said, world.clock.now()))
    return said


def said_in(queue: "Queue", message: func.QueueMessage, *ids: str) -> Any:
    """What a poison message says, if it is one of ours: JSON, and an object that names these ids, if any (R-383)."""
    from shared.domain.dead_letter import is_id

    facts = {"queue": str(queue), "messageId": message.id}
    try:
        said = json.loads(message.get_body().decode())
    except (ValueError, RecursionError):
        said = None
    is_ours = isinstance(said, dict) and all(is_id(said.get(name)) for name in ids)
    if not is_ours and (ids or not isinstance(said, list)):
        log.error("a poison message is not ours and is dropped", extra=facts)
        return None
    log.error("a message failed every try", extra=facts | {name: said[name] for name in ids})
    return said


@bp.route(route="v1/dead-letters", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def list_dead_letters(req: func.HttpRequest) -> func.HttpResponse:
    """Lists what failed every try, by its id; `state=waiting` is what nobody has replayed yet."""
    from functions import paging
    from functions.wire.dead_letters import DeadLettersOut
    from shared.domain.caller import Role
    from shared.domain.dead_letter import LetterState, Queue
    from shared.ports.dead_letters import LetterFilter
    from shared.usecases.dead_letters import letters

    caller = await authenticate(req, Role.OPERATOR)
    params = query.only(req, "queue", "state", "diedSince", "maxpagesize", "cursor")
    wanted = LetterFilter(
        queue=query.one_of(params, "queue", Queue),
        state=query.one_of(params, "state", LetterState),
        died_since=query.moment(params, "diedSince"),
    )
    after = paging.position(req, caller.subject, params)
    page = await letters(the_world(), wanted, paging.page_size(params), after)
    return answer(DeadLettersOut.of(page, paging.next_link(req, caller.subject, params, page.next)))


@bp.route(route="v1/dead-letters/{letterId}", methods=["GET"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def get_dead_letter(req: func.HttpRequest) -> func.HttpResponse:
    """One piece of work that failed every try."""
    from functions.wire.dead_letters import DeadLetterOut
    from shared.domain.caller import Role

    await authenticate(req, Role.OPERATOR)
    query.only(req)
    return answer(DeadLetterOut.of((await the_world().dead_letters.letter(req.route_params["letterId"])).letter))


@bp.route(route="v1/dead-letters/{letterId}/replay", methods=["POST"], auth_level=func.AuthLevel.ANONYMOUS)
@problems
async def replay_dead_letter(req: func.HttpRequest) -> func.HttpResponse:
    """Has the work tried again; once it was, the same request changes nothing. No mail whose fate is unknown is sent again."""
    from functions.wire import NothingIn
    from functions.wire.dead_letters import DeadLetterOut
    from shared.domain.caller import Role
    from shared.usecases.dead_letters import replay

    caller = await authenticate(req, Role.OPERATOR)
    query.only(req)
    body_as(NothingIn, req)
    unchanged: AsRead[DeadLetter] = as_read(req, lambda letter: tag_of(DeadLetterOut.of(letter)))
    return versioned(DeadLetterOut.of(await replay(the_world(), caller.subject, req.route_params["letterId"], unchanged)))
