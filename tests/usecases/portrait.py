"""What became of a claim, in a form in which two lives can be compared: everything that must not depend on a crash.

Left out are random ids, and times below a day, because a retry happens later than a first try. Letters are counted apart.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.adapters import claim_index, names, rows
from shared.domain.claim import Due, Hold, status
from shared.domain.identity import bucket_of
from shared.domain.timeline import is_intact
from shared.domain.view import summary
from tests.usecases.system import CLAIM_ID, TENANT, System


@dataclass(frozen=True)
class Portrait:
    """One claim, everything that was said of it, and every row that it owns."""

    status: str
    review: str
    scopes: tuple[tuple[str, str, str, str, str], ...]
    documents: tuple[tuple[str, str], ...]
    window: tuple[str, bool, int, bool]
    events: tuple[str, ...]
    due: tuple[tuple[str, str, str], ...]
    holds: tuple[str, ...]
    tenures: tuple[tuple[str, bool], ...]
    fates: tuple[tuple[str, str], ...]
    answers: int
    calls: int
    index: tuple[tuple[str, str, str], ...]


async def portraits(system: System) -> dict[str, Portrait]:
    """Every claim about the sample customer, by its id."""
    stored = await system.rows(names.RECORDS, bucket_of(TENANT))
    found = [row["RowKey"] for row in stored if row["RowKey"].startswith("claim!") and not rows.is_creation(row)]
    return {key.removeprefix("claim!"): await portrait(system, key.removeprefix("claim!")) for key in found}


async def portrait(system: System, claim_id: str = CLAIM_ID) -> Portrait:
    """A claim as it is stored. Asserts that all rows agree with it and that its timeline is intact."""
    bucket = {row["RowKey"]: row for row in await system.rows(names.RECORDS, bucket_of(TENANT))}
    stored = {key: row for key, row in bucket.items() if row.get("claimId", claim_id) == claim_id}
    claim = rows.claim_of(stored[rows.claim_key(claim_id)])
    entries = [rows.entry_of(row) for key, row in stored.items() if key.startswith(f"event!{claim_id}!")]
    assert is_intact(entries, claim.head), "the timeline is broken"
    assert len(entries) == claim.seq

    waiting = sorted(set(_keys(stored, "out!")) - {rows.project_key(claim_id)})
    assert waiting == sorted(rows.due_key(claim_id, due) for due in claim.dues), "the outbox is not what is due"
    held = [rows.hold_key(TENANT, s.scope) for s in claim.scopes if s.hold is Hold.HELD and claim.submitted_at]
    assert _keys(stored, "hold!") == sorted(held), "the holds are not what the claim has"
    assert {stored[key]["claimId"] for key in held} <= {claim_id}
    assert _keys(stored, "assoc!") == sorted(rows.tenure_key(t) for t in claim.tenures), "the tenures are not the claim's"

    index = [row for row in await system.rows(names.PARTNERS, claim.partner_id) if row["RowKey"] == claim_index.key_of(claim)]
    reviews = [row for row in await system.rows(names.PARTNERS, "reviews") if row["RowKey"] == claim_id]
    told = [row for row in await system.rows(names.PARTNERS, claim.partner_id) if row["RowKey"].startswith("told!")]
    assert [row["RowKey"] for row in told] == [f"told!{number:012d}" for number in range(1, len(told) + 1)], "a number is missing"
    ids = [(row["eventId"], row["kind"]) for row in told if row["subject"] == claim_id]
    happened = [(f"{claim_id}.{entry.seq}", f"claim.{entry.event}") for entry in entries]
    is_projected = rows.project_key(claim_id) not in stored
    assert ids == happened[: None if is_projected else len(ids)], "the partner was not told each entry once, in order"
    shown = summary(claim)
    for row in (*index, *reviews):
        assert (row["status"], row["nextActor"]) == (shown.status, shown.next_actor), "a list shows what is no longer so"
    return Portrait(
        status=str(status(claim)),
        review=str(claim.review),
        scopes=tuple((s.scope, s.consent, s.hold, _day(s.active_from), str(s.end_reason)) for s in claim.scopes),
        documents=tuple((p.sha256, str(p.scan)) for p in claim.proofs),
        window=(
            _day(claim.window.ends_at),
            claim.window.asked_at is not None,
            claim.window.reminders,
            claim.window.left_seconds is not None,
        ),
        events=tuple(f"{e.event}{' without effect' if 'noEffect' in e.data else ''}" for e in entries),
        due=tuple(sorted(_due(due) for due in claim.dues)),
        holds=tuple(_keys(stored, "hold!")),
        tenures=tuple((key.split("!")[2], "endedAt" in row) for key, row in stored.items() if key.startswith("assoc!")),
        fates=tuple(sorted((row["kind"], row["fate"]) for key, row in stored.items() if key.startswith("mail!"))),
        answers=len(_keys(stored, "idem!")) + sum(map(rows.is_creation, stored.values())),
        calls=sum(row["RowKey"].startswith("idem!") for row in await system.rows(names.PARTNERS, claim.partner_id)),
        index=tuple((row["PartitionKey"], row["status"], row["nextActor"]) for row in (*index, *reviews)),
    )


def letters(system: System) -> Counter[str]:
    """How many letters of each kind the mail provider took. Asserts that none of them was given to it twice."""
    operations = [letter.operation_id for letter in system.letterbox.letters]
    assert len(set(operations)) == len(operations), f"a letter left twice: {operations}"
    return Counter(str(letter.kind) for letter in system.letterbox.letters)


def _keys(stored: Iterable[str], prefix: str) -> list[str]:
    return sorted(key for key in stored if key.startswith(prefix))


def _day(moment: datetime | None) -> str:
    return "" if moment is None else moment.astimezone(UTC).date().isoformat()


def _due(due: Due) -> tuple[str, str, str]:
    return str(due.kind), str(due.mail), _day(due.at)
