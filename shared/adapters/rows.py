"""Claims as rows of the table `records`: keys, columns, and the difference between two claims as the operations of one batch.

A claim owns its holds, tenures and outbox rows: they are written only in a batch that is conditional on the claim's own row, so
the claim's version guards them all and they need no versions of their own.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from shared import telemetry
from shared.domain.association import Association, Suspension
from shared.domain.claim import IMMEDIATE, Change, Claim, Due, DueKind, Hold
from shared.domain.delivery import Delivery, Report
from shared.domain.identity import bucket_in, bucket_of
from shared.domain.lifecycle import ActorKind, Event
from shared.domain.notice import MailKind
from shared.domain.person import Person
from shared.domain.shown import Shown
from shared.domain.timeline import Act, Actor, Entry
from shared.domain.view import listed, summary
from shared.ports.records import Call, MailFate, SentMail, Work, WorkState

if TYPE_CHECKING:
    from pydantic import TypeAdapter

type Row = dict[str, Any]
type Operation = tuple[str, Row] | tuple[str, Row, dict[str, Any]]

SCHEMA: Final = 1
_PROJECT: Final = "project"
_CREATION: Final = "!created"


@cache
def _claims() -> "TypeAdapter[Claim]":
    from pydantic import TypeAdapter

    return TypeAdapter(Claim)


def stamp(moment: datetime) -> str:
    """A moment as it stands in keys: fixed width, sorts by time."""
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%S%f")


def claim_key(claim_id: str) -> str:
    return f"claim!{claim_id}"


def event_key(claim_id: str, seq: int) -> str:
    return f"event!{claim_id}!{seq:08d}"


def hold_key(tenant_id: str, scope: str) -> str:
    return f"hold!{tenant_id}!{scope}"


def person_key(tenant_id: str, person_id: str) -> str:
    return f"person!{tenant_id}!{person_id}"


def answer_key(call: Call) -> str:
    return f"idem!{call.key_hash}"


def creation_key(claim_id: str) -> str:
    """Where the first answer to the call stands that made the claim: right behind it, so that one range has both."""
    return f"{claim_key(claim_id)}{_CREATION}"


def is_creation(row: Mapping[str, Any]) -> bool:
    """Is this the answer to a creation, and no claim?"""
    return str(row["RowKey"]).endswith(_CREATION)


def tenure_key(tenure: Association) -> str:
    return f"assoc!{tenure.tenant_id}!{tenure.scope}!{stamp(tenure.active_from)}!{tenure.claim_id}"


def due_key(claim_id: str, due: Due) -> str:
    return f"out!{stamp(due.at)}!{due.id_for(claim_id)}"


def project_key(claim_id: str) -> str:
    # A fixed moment in the past: one row a claim at most, always due, and sorted before everything with a date.
    return f"out!00000000T000000000000!{claim_id}.{_PROJECT}"


def claim_row(claim: Claim) -> Row:
    """The claim's own row: the whole value as JSON, and the columns that people look at."""
    return _row(claim.tenant_id, claim_key(claim.claim_id)) | {
        "doc": claim_json(claim),
        "status": str(summary(claim).status),
        "partnerId": claim.partner_id,
        "seq": claim.seq,
        "head": claim.head,
    }


def claim_json(claim: Claim) -> str:
    return _claims().dump_json(claim, exclude_defaults=True).decode()


def claim_of(row: Mapping[str, Any]) -> Claim:
    """The claim in a row's `doc`."""
    return _claims().validate_json(row["doc"])


def entry_row(tenant_id: str, entry: Entry) -> Row:
    """One timeline entry; somebody's words and their salt stand in columns of their own, to be erased together."""
    row = _row(tenant_id, event_key(entry.claim_id, entry.seq)) | {
        "event": str(entry.event),
        "actorKind": str(entry.act.actor.kind),
        "actorId": entry.act.actor.id,
        "at": entry.act.at.isoformat(),
        "actId": entry.act.id,
        "data": json.dumps(dict(entry.data), sort_keys=True),
        "before": entry.before,
        "hash": entry.hash,
    }
    personal = {name: text for name, text in (("words", entry.words), ("actingUser", entry.act.actor.user)) if text is not None}
    return row | personal | ({"salt": entry.act.salt} if personal else {})


