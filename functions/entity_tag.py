"""The version of whatever can be read, as its `ETag`: whoever has that version already is told so instead of getting it again.

What has a version of its own (a claim, a programme) names that; anything else is named by its content. The same version is what
`If-Match` names (`precondition`).
"""

from hashlib import sha256
from typing import TYPE_CHECKING, Final

import azure.functions as func

if TYPE_CHECKING:
    from shared.domain.claim import Claim

_TAG: Final = "ETag"


def tagged(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    """The good answer to a GET with its version, or 304 for a caller whose `If-None-Match` names that (R-373)."""
    if req.method != "GET" or response.status_code != 200:
        return response
    tag = response.headers.get(_TAG) or content_tag(response.get_body())
    known = {each.strip().removeprefix("W/") for each in req.headers.get("If-None-Match", "").split(",")}
    if known & {tag, "*"}:
        kept = {name: response.headers[name] for name in ("Cache-Control", "Vary") if name in response.headers}
        return func.HttpResponse(status_code=304, headers={**kept, _TAG: tag})
    response.headers[_TAG] = tag
    return response


def claim_tag(claim: "Claim") -> str:
    """A claim's version is the length of its timeline."""
    return f'"{claim.seq}"'


def content_tag(content: bytes) -> str:
    """The version of what has none of its own."""
    return f'"{sha256(content).hexdigest()[:32]}"'
