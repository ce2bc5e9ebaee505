"""The version of whatever can be read, as its `ETag`: whoever has that version already is told so instead of getting it again.

What has a version of its own (a claim, a programme) names that, for `If-Match`; anything else is named by its content.
"""

from hashlib import sha256
from typing import Final

import azure.functions as func

_TAG: Final = "ETag"


def tagged(req: func.HttpRequest, response: func.HttpResponse) -> func.HttpResponse:
    """The good answer to a GET with its version, or 304 for a caller whose `If-None-Match` names that (R-373)."""
    if req.method != "GET" or response.status_code != 200:
        return response
    tag = response.headers.get(_TAG) or f'"{sha256(response.get_body()).hexdigest()[:32]}"'
    known = {each.strip().removeprefix("W/") for each in req.headers.get("If-None-Match", "").split(",")}
    if known & {tag, "*"}:
        kept = {name: response.headers[name] for name in ("Cache-Control", "Vary") if name in response.headers}
        return func.HttpResponse(status_code=304, headers={**kept, _TAG: tag})
    response.headers[_TAG] = tag
    return response