def entry_of(row: Mapping[str, Any]) -> Entry:
    """The timeline entry in a row."""
    _, claim_id, seq = row["RowKey"].split("!")
    data = json.loads(row["data"])
    actor = Actor(ActorKind(row["actorKind"]), row["actorId"], data.get("actedBy"), row.get("actingUser"))
    act = Act(actor, datetime.fromisoformat(row["at"]), row["actId"], row.get("salt", ""))
    return Entry(claim_id, int(seq), Event(row["event"]), act, data, row["before"], row["hash"], row.get("words"))


def person_row(person: Person) -> Row:
    columns = {"name": person.name, "address": person.address, "salt": person.salt}
    return _row(person.tenant_id, person_key(person.tenant_id, person.person_id)) | columns


def answer_rows(change: Change, call: Call) -> Iterator[Row]:
    """The first answer to an idempotent call: the claim as it stood when the call had its effect."""
    claim = change.after
    used = _row(claim.tenant_id, answer_key(call)) | {"bodyHash": call.body_hash, "at": claim.updated_at}
    answer = {"doc": claim_json(claim)}
    if change.before is not None:
        yield used | answer
        return
    # A claim's id is a function of the key that made it: its place says which key that was. For other calls the key is used.
    yield used
    creation = {"bodyHash": call.body_hash, "partnerId": claim.partner_id}
    yield _row(claim.tenant_id, creation_key(claim.claim_id)) | creation | answer


def mail_key(operation_id: str) -> str:
    return f"mail!{operation_id}"


def mail_row(mail: SentMail) -> Row:
    """A mail on its way to its provider. Its sender's last word and the provider's later ones stand in columns of their own, so
    that neither ever overwrites the other."""
    columns: Row = {"claimId": mail.claim_id, "kind": str(mail.due.mail), "fate": "sending", "seq": mail.due.seq}
    columns |= {"dueAt": mail.due.at.isoformat(), "answerBy": mail.answer_by.isoformat()}
    if (shown := mail.shown) is not None:
        columns |= {"page": shown.page, "language": shown.language, "textVersion": shown.version, "textSha256": shown.sha256}
    return {"PartitionKey": bucket_in(mail.operation_id), "RowKey": mail_key(mail.operation_id), "v": SCHEMA} | columns


def mail_of(row: Mapping[str, Any]) -> SentMail:
    """The mail in a row."""
    due = Due(DueKind.MAIL, datetime.fromisoformat(row["dueAt"]), row["seq"], MailKind(row["kind"]))
    told = Delivery(row["delivery"]) if "delivery" in row else None
    shown = Shown(row["page"], row["language"], row["textVersion"], row["textSha256"]) if "page" in row else None
    return SentMail(
        row["RowKey"].removeprefix("mail!"), row["claimId"], due, datetime.fromisoformat(row["answerBy"]), told, shown
    )


def fate_row(tenant_id: str, fate: MailFate) -> Row:
    """What the sender's last word changes of a mail's row."""
    columns = {"claimId": fate.claim_id, "kind": fate.kind, "fate": fate.fate, "at": fate.at}
    return _row(tenant_id, mail_key(fate.operation_id)) | columns | ({"providerId": fate.provider_id} if fate.provider_id else {})


def report_row(told: Report) -> Row:
    """What a provider's report changes of a mail's row."""
    key = {"PartitionKey": bucket_in(told.operation_id), "RowKey": mail_key(told.operation_id)}
    return key | {"delivery": str(told.delivery)}


def tenure_row(tenure: Association) -> Row:
    row = _row(tenure.tenant_id, tenure_key(tenure)) | {
        "tenantId": tenure.tenant_id,
        "scope": tenure.scope,
        "claimId": tenure.claim_id,
        "partnerId": tenure.partner_id,
        "submittedAt": tenure.submitted_at.isoformat(),
        "activeFrom": tenure.active_from.isoformat(),
    }
    if tenure.suspensions:
        row["suspensions"] = json.dumps([[_iso(s.since), _iso(s.until)] for s in tenure.suspensions])
    if tenure.ended_at is not None:
        row |= {"endedAt": tenure.ended_at.isoformat(), "endReason": str(tenure.end_reason)}
    return row


