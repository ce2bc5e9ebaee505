"""Pages of a list: how many rows, and a signed cursor that says where to go on.

A cursor is good for the caller, the list and the filters that it was made for, and for nothing else; whoever changes any of them,
or a bit of it, is refused. It holds no secret: the signature keeps callers from making up positions.
"""

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlencode, urlsplit

import azure.functions as func

from functions.edge import Refusal, the_world
from functions.query import wrong

USUAL_SIZE, LARGEST_SIZE = 50, 500
SIZE, CURSOR, AFTER = "maxpagesize", "cursor", "after"
_SIGNATURE_BYTES: Final = 32
_DIGITS: Final = 9


def page_size(params: Mapping[str, str]) -> int:
    """How many rows a page is to have: what was asked for, within 1 and the largest. Raises Refusal 400 for no number."""
    text = params.get(SIZE, str(USUAL_SIZE))
    if not (text.isascii() and text.isdecimal()):
        wrong(SIZE, "Write a whole number.")
    return LARGEST_SIZE if len(text) > _DIGITS else min(max(int(text), 1), LARGEST_SIZE)


def position(req: func.HttpRequest, caller: str, params: Mapping[str, str], name: str = CURSOR) -> str | None:
    """Where the cursor says to go on; None at the beginning. Raises Refusal 400 for a cursor that we did not make for this."""
    given = params.get(name)
    if given is None:
        return None
    try:
        content = urlsafe_b64decode(given.encode("ascii") + b"=" * (-len(given) % 4))
        signature, told = content[:_SIGNATURE_BYTES], content[_SIGNATURE_BYTES:]
        if _encoded(content) == given and hmac.compare_digest(signature, _signature(req, caller, params, told)):
            return told.decode()
    except ValueError:
        pass
    raise Refusal(400, "invalid_cursor", "This link to a next page is not one of ours, or no longer: begin the list again.")


def cursor(req: func.HttpRequest, caller: str, params: Mapping[str, str], at: str) -> str:
    """A cursor that says to go on there."""
    told = at.encode()
    return _encoded(_signature(req, caller, params, told) + told)


def next_link(req: func.HttpRequest, caller: str, params: Mapping[str, str], at: str | None, name: str = CURSOR) -> str | None:
    """The absolute address of the next page; None when this was the last."""
    if at is None:
        return None
    asked = {**params, name: cursor(req, caller, params, at)}
    return f"{the_world().settings.public_url}{urlsplit(req.url).path}?{urlencode(asked)}"


def _signature(req: func.HttpRequest, caller: str, params: Mapping[str, str], told: bytes) -> bytes:
    # Whoever wants larger pages on the way may: where they begin stays the same.
    filters = sorted((name, value) for name, value in params.items() if name not in (CURSOR, AFTER, SIZE))
    about = "\n".join((caller, urlsplit(req.url).path, urlencode(filters), ""))
    return hmac.digest(the_world().settings.cursor_key.encode(), about.encode() + told, "sha256")


def _encoded(content: bytes) -> str:
    return urlsafe_b64encode(content).decode("ascii").rstrip("=")
