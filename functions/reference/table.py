"""All operations, by the name of their function, and the functions that are no part of the reference."""

from collections.abc import Mapping
from typing import Final

from functions.reference import (
    associations,
    claim_batches,
    claims,
    contests,
    dead_letters,
    earning_queries,
    earnings,
    erasures,
    events,
    moves,
    partners,
    payouts,
    poe,
    programmes,
    reconciliations,
    reviews,
    service,
    statements,
    suppressions,
    usage,
    usage_views,
    webhooks,
)
from functions.reference.operation import Operation

OPERATIONS: Final[Mapping[str, Operation]] = {
    name: operation
    for room in (
        claims,
        claim_batches,
        moves,
        poe,
        contests,
        reviews,
        partners,
        associations,
        events,
        webhooks,
        programmes,
        usage,
        usage_views,
        earnings,
        erasures,
        statements,
        payouts,
        reconciliations,
        earning_queries,
        suppressions,
        dead_letters,
        service,
    )
    for name, operation in room.OPERATIONS.items()
}

_SIGNING: Final = ("show_signing", "decide_signing", "get_document_to_sign", "upload_signed_document")
_PAGES: Final = (
    "show_consent",
    "decide_consent",
    "show_manage",
    "decide_manage",
    "show_check",
    "show_signing",
    "decide_signing",
    "get_document_to_sign",
    "upload_signed_document",
    "get_asset",
)
_REFERENCE: Final = ("show_reference", "show_problems", "show_events", "get_reference_asset")

LEFT_OUT: Final[Mapping[str, str]] = {
    **dict.fromkeys(_PAGES, "A page for a person, reached by a link."),
    **dict.fromkeys(_REFERENCE, "The reference itself, for a browser."),
}
"""Functions that are no part of the document, and why."""
