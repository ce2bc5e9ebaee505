"""Usage, tenures and earnings as rows of the table `records`: keys and columns, both ways.

Money is Int64, because the store's default number is a 32-bit one and a float is no amount.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime
from typing import Any, Final

from azure.data.tables import EdmType, EntityProperty

from shared.adapters.rows import SCHEMA, Row, suspensions_of, tenure_key
from shared.domain.association import Association, EndReason
from shared.domain.booking import BookedEntry
from shared.domain.earning import Wanted
from shared.domain.evaluation import Tally
from shared.domain.identity import bucket_of
from shared.domain.ledger import Entry, EntryKind, ReversalReason, pack_booked, unpack_booked
from shared.domain.usage import UsageHistory, pack, unpack
from shared.ports.money import Booking, StoredTenure, StoredUsage

USAGE: Final = "usage!"
TENURE: Final = "assoc!"
EARNED: Final = "earned!"

OF_USAGE: Final = ("RowKey", "history", "booked", "talliedFor", "tally", "unposted")
"""The columns of a usage row that evaluation reads."""

OF_TENURE: Final = (
    "tenantId",
    "scope",
    "claimId",
    "partnerId",
    "submittedAt",
    "activeFrom",
    "endedAt",
    "endReason",
    "suspensions",
)
"""The columns of a tenure that evaluation reads."""


def usage_key(tenant_id: str, workload: str) -> str:
    return f"{USAGE}{tenant_id}!{workload}"


def earned_key(tenant_id: str, workload: str, entry: Entry) -> str:
    """Sorts a customer's entries by programme, workload, milestone, generation, and a reversal behind its earning."""
    suffix = "!rev" if entry.kind is EntryKind.REVERSAL else ""
    return f"{EARNED}{tenant_id}!{entry.programme_id}!{workload}!{entry.milestone_id}!{entry.generation:04d}{suffix}"


def history_row(history: UsageHistory) -> Row:
    """The columns that an import owns; what is booked stands in others and is left alone by a merge. Raises HistoryTooLong."""
    key = usage_key(history.tenant_id, history.workload)
    return {"PartitionKey": bucket_of(history.tenant_id), "RowKey": key, "v": SCHEMA, "history": pack(history)}


def tenant_of(row: Mapping[str, Any]) -> str:
    """Whose usage the row is, read off its key without unpacking the rest."""
    tenant_id: str = row["RowKey"].split("!")[1]
    return tenant_id


def history_of(row: Mapping[str, Any]) -> UsageHistory:
    _, tenant_id, workload = row["RowKey"].split("!")
    return unpack(tenant_id, workload, row["history"])


def usage_of(row: Any) -> StoredUsage:
    return StoredUsage(
        history=history_of(row),
        booked=unpack_booked(row.get("booked") or ""),
        tallied_for=row.get("talliedFor") or "",
        tally=Tally(**json.loads(row.get("tally") or "{}")),
        etag=row.metadata["etag"],
        unposted=unposted_of(row),
    )


def unposted_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the entries that are still to be posted."""
    return tuple(json.loads(row.get("unposted") or "[]"))


def booked_row(booking: Booking) -> Row:
    """The columns of the usage row that a booking owns."""
    history = booking.usage.history
    return {
        "PartitionKey": bucket_of(history.tenant_id),
        "RowKey": usage_key(history.tenant_id, history.workload),
        "booked": pack_booked(booking.booked),
        "talliedFor": booking.evaluation_id,
        "tally": json.dumps(asdict(booking.tally)),
        "unposted": json.dumps([*booking.usage.unposted, *(_key_of(each) for each in booking.entries)]),
    }


def _key_of(booked: BookedEntry) -> str:
    return earned_key(booked.tenant_id, booked.workload, booked.entry)


def tenure_of(row: Any) -> StoredTenure:
    ended_at = row.get("endedAt")
    tenure = Association(
        tenant_id=row["tenantId"],
        scope=row["scope"],
        claim_id=row["claimId"],
        partner_id=row["partnerId"],
        submitted_at=datetime.fromisoformat(row["submittedAt"]),
        active_from=datetime.fromisoformat(row["activeFrom"]),
        ended_at=None if ended_at is None else datetime.fromisoformat(ended_at),
        end_reason=None if ended_at is None else EndReason(row["endReason"]),
        suspensions=suspensions_of(row),
    )
    return StoredTenure(tenure, row.metadata["etag"])


def touched_row(stored: StoredTenure, booking: Booking) -> Row:
    """What a booking leaves on a tenure it rests on; the point is the condition under which it is written."""
    tenure = stored.tenure
    key = {"PartitionKey": bucket_of(tenure.tenant_id), "RowKey": tenure_key(tenure)}
    return key | {"evaluatedAt": booking.booked_at.astimezone(UTC)}


def earned_row(booked: BookedEntry, write_id: str) -> Row:
    entry = booked.entry
    row: Row = {
        "PartitionKey": bucket_of(booked.tenant_id),
        "RowKey": earned_key(booked.tenant_id, booked.workload, entry),
        "v": SCHEMA,
        "kind": str(entry.kind),
        "programmeId": entry.programme_id,
        "programmeVersion": booked.programme_version,
        "milestoneId": entry.milestone_id,
        "generation": entry.generation,
        "claimId": entry.claim_id,
        "associationId": booked.association_id,
        "partnerId": entry.partner_id,
        "amountMinor": EntityProperty(entry.amount_minor, EdmType.INT64),
        "currency": entry.currency,
        "snapshotDate": entry.snapshot_date.isoformat(),
        "bookedAt": booked.booked_at.isoformat(),
        "evaluationId": booked.evaluation_id,
        "writeId": write_id,
    }
    return row | evidence_columns(entry)


def evidence_columns(entry: Entry) -> Row:
    """What an earning rests on, or why it was reversed."""
    row: Row = {}
    if entry.reason is not None:
        row["reason"] = str(entry.reason)
    if (evidence := entry.evidence) is not None:
        counts = {"threshold": evidence.threshold, "mau": evidence.mau, "seats": evidence.seats}
        row |= counts | {"size": evidence.size, "baseline": evidence.baseline}
    return row


def evidence_of(row: Mapping[str, Any], paid: Mapping[str, Any], day: date) -> Wanted:
    """The evidence in the columns of an earning; `paid` are its programme, milestone, claim, partner, currency and amount."""
    return Wanted(
        **paid,
        snapshot_date=day,
        threshold=row["threshold"],
        mau=row["mau"],
        seats=row["seats"],
        size=row["size"],
        baseline=row["baseline"],
    )


def booked_of(row: Mapping[str, Any]) -> BookedEntry:
    _, tenant_id, _, workload, *_ = row["RowKey"].split("!")
    kind, day = EntryKind(row["kind"]), date.fromisoformat(row["snapshotDate"])
    paid = {name: row[column] for name, column in _PAID.items()} | {"amount_minor": row["amountMinor"].value}
    evidence = evidence_of(row, paid, day) if kind is EntryKind.EARNING else None
    reason = ReversalReason(row["reason"]) if "reason" in row else None
    entry = Entry(kind=kind, generation=row["generation"], snapshot_date=day, evidence=evidence, reason=reason, **paid)
    booked_at = datetime.fromisoformat(row["bookedAt"])
    return BookedEntry(entry, tenant_id, workload, row["programmeVersion"], booked_at, row["evaluationId"])


_PAID: Final = {
    "programme_id": "programmeId",
    "milestone_id": "milestoneId",
    "claim_id": "claimId",
    "partner_id": "partnerId",
    "currency": "currency",
}
