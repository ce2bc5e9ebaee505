"""`If-Match`: who changes something says which version of it was read, and changes that one or nothing (R-380)."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import azure.functions as func

from functions.edge import Refusal

if TYPE_CHECKING:
    from shared.usecases.as_read import AsRead


def as_read[T](req: func.HttpRequest, tag_of: Callable[[T], str]) -> "AsRead[T]":
    """What the request asks of the thing that it changes; `tag_of` is the ETag under which a reading shows that.

    Without the header, and with `*`, nothing. Proxies that pack answers make tags weak, people leave quotes out: both count.
    """
    from shared.domain.errors import StaleVersion
    from shared.usecases.as_read import whatever

    said = req.headers.get("If-Match", "*").strip()
    if said == "*":
        return whatever
    named = {each.strip().removeprefix("W/").strip('"') for each in said.split(",")}

    def require(thing: T) -> None:
        if tag_of(thing).strip('"') not in named:
            raise StaleVersion

    return require


def required_as_read[T](req: func.HttpRequest, tag_of: Callable[[T], str]) -> "AsRead[T]":
    """Like `as_read`, where a request without If-Match is refused. Raises Refusal 428."""
    if "If-Match" not in req.headers:
        raise Refusal(428, "precondition_required", "Send the ETag that you read as If-Match, so that nobody's change is lost.")
    return as_read(req, tag_of)
