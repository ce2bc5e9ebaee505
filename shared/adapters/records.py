"""The record store on Azure Table Storage: one table, one partition a bucket, one atomic batch a change.

The SDK repeats a write whose answer was lost, and then reports the conflict with our own first try. So after any failed batch the
witness is asked: the timeline entry at the sequence that was tried is insert-only, and its hash is unique to the attempt. If it
is ours, the batch landed.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from azure.core.exceptions import ResourceNotFoundError

from shared.adapters import rows
from shared.adapters.storage import FAILURES, if_unchanged
from shared.domain.claim import Change, Claim
from shared.domain.delivery import Report
from shared.domain.errors import KeyReused, NotFound, ScopeTaken, Taken
from shared.domain.identity import BUCKETS, bucket_in, bucket_of, digest_of, is_claim_id, is_operation_id
from shared.domain.link import Link, Purpose, hash_of
from shared.domain.person import Person
from shared.domain.timeline import Entry
from shared.ports.failures import AnswerExists, StaleRecord, StoreUnavailable
from shared.ports.records import Beside, Call, Holder, MailFate, SentMail, Stored, Work, WorkState

if TYPE_CHECKING:
    from azure.data.tables.aio import TableClient

_RANGE: Final = "PartitionKey eq @bucket and RowKey ge @low and RowKey lt @high"
_FAILED_PRECONDITION: Final = frozenset({404, 409, 412})


class TableRecords:
    """`ports.Records` on the table `records`."""

    def __init__(self, table: "TableClient") -> None:
        self._table = table

    async def claim(self, claim_id: str) -> Stored:
        """The claim and its version, by one point read."""
        if not is_claim_id(claim_id):
            raise NotFound
        row = await self._get(bucket_in(claim_id), rows.claim_key(claim_id))
        if row is None:
            raise NotFound
        return Stored(rows.claim_of(row), row.metadata["etag"])

    async def commit(
        self,
        etag: str | None,
        change: Change,
        *,
        call: Call | None = None,
        person: Person | None = None,
        fate: MailFate | None = None,
        told: Report | None = None,
        beside: Sequence[Beside] = (),
    ) -> tuple[str, ...]:
        """Writes the change in one batch; see `ports.Records.commit`."""
        claim = change.after
        batch = rows.passed_over([*_changed(etag, change), *(each for b in beside for each in _changed(b.etag, b.change))])
        if call is not None:
            batch += [("create", row) for row in rows.answer_rows(change, call)]
        if person is not None:
            batch.append(("create", rows.person_row(person)))
        if fate is not None:
            # A sender that was given up for unknown may come back and know better: the later word stands.
            batch.append(("upsert", rows.fate_row(claim.tenant_id, fate), {"mode": "merge"}))
        if told is not None:
            batch.append(("upsert", rows.report_row(told), {"mode": "merge"}))
        try:
            await self._table.submit_transaction(batch)
        except FAILURES as error:
            if not await self._landed(change):
                raise await self._refusal(error, claim, batch, call, is_new=change.before is None) from error
        return tuple(key for each in (change, *(b.change for b in beside)) for key in rows.due_now(each))

    async def first_answer(self, bucket: str, call: Call) -> Claim | None:
        """The claim as it stood when the call first had its effect."""
        return _answered(await self._get(bucket, rows.answer_key(call)), call)

    async def creation(self, claim_id: str, call: Call) -> Claim | None:
        """By one point read."""
        return _answered(await self._get(bucket_in(claim_id), rows.creation_key(claim_id)), call)

    async def before_creation(self, claim_id: str, partner_id: str, call: Call) -> tuple[Claim | None, tuple[Stored, ...]]:
        """The claims about one customer and the answers that made them stand side by side."""
        first, others = None, []
        async for row in self._rows_with(claim_id.partition("-")[0], partner_id):
            if row["RowKey"] == rows.creation_key(claim_id):
                first = _answered(row, call)
            elif not rows.is_creation(row):
                others.append(Stored(rows.claim_of(row), row.metadata["etag"]))
        return first, tuple(others)

    async def timeline(self, claim_id: str, after: int = 0, until: int | None = None) -> tuple[Entry, ...]:
        """The entries behind that one, in one range of keys; a single one, as most moves make, by a point read."""
        if until == after + 1:
            entry = await self.entry(claim_id, until)
            return () if entry is None else (entry,)
        low = rows.event_key(claim_id, after + 1)
        high = f"event!{claim_id}!~" if until is None else rows.event_key(claim_id, until + 1)
        return tuple([rows.entry_of(row) async for row in self._range(bucket_in(claim_id), low, high)])

    async def entry(self, claim_id: str, seq: int) -> Entry | None:
        """One entry of the timeline, None beyond its end."""
        row = await self._get(bucket_in(claim_id), rows.event_key(claim_id, seq))
        return None if row is None else rows.entry_of(row)

    async def claims_about(self, tenant_id: str, partner_id: str) -> tuple[Claim, ...]:
        """All in one range of keys; customers who share a digest are told apart by their tenant id."""
        found = await self._claims_with(digest_of(tenant_id), partner_id)
        return tuple(stored.claim for stored in found if stored.claim.tenant_id == tenant_id)

    async def claims_for(self, tenant_id: str) -> tuple[Stored, ...]:
        """One range of keys; customers who share a digest are told apart by their tenant id."""
        prefix = rows.claim_key(digest_of(tenant_id))
        found = self._range(bucket_of(tenant_id), prefix, prefix + "~")
        all_of_them = [Stored(rows.claim_of(row), row.metadata["etag"]) async for row in found if not rows.is_creation(row)]
        return tuple(stored for stored in all_of_them if stored.claim.tenant_id == tenant_id)

    async def people_of(self, tenant_id: str) -> Mapping[str, Person]:
        """One range of keys."""
        prefix = rows.person_key(tenant_id, "")
        found = self._range(bucket_of(tenant_id), prefix, prefix + "~")
        return {
            (person_id := row["RowKey"].removeprefix(prefix)): Person(
                person_id, tenant_id, row["name"], row["address"], row["salt"]
            )
            async for row in found
        }

    async def erase_person(self, tenant_id: str, person_id: str) -> None:
        """Unconditional: whatever the row holds by now is to go."""
        try:
            await self._table.delete_entity(bucket_of(tenant_id), rows.person_key(tenant_id, person_id))
        except FAILURES as error:
            raise StoreUnavailable from error

    async def erase_words(self, entry: Entry) -> None:
        """Replaces the row by one without the two columns; nothing else of an entry ever changes."""
        row = await self._get(bucket_in(entry.claim_id), rows.event_key(entry.claim_id, entry.seq))
        if row is None:
            return
        kept = {name: value for name, value in row.items() if name not in ("words", "salt")}
        try:
            await self._table.update_entity(kept, mode="replace", **if_unchanged(row.metadata["etag"]))
        except FAILURES as error:
            raise StoreUnavailable from error

    async def claims_beside(self, claim_id: str, partner_id: str) -> tuple[Stored, ...]:
        """The same range, found by the claim's id: reading one claim and reading all of them is one request."""
        if not is_claim_id(claim_id):
            raise NotFound
        found = await self._claims_with(claim_id.partition("-")[0], partner_id)
        wanted = next((stored for stored in found if stored.claim.claim_id == claim_id), None)
        if wanted is None:
            raise NotFound
        tenant = wanted.claim.tenant_id
        return wanted, *(stored for stored in found if stored is not wanted and stored.claim.tenant_id == tenant)

    async def taken(self, tenant_id: str, scopes: Iterable[str]) -> tuple[Taken, ...]:
        """Which of these scopes are held, and since when; never by whom."""
        held, wanted = await self._holds(tenant_id), set(scopes)
        return tuple(Taken(s, datetime.fromisoformat(held[s]["since"])) for s in sorted(wanted & held.keys()))

    async def holders(self, tenant_id: str, scopes: Iterable[str]) -> Mapping[str, Holder]:
        """Who holds each of these scopes; a free one is not named."""
        held, wanted = await self._holds(tenant_id), set(scopes)
        return {
            scope: Holder(row["claimId"], row["partnerId"], datetime.fromisoformat(row["since"]))
            for scope, row in held.items()
            if scope in wanted
        }

    async def person(self, tenant_id: str, person_id: str) -> Person:
        """The contact. Raises NotFound when it was erased."""
        row = await self._get(bucket_of(tenant_id), rows.person_key(tenant_id, person_id))
        if row is None:
            raise NotFound
        return Person(person_id, tenant_id, row["name"], row["address"], row["salt"])

    async def link(self, token: str) -> Link | None:
        """The row of a mailed token; forged, truncated and foreign ones take the same way to None."""
        bucket, token_hash = token[:2], hash_of(token)
        row = await self._get(bucket if bucket in BUCKETS else BUCKETS[0], f"link!{token_hash}")
        if row is None:
            return None
        # A row from before links had a time of issue is older than whatever voids links.
        issued_at = row.get("issuedAt", datetime.min.replace(tzinfo=UTC))
        return Link(
            token_hash, bucket, Purpose(row["purpose"]), row["claimId"], issued_at, row["expiresAt"],
            row.get("seq"), row.get("personId"),
        )  # fmt: skip

    async def work(self, bucket: str, row_key: str) -> Work | None:
        """The outbox row, or None when it is settled, cancelled or moved."""
        row = await self._get(bucket, row_key)
        return None if row is None else rows.work_of(row, row.metadata["etag"])

    async def work_due(self, bucket: str, until: datetime) -> AsyncIterator[Work]:
        """Outbox rows that are due up to `until`, in order of their time."""
        async for row in self._range(bucket, "out!", f"out!{rows.stamp(until)}~"):
            yield rows.work_of(row, row.metadata["etag"])

    async def mail(self, operation_id: str) -> SentMail | None:
        """The mail with this operation id, by one point read; a row from before reports were read knows too little to be one."""
        if not is_operation_id(operation_id):
            return None
        row = await self._get(bucket_in(operation_id), rows.mail_key(operation_id))
        return None if row is None or "answerBy" not in row else rows.mail_of(row)

    async def note_report(self, told: Report) -> None:
        """Unconditional: reports of one mail come one after the other, and a lost one of them changes nothing."""
        try:
            await self._table.upsert_entity(rows.report_row(told), mode="merge")
        except FAILURES as error:
            raise StoreUnavailable from error

    async def begin_sending(self, work: Work, owner: str, now: datetime, mail: SentMail, links: Sequence[Link]) -> bool:
        """Moves the row from due to sending and stores the mail and its links, in one batch."""
        sending = {"state": str(WorkState.SENDING), "owner": owner, "since": now.astimezone(UTC), "attempts": work.attempts + 1}
        key = {"PartitionKey": work.bucket, "RowKey": work.row_key}
        batch: list[rows.Operation] = [("update", key | sending, {"mode": "merge", **if_unchanged(work.etag)})]
        batch += [("create", _link_row(link)) for link in links]
        batch.append(("upsert", rows.mail_row(mail), {"mode": "merge"}))
        try:
            await self._table.submit_transaction(batch)
        except FAILURES as error:
            row = await self._get(work.bucket, work.row_key)
            if row is not None and row.get("owner") == owner:
                return True
            if _status(error) in _FAILED_PRECONDITION:
                return False
            raise StoreUnavailable from error
        return True

    async def put_back(self, work: Work, *, state: WorkState, not_before: datetime | None, attempts: int) -> None:
        """Leaves the row for a later try, or dead; a row that is gone or has changed meanwhile is left alone."""
        row: rows.Row = {"PartitionKey": work.bucket, "RowKey": work.row_key, "state": str(state), "attempts": attempts}
        if not_before is not None:
            row["notBefore"] = not_before.astimezone(UTC)
        if state is WorkState.DEAD:
            # With the death itself: whoever replays it must know whether a mail was being sent.
            row["diedAs"] = str(work.state)
        try:
            await self._table.update_entity(row, mode="merge", **if_unchanged(work.etag))
        except FAILURES as error:
            if _status(error) not in _FAILED_PRECONDITION:
                raise StoreUnavailable from error

    async def projected(self, work: Work) -> None:
        """Deletes the projection row as it was read; a newer one stays and is worked off later."""
        try:
            await self._table.delete_entity(work.bucket, work.row_key, **if_unchanged(work.etag))
        except FAILURES as error:
            if _status(error) not in _FAILED_PRECONDITION:
                raise StoreUnavailable from error

    async def _holds(self, tenant_id: str) -> Mapping[str, Any]:
        prefix = rows.hold_key(tenant_id, "")
        found = self._range(bucket_of(tenant_id), prefix, prefix + "~")
        return {row["RowKey"].removeprefix(prefix): row async for row in found}

    async def _landed(self, change: Change) -> bool:
        witness = change.entries[0]
        row = await self._get(bucket_of(change.after.tenant_id), rows.event_key(witness.claim_id, witness.seq))
        return row is not None and row["hash"] == witness.hash

    async def _refusal(
        self, error: Exception, claim: Claim, batch: Sequence[rows.Operation], call: Call | None, *, is_new: bool
    ) -> StaleRecord | ScopeTaken | AnswerExists | StoreUnavailable:
        if _status(error) not in _FAILED_PRECONDITION:
            return StoreUnavailable()
        failed = _failed_row(error, batch)
        if failed.startswith("idem!"):
            return AnswerExists()
        if failed.startswith("hold!"):
            taken = await self.taken(claim.tenant_id, (s.scope for s in claim.scopes))
            return ScopeTaken(taken) if taken else StaleRecord()
        # A creation can only meet itself: its id is a function of the call.
        return AnswerExists() if call is not None and is_new else StaleRecord()

    async def _claims_with(self, digest: str, partner_id: str) -> list[Stored]:
        """The partner's claims whose ids begin with this digest."""
        found = self._rows_with(digest, partner_id)
        return [Stored(rows.claim_of(row), row.metadata["etag"]) async for row in found if not rows.is_creation(row)]

    async def _rows_with(self, digest: str, partner_id: str) -> AsyncIterator[Any]:
        prefix = rows.claim_key(digest)
        values = {"bucket": bucket_in(digest), "low": prefix, "high": prefix + "~", "partner": partner_id}
        found: AsyncIterator[Any] = self._table.query_entities(f"{_RANGE} and partnerId eq @partner", parameters=values)
        try:
            async for row in found:
                yield row
        except FAILURES as error:
            raise StoreUnavailable from error

    async def _get(self, bucket: str, row_key: str) -> Any:
        try:
            return await self._table.get_entity(bucket, row_key)
        except ResourceNotFoundError:
            return None
        except FAILURES as error:
            raise StoreUnavailable from error

    async def _range(self, bucket: str, low: str, high: str) -> AsyncIterator[Any]:
        found = self._table.query_entities(_RANGE, parameters={"bucket": bucket, "low": low, "high": high})
        try:
            async for row in found:
                yield row
        except FAILURES as error:
            raise StoreUnavailable from error


