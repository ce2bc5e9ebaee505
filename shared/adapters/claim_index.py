"""The index of a partner's claims, in the partner's own partition: a row a claim, the newest claim first, read page by page.

A row is a copy for lists and says as of when; the claim itself stands in the record store. A key is made of what never changes,
so a claim keeps its place, and claims that come while somebody pages stand before every page that is still to be read.
"""

import json
from collections.abc import Mapping
from datetime import UTC
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.index_pages import AFTER_ALL, read_rows
from shared.domain.claim import Claim, Consent, Hold
from shared.domain.lifecycle import Status
from shared.domain.view import NextActor, summary
from shared.ports.partners import ClaimFilter, ClaimItem, ClaimPage, ListedScope

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_PREFIX: Final = "index!"
# Column, comparison and field of the filter. A row without the column matches none.
_CONDITIONS: Final = (
    ("status", "eq", "status"),
    ("tenantId", "eq", "tenant_id"),
    ("externalReference", "eq", "external_reference"),
    ("nextActor", "eq", "next_actor"),
    ("dueAt", "lt", "due_before"),
    ("asOf", "ge", "updated_since"),
)


def key_of(claim: Claim) -> str:
    """Where the claim's row stands: the time left until the end of all days, so that the newest comes first, and its id."""
    left = AFTER_ALL - claim.created_at
    return f"{_PREFIX}{left.days:07d}{left.seconds:05d}{left.microseconds:06d}!{claim.claim_id}"


def row_of(claim: Claim) -> dict[str, Any]:
    """What lists show of the claim."""
    shown = summary(claim)
    row: dict[str, Any] = {
        "tenantId": claim.tenant_id,
        "partnerId": claim.partner_id,
        "customerName": claim.customer_name,
        "programmeId": claim.programme_id,
        "scopes": json.dumps([[s.scope, s.consent, s.hold] for s in claim.scopes]),
        "status": str(shown.status),
        "nextActor": str(shown.next_actor),
        "waitingFor": shown.waiting_for,
        "dueAt": shown.due_at and shown.due_at.astimezone(UTC),
        "externalReference": claim.external_reference,
        "createdAt": claim.created_at.astimezone(UTC),
        "seq": claim.seq,
        "asOf": claim.updated_at.astimezone(UTC),
    }
    return {name: value for name, value in row.items() if value is not None}


async def read_page(table: "TableClient", partner_id: str, wanted: ClaimFilter, limit: int, after: str | None) -> ClaimPage:
    """One page by one request. Raises StoreUnavailable.

    Scopes are not columns, so the rows of a page are sorted out here: it may have fewer rows than the store found, or none.
    """
    asked = [(column, compares, getattr(wanted, name)) for column, compares, name in _CONDITIONS]
    asked = [condition for condition in asked if condition[2] is not None]
    conditions = [(column, compares, str(value) if compares == "eq" else value) for column, compares, value in asked]
    rows, position = await read_rows(table, partner_id, _PREFIX, conditions, limit, after)
    items = [item_of(row) for row in rows]
    fitting = [item for item in items if wanted.scope is None or wanted.scope in {s.scope for s in item.scopes}]
    return ClaimPage(tuple(fitting), position)


def item_of(row: Mapping[str, Any]) -> ClaimItem:
    """The claim as lists show it; the row's key ends in its id."""
    return ClaimItem(
        claim_id=row["RowKey"].rpartition("!")[2],
        partner_id=row["partnerId"],
        tenant_id=row["tenantId"],
        customer_name=row["customerName"],
        programme_id=row["programmeId"],
        scopes=tuple(ListedScope(name, Consent(said), Hold(has)) for name, said, has in json.loads(row["scopes"])),
        status=Status(row["status"]),
        next_actor=NextActor(row["nextActor"]),
        waiting_for=row.get("waitingFor"),
        due_at=row.get("dueAt"),
        external_reference=row.get("externalReference"),
        created_at=row["createdAt"],
        as_of=row["asOf"],
    )
