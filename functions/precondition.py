"""Versions that a caller has to name: who changes something says which state of it was read."""

import azure.functions as func

from functions.edge import Refusal, expected_version


def required_version(req: func.HttpRequest) -> int | None:
    """Like `expected_version`, where a request without If-Match is refused; None for `*`. Raises Refusal 428 or 412."""
    if "If-Match" not in req.headers:
        raise Refusal(428, "precondition_required", "Send the ETag that you read as If-Match, so that nobody's change is lost.")
    return expected_version(req)
