"""The index of a partner's associations, in the partner's own partition: a row a tenure, the newest first.

A row is a copy for lists, written in the batch that brings its claim's row up to date, and guarded by that row's version. Its key
is made of what never changes, so an association keeps its place, ended or not.
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from shared.adapters.index_pages import AFTER_ALL, read_rows
from shared.domain.association import Association, EndReason
from shared.domain.claim import Claim
from shared.ports.partners import AssociationFilter, AssociationItem, AssociationPage

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_PREFIX: Final = "tenure!"


def rows_of(claim: Claim) -> Iterator[dict[str, Any]]:
    """A whole row for each association that the claim has led to."""
    for tenure in claim.tenures:
        left = AFTER_ALL - tenure.active_from
        row: dict[str, Any] = {
            "PartitionKey": claim.partner_id,
            "RowKey": f"{_PREFIX}{left.days:07d}{left.seconds:05d}{left.microseconds:06d}!{tenure.association_id}",
            "claimId": claim.claim_id,
            "tenantId": claim.tenant_id,
            "domain": claim.domain,
            "customerName": claim.customer_name,
            "programmeId": claim.programme_id,
            "scope": tenure.scope,
            "submittedAt": tenure.submitted_at.isoformat(),
            "activeFrom": tenure.active_from.isoformat(),
            "isStanding": tenure.is_standing,
            "asOf": claim.updated_at.astimezone(UTC),
        }
        if tenure.ended_at is not None:
            row |= {"endedAt": tenure.ended_at.isoformat(), "endReason": str(tenure.end_reason)}
        yield row


async def read_page(
    table: "TableClient", partner_id: str, wanted: AssociationFilter, limit: int, after: str | None
) -> AssociationPage:
    """One page by one request. Raises StoreUnavailable."""
    asked = [("tenantId", wanted.tenant_id), ("scope", wanted.scope), ("isStanding", wanted.is_standing)]
    conditions = [(column, "eq", value) for column, value in asked if value is not None]
    rows, position = await read_rows(table, partner_id, _PREFIX, conditions, limit, after)
    return AssociationPage(tuple(_item(row) for row in rows), position)


def _item(row: Mapping[str, Any]) -> AssociationItem:
    ended_at = row.get("endedAt")
    tenure = Association(
        row["tenantId"],
        row["scope"],
        row["claimId"],
        row["PartitionKey"],
        datetime.fromisoformat(row["submittedAt"]),
        datetime.fromisoformat(row["activeFrom"]),
        None if ended_at is None else datetime.fromisoformat(ended_at),
        None if ended_at is None else EndReason(row["endReason"]),
    )
    return AssociationItem(tenure, row["domain"], row["customerName"], row["programmeId"], row["asOf"])
