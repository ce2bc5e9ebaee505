"""Accounts, postings and statements as rows of a partner's own partition: keys and columns, both ways. Money is Int64."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, Final

from azure.data.tables import EdmType, EntityProperty

from shared.adapters.ledger_rows import evidence_columns, evidence_of
from shared.adapters.rows import SCHEMA, Row
from shared.domain.accounts import Adjustment, PartnerAccount, Posting, PostingKind, Statement
from shared.domain.booking import BookedEntry
from shared.domain.ledger import Entry, EntryKind, ReversalReason
from shared.domain.month import Month
from shared.ports.accounts import StoredAccount

ACCOUNT: Final = "account!"
POSTED: Final = "posted!"
STATEMENT: Final = "statement!"
_SUMS: Final = ("opening", "earned", "reversed", "adjusted", "paid")


def account_key(currency: str) -> str:
    return f"{ACCOUNT}{currency}"


def posting_key(posting_id: str) -> str:
    return f"{POSTED}{posting_id}"


def posting_id_of(key: str) -> str:
    return key.removeprefix(POSTED)


def statement_key(month: Month, currency: str) -> str:
    return f"{STATEMENT}{month}!{currency}"


def account_row(account: PartnerAccount) -> Row:
    return {
        "PartitionKey": account.partner_id,
        "RowKey": account_key(account.currency),
        "v": SCHEMA,
        "openMonth": str(account.open_month),
        "balanceMinor": minor(account.balance_minor),
    }


def account_of(row: Any) -> StoredAccount:
    currency = row["RowKey"].removeprefix(ACCOUNT)
    account = PartnerAccount(row["PartitionKey"], currency, Month.spelt(row["openMonth"]), row["balanceMinor"].value)
    return StoredAccount(account, row.metadata["etag"])


def posting_row(posting: Posting) -> Row:
    row: Row = {
        "PartitionKey": posting.partner_id,
        "RowKey": posting_key(posting.posting_id),
        "v": SCHEMA,
        "kind": str(posting.kind),
        "currency": posting.currency,
        "amountMinor": minor(posting.amount_minor),
        "countsOn": posting.counts_on.isoformat(),
        "postedAt": posting.posted_at.isoformat(),
        "month": str(posting.month),
    }
    if (adjustment := posting.adjustment) is not None:
        row |= {"reason": adjustment.reason, "operator": adjustment.operator}
    if (booked := posting.booked) is not None:
        row |= _booked_columns(booked)
    return row


def posting_of(row: Any) -> Posting:
    posting_id, kind = posting_id_of(row["RowKey"]), PostingKind(row["kind"])
    partner_id, currency, amount = row["PartitionKey"], row["currency"], row["amountMinor"].value
    posted_at = datetime.fromisoformat(row["postedAt"])
    adjustment = None
    if kind is PostingKind.ADJUSTMENT:
        adjustment = Adjustment(posting_id, partner_id, currency, amount, row["reason"], row["operator"], posted_at)
    return Posting(
        posting_id=posting_id,
        kind=kind,
        partner_id=partner_id,
        currency=currency,
        amount_minor=amount,
        counts_on=date.fromisoformat(row["countsOn"]),
        posted_at=posted_at,
        month=Month.spelt(row["month"]),
        booked=_booked_of(row) if "bookedAt" in row else None,
        adjustment=adjustment,
    )


def statement_row(statement: Statement) -> Row:
    row: Row = {
        "PartitionKey": statement.partner_id,
        "RowKey": statement_key(statement.month, statement.currency),
        "v": SCHEMA,
        "postings": statement.postings,
        "closedAt": statement.closed_at.isoformat() if statement.closed_at is not None else "",
    }
    return row | {f"{name}Minor": minor(getattr(statement, f"{name}_minor")) for name in _SUMS}


def statement_of(row: Any) -> Statement:
    _, month, currency = row["RowKey"].split("!")
    sums = {f"{name}_minor": row[f"{name}Minor"].value for name in _SUMS}
    closed_at = datetime.fromisoformat(row["closedAt"]) if row["closedAt"] else None
    return Statement(row["PartitionKey"], currency, Month.spelt(month), postings=row["postings"], closed_at=closed_at, **sums)


def _booked_columns(booked: BookedEntry) -> Row:
    entry = booked.entry
    return {
        "tenantId": booked.tenant_id,
        "workload": booked.workload,
        "programmeId": entry.programme_id,
        "programmeVersion": booked.programme_version,
        "milestoneId": entry.milestone_id,
        "generation": entry.generation,
        "claimId": entry.claim_id,
        "snapshotDate": entry.snapshot_date.isoformat(),
        "bookedAt": booked.booked_at.isoformat(),
        "evaluationId": booked.evaluation_id,
        **evidence_columns(entry),
    }


def _booked_of(row: Mapping[str, Any]) -> BookedEntry:
    kind, day = EntryKind(row["kind"]), date.fromisoformat(row["snapshotDate"])
    paid = {
        "programme_id": row["programmeId"],
        "milestone_id": row["milestoneId"],
        "claim_id": row["claimId"],
        "partner_id": row["PartitionKey"],
        "currency": row["currency"],
        "amount_minor": row["amountMinor"].value,
    }
    entry = Entry(
        kind=kind,
        generation=row["generation"],
        snapshot_date=day,
        evidence=evidence_of(row, paid, day) if kind is EntryKind.EARNING else None,
        reason=ReversalReason(row["reason"]) if "reason" in row else None,
        **paid,
    )
    booked_at = datetime.fromisoformat(row["bookedAt"])
    return BookedEntry(entry, row["tenantId"], row["workload"], row["programmeVersion"], booked_at, row["evaluationId"])


def minor(amount_minor: int) -> EntityProperty:
    return EntityProperty(amount_minor, EdmType.INT64)