def _changed(etag: str | None, change: Change) -> Iterator[rows.Operation]:
    """What one claim's change writes, the claim itself first."""
    if change.before is None:
        yield "create", rows.claim_row(change.after)
    else:
        yield "update", rows.claim_row(change.after), {"mode": "replace", **if_unchanged(etag)}
    for entry in change.entries:
        yield "create", rows.entry_row(change.after.tenant_id, entry)
    yield from rows.difference(change)


def _answered(row: Any, call: Call) -> Claim | None:
    """The first answer in a row, None without one. Raises KeyReused where it is the answer to something else."""
    if row is None:
        return None
    if row["bodyHash"] != call.body_hash:
        raise KeyReused
    return rows.claim_of(row)


def _link_row(link: Link) -> rows.Row:
    row: rows.Row = {
        "PartitionKey": link.bucket,
        "RowKey": f"link!{link.token_hash}",
        "v": rows.SCHEMA,
        "purpose": str(link.purpose),
        "claimId": link.claim_id,
        "issuedAt": link.issued_at.astimezone(UTC),
        "expiresAt": link.expires_at.astimezone(UTC),
    }
    return row | {name: value for name, value in (("seq", link.seq), ("personId", link.person_id)) if value is not None}


def _status(error: Exception) -> int | None:
    return getattr(error, "status_code", None)


def _failed_row(error: Exception, batch: Sequence[rows.Operation]) -> str:
    index = getattr(error, "index", None)
    return str(batch[index][1]["RowKey"]) if isinstance(index, int) and index < len(batch) else ""