def suspensions_of(row: Mapping[str, Any]) -> tuple[Suspension, ...]:
    """The times of a tenure's row in which it accrued nothing."""
    told = json.loads(row.get("suspensions") or "[]")
    return tuple(
        Suspension(datetime.fromisoformat(since), datetime.fromisoformat(until) if until else None) for since, until in told
    )


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def work_of(row: Mapping[str, Any], etag: str) -> Work:
    """The outbox row as the use cases know it."""
    due, due_at = None, datetime.fromisoformat(row["dueAt"])
    if row["kind"] != _PROJECT:
        mail = MailKind(row["mail"]) if row.get("mail") else None
        due = Due(DueKind(row["kind"]), due_at, row["seq"], mail)
    return Work(
        row["PartitionKey"], row["RowKey"], row["claimId"], due, due_at, WorkState(row["state"]), etag, row.get("owner"),
        row.get("since"), row.get("attempts", 0), row.get("notBefore"), row.get("trace"),
        WorkState(row["diedAs"]) if "diedAs" in row else None,
    )  # fmt: skip


def due_now(change: Change) -> tuple[str, ...]:
    """Keys of the outbox rows that this change makes due at once."""
    known = set(change.before.dues) if change.before else set()
    claim = change.after
    fresh = [d for d in claim.dues if d not in known and d.kind in IMMEDIATE and d.at <= claim.updated_at]
    keys = [due_key(claim.claim_id, d) for d in fresh]
    return (*keys, project_key(claim.claim_id)) if keys or _is_awaited(change) else ()


def difference(change: Change) -> Iterator[Operation]:
    """The operations that turn the claim before into the claim after, but for the claim's own row and its entries."""
    before, after = change.before, change.after
    old, new = (_owned(before) if before else {}), _owned(after)
    # Not the claim's own fact, but the work's: whoever does what is due goes on with the trace of what made it due.
    trace = {"trace": context} if (context := telemetry.traceparent()) else {}
    for key in old.keys() - new.keys():
        yield "delete", {"PartitionKey": bucket_of(after.tenant_id), "RowKey": key}
    for key, row in new.items():
        if key not in old:
            yield "create", row | (trace if key.startswith("out!") else {})
        elif key.startswith("assoc!") and row != old[key]:
            yield "update", row, {"mode": "replace"}
    project: Row = {
        "kind": _PROJECT,
        "claimId": after.claim_id,
        "state": str(WorkState.DUE),
        "dueAt": after.updated_at.isoformat(),
    }
    yield "upsert", _row(after.tenant_id, project_key(after.claim_id)) | project | trace, {"mode": "replace"}


def passed_over(operations: Iterable[Operation]) -> list[Operation]:
    """The operations of one batch, in which a row may stand once: one that a claim gives up and another takes is replaced."""
    merged: dict[str, Operation] = {}
    for operation in operations:
        key = str(operation[1]["RowKey"])
        standing = merged.get(key)
        if standing is None:
            merged[key] = operation
            continue
        if {standing[0], operation[0]} != {"delete", "create"}:
            message = f"two claims write the same row, {key}"
            raise AssertionError(message)
        # Its owner's version guards it: the claim that gives it up is written under the version it was read in.
        merged[key] = ("update", (operation if operation[0] == "create" else standing)[1], {"mode": "replace"})
    return list(merged.values())


def _owned(claim: Claim) -> dict[str, Row]:
    rows: list[Row] = [tenure_row(tenure) for tenure in claim.tenures]
    for scope in claim.scopes:
        if scope.hold is Hold.HELD and claim.submitted_at is not None:
            held: Row = {"claimId": claim.claim_id, "partnerId": claim.partner_id, "since": claim.submitted_at.isoformat()}
            rows.append(_row(claim.tenant_id, hold_key(claim.tenant_id, scope.scope)) | held)
    for due in claim.dues:
        columns: Row = {"kind": str(due.kind), "claimId": claim.claim_id, "dueAt": due.at.isoformat(), "seq": due.seq}
        mail = {"mail": str(due.mail)} if due.mail else {}
        state = {"state": str(WorkState.DUE)}
        rows.append(_row(claim.tenant_id, due_key(claim.claim_id, due)) | columns | mail | state)
    return {row["RowKey"]: row for row in rows}


def _is_awaited(change: Change) -> bool:
    """Is somebody to see this at once? What the system records (a mail that went out), and a document that its partner has just
    attached or attested, can wait for the next sweep, unless lists show it: it is worth a projection, but no own message."""
    may_wait = (Event.ATTACH, Event.ATTEST)
    by_somebody = any(entry.act.actor.kind is not ActorKind.SYSTEM and entry.event not in may_wait for entry in change.entries)
    return by_somebody or change.before is None or listed(change.before) != listed(change.after)


def _row(tenant_id: str, row_key: str) -> Row:
    return {"PartitionKey": bucket_of(tenant_id), "RowKey": row_key, "v": SCHEMA}
