"""The record store keeps its port's promises on a real table: whole batches, one holder a scope, versions, answers, timelines.

Every write here goes through the adapter; what is damaged on purpose, to see it found, is changed past it.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import permutations
from typing import Any
from uuid import uuid4

import pytest

from shared.adapters import names, rows
from shared.domain import contest, ending, submission
from shared.domain.claim import DueKind
from shared.domain.errors import KeyReused, NotFound, ScopeTaken, Taken
from shared.domain.identity import bucket_of
from shared.domain.lifecycle import ActorKind
from shared.domain.link import Link, Purpose, hash_of, token_for
from shared.domain.person import Person
from shared.domain.timeline import is_intact
from shared.ports.failures import AnswerExists, StaleRecord, StoreUnavailable
from shared.ports.records import Beside, Call, MailFate, Records, SentMail, Stored, Work, WorkState
from tests.contract.record_builders import (
    POLICY,
    a_call,
    a_draft,
    a_submitted_claim,
    act,
    creation,
    remark,
    screening_of,
    submission_of,
)
from tests.faults import Fault, Faults
from tests.usecases.system import EXCHANGE, MONDAY, TEAMS, System

type Rows = dict[str, dict[str, Any]]
SHAREPOINT = "workload:sharepoint"
LATER = MONDAY + timedelta(days=400)


@pytest.fixture
def records(system: System) -> Records:
    return system.world.records


async def stored_rows(system: System, tenant: str) -> Rows:
    """Everything in the customer's bucket, with versions."""
    found = await system.rows(names.RECORDS, bucket_of(tenant))
    return {row["RowKey"]: {**row, "etag": getattr(row, "metadata", {})["etag"]} for row in found}


def holds(found: Rows, tenant: str) -> dict[str, str]:
    """Scope -> the claim that holds it."""
    prefix = rows.hold_key(tenant, "")
    return {key.removeprefix(prefix): row["claimId"] for key, row in found.items() if key.startswith(prefix)}


# A batch is written whole or not at all.


async def test_a_change_is_stored_with_all_that_belongs_to_it(system: System, records: Records) -> None:
    draft = await a_draft(records)
    change = submission_of(draft)
    person = Person("contact", draft.claim.tenant_id, "Ada Kowalski", "ada@contoso.example", "salt")
    fate = MailFate(f"{draft.claim.claim_id}.1.notification", draft.claim.claim_id, "notification", "accepted", MONDAY, "p-1")
    named = a_call()
    due = await records.commit(draft.etag, change, call=named, person=person, fate=fate)

    found = await stored_rows(system, draft.claim.tenant_id)
    read = await records.claim(draft.claim.claim_id)
    assert read.claim == change.after
    assert holds(found, draft.claim.tenant_id) == dict.fromkeys([TEAMS, EXCHANGE], draft.claim.claim_id)
    entries = await records.timeline(draft.claim.claim_id)
    assert [entry.hash for entry in entries[1:]] == [entry.hash for entry in change.entries]
    assert is_intact(entries, change.after.head)
    assert await records.first_answer(bucket_of(draft.claim.tenant_id), named) == change.after
    assert await records.person(draft.claim.tenant_id, "contact") == person
    assert found[f"mail!{fate.operation_id}"]["fate"] == "accepted"
    assert {key.rpartition(".")[2] for key in due} == {"screen", "project"}
    assert set(due) <= found.keys()


async def test_of_a_batch_that_meets_a_taken_scope_nothing_is_stored(system: System, records: Records) -> None:
    """R-03, R-22: not one of the other scopes, no entry, no answer, nothing due."""
    tenant = str(uuid4())
    await a_submitted_claim(records, tenant, EXCHANGE)
    second = await a_draft(records, tenant, TEAMS, EXCHANGE, SHAREPOINT)
    before = await stored_rows(system, tenant)
    with pytest.raises(ScopeTaken) as refusal:
        await records.commit(second.etag, submission_of(second), call=a_call())
    assert refusal.value.taken == (Taken(EXCHANGE, MONDAY + timedelta(minutes=1)),)
    assert await stored_rows(system, tenant) == before


async def test_of_two_who_take_overlapping_scopes_at_once_one_gets_all_and_one_nothing(system: System, records: Records) -> None:
    """R-22: also when each could have had a part."""
    for _ in range(5):
        tenant = str(uuid4())
        pairs = [(TEAMS, EXCHANGE), (EXCHANGE, SHAREPOINT), (SHAREPOINT, TEAMS)]
        drafts = [await a_draft(records, tenant, *pair) for pair in pairs]
        commits = [records.commit(draft.etag, submission_of(draft)) for draft in drafts]
        results = await asyncio.gather(*commits, return_exceptions=True)
        winners = [draft for draft, result in zip(drafts, results, strict=True) if not isinstance(result, BaseException)]
        assert len(winners) == 1
        assert [type(result) for result in results if isinstance(result, BaseException)] == [ScopeTaken, ScopeTaken]
        expected = {scope.scope: winners[0].claim.claim_id for scope in winners[0].claim.scopes}
        assert holds(await stored_rows(system, tenant), tenant) == expected


async def test_holds_of_another_customer_are_not_in_the_way(records: Records) -> None:
    """R-03: a scope belongs to one customer; what others have of the same name is theirs."""
    first = await a_submitted_claim(records, "", TEAMS)
    second = await a_submitted_claim(records, "", TEAMS)
    assert [taken.scope for taken in await records.taken(first.claim.tenant_id, [TEAMS, EXCHANGE])] == [TEAMS]
    assert await records.taken(second.claim.tenant_id, [EXCHANGE]) == ()


# Versions.


async def test_a_stale_version_is_refused_and_changes_nothing(system: System, records: Records) -> None:
    claim = await a_submitted_claim(records)
    await records.commit(claim.etag, remark(claim, "First."))
    before = await stored_rows(system, claim.claim.tenant_id)
    with pytest.raises(StaleRecord):
        await records.commit(claim.etag, remark(claim, "Second."))
    assert await stored_rows(system, claim.claim.tenant_id) == before


async def test_of_twenty_writers_at_once_one_wins_and_the_others_are_stale(records: Records) -> None:
    claim = await a_submitted_claim(records)
    writes = [records.commit(claim.etag, remark(claim, f"Writer {n}.")) for n in range(20)]
    results = await asyncio.gather(*writes, return_exceptions=True)
    assert sum(isinstance(result, StaleRecord) for result in results) == 19
    assert sum(isinstance(result, tuple) for result in results) == 1
    entries = await records.timeline(claim.claim.claim_id)
    assert len(entries) == claim.claim.seq + 1
    assert is_intact(entries, (await records.claim(claim.claim.claim_id)).claim.head)


async def test_a_claim_cannot_be_created_twice(records: Records) -> None:
    change = creation()
    await records.commit(None, change)
    with pytest.raises(StaleRecord):
        await records.commit(None, creation_again(change))
    assert (await records.claim(change.after.claim_id)).claim == change.after


def creation_again(change: Any) -> Any:
    """Another attempt at the same claim: its entry is not the one that stands."""
    entries = tuple(replace(entry, hash="f" * 64) for entry in change.entries)
    return replace(change, entries=entries)


# Lost answers.


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
@pytest.mark.parametrize("kind", ["creation", "submission", "remark"])
async def test_what_landed_is_success_though_its_answer_was_lost(
    system: System, records: Records, kind: str, fault: Fault
) -> None:
    """The same rows are reported as due as if nothing had been."""
    world = system.process(Faults().inject(1, fault))
    if kind == "creation":
        change = creation()
        due = await world.records.commit(None, change, call=a_call())
    else:
        stored = await (a_draft if kind == "submission" else a_submitted_claim)(records)
        change = submission_of(stored) if kind == "submission" else remark(stored)
        due = await world.records.commit(stored.etag, change, call=a_call())
    assert due == rows.due_now(change)
    assert (await records.claim(change.after.claim_id)).claim == change.after


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_what_landed_is_success_although_another_has_written_since(system: System, records: Records, fault: Fault) -> None:
    draft = await a_draft(records)

    async def another() -> None:
        submitted = await records.claim(draft.claim.claim_id)
        await records.commit(submitted.etag, remark(submitted))

    world = system.process(Faults().inject(1, fault).after(1, another))
    await world.records.commit(draft.etag, submission_of(draft))
    assert [entry.event for entry in await records.timeline(draft.claim.claim_id)] == ["created", "submitted", "commented"]


@pytest.mark.parametrize(("after", "until", "found"), [(0, None, 3), (0, 2, 2), (1, 2, 1), (2, 3, 1), (1, 3, 2), (3, 4, 0)])
async def test_a_part_of_a_timeline_is_found_by_its_ends(records: Records, after: int, until: int | None, found: int) -> None:
    claim = await a_submitted_claim(records)
    await records.commit(claim.etag, remark(claim))
    entries = await records.timeline(claim.claim.claim_id, after, until)
    assert [entry.seq for entry in entries] == list(range(after + 1, after + 1 + found))


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_what_another_wrote_is_not_taken_for_ones_own(system: System, records: Records, fault: Fault) -> None:
    """The witness names the attempt, not only its place in the timeline."""
    claim = await a_submitted_claim(records)

    async def another() -> None:
        await records.commit(claim.etag, remark(claim, "I was first."))

    # The write fails for good on its first try; that answer is lost, and the repetition fails too.
    world = system.process(Faults().before(1, another).inject(1, fault))
    with pytest.raises((StaleRecord, StoreUnavailable)):
        await world.records.commit(claim.etag, remark(claim, "I was second."))
    assert [entry.words for entry in await records.timeline(claim.claim.claim_id)][-1] == "I was first."


async def test_a_store_that_does_not_answer_is_unavailable_and_nothing_else(system: System) -> None:
    """No conflict, no "not found": nothing is known, and trying again is safe."""
    lost = system.unreachable()
    claim_id = creation().after.claim_id
    for asked in (
        lambda: lost.records.claim(claim_id),
        lambda: lost.records.commit(None, creation()),
        lambda: lost.records.timeline(claim_id),
        lambda: lost.records.link("ab" + "0" * 48),
        lambda: lost.partners.partner("4711001"),
        lambda: lost.files.get("proofs", "x"),
        lambda: lost.files.put("proofs", "x", b"y", "text/plain"),
    ):
        with pytest.raises(StoreUnavailable):
            await asked()


# First answers.


async def test_the_first_answer_stands_whatever_came_after_it(records: Records) -> None:
    draft, named = await a_draft(records), a_call()
    change = submission_of(draft)
    await records.commit(draft.etag, change, call=named)
    submitted = await records.claim(draft.claim.claim_id)
    await records.commit(submitted.etag, remark(submitted))
    assert await records.first_answer(bucket_of(draft.claim.tenant_id), named) == change.after


async def test_a_call_has_its_effect_once(system: System, records: Records) -> None:
    claim, named = await a_submitted_claim(records), a_call()
    await records.commit(claim.etag, remark(claim), call=named)
    now = await records.claim(claim.claim.claim_id)
    before = await stored_rows(system, claim.claim.tenant_id)
    with pytest.raises(AnswerExists):
        await records.commit(now.etag, remark(now), call=named)
    assert await stored_rows(system, claim.claim.tenant_id) == before


async def test_a_creation_that_is_repeated_finds_its_first_answer(records: Records) -> None:
    change, named = creation(), a_call()
    await records.commit(None, change, call=named)
    with pytest.raises(AnswerExists):
        await records.commit(None, creation_again(change), call=named)


async def test_a_creation_finds_its_first_answer_by_its_claims_id(records: Records) -> None:
    change, named = creation(), a_call()
    claim_id = change.after.claim_id
    assert await records.creation(claim_id, named) is None
    await records.commit(None, change, call=named)
    stored = await records.claim(claim_id)
    await records.commit(stored.etag, submission_of(stored))
    assert await records.creation(claim_id, named) == change.after
    with pytest.raises(KeyReused):
        await records.creation(claim_id, Call(named.key_hash, "another request"))


async def test_a_creation_finds_its_first_answer_and_the_claims_beside_it_in_one_range(records: Records) -> None:
    """R-251"""
    draft, named = await a_draft(records), a_call()
    change = creation(draft.claim.tenant_id)
    claim_id, partner = change.after.claim_id, change.after.partner_id
    nothing, beside = await records.before_creation(claim_id, partner, named)
    assert (nothing, [each.claim for each in beside]) == (None, [draft.claim])
    await records.commit(None, change, call=named)
    stored = await records.claim(claim_id)
    await records.commit(stored.etag, submission_of(stored))
    first, beside = await records.before_creation(claim_id, partner, named)
    assert first == change.after
    assert {each.claim.claim_id for each in beside} == {draft.claim.claim_id, claim_id}
    with pytest.raises(KeyReused):
        await records.before_creation(claim_id, partner, Call(named.key_hash, "another request"))
    assert await records.before_creation(claim_id, "9999999", named) == (None, ())


async def test_a_key_that_made_a_claim_is_used_for_all_else_about_the_customer(records: Records) -> None:
    change, named = creation(), a_call()
    await records.commit(None, change, call=named)
    stored = await records.claim(change.after.claim_id)
    withdrawal = Call(named.key_hash, "to withdraw")
    with pytest.raises(AnswerExists):
        await records.commit(stored.etag, submission_of(stored), call=withdrawal)
    with pytest.raises(KeyReused):
        await records.first_answer(bucket_of(change.after.tenant_id), withdrawal)


async def test_a_key_names_one_request(records: Records) -> None:
    draft, named = await a_draft(records), a_call()
    bucket = bucket_of(draft.claim.tenant_id)
    assert await records.first_answer(bucket, named) is None
    await records.commit(draft.etag, submission_of(draft), call=named)
    with pytest.raises(KeyReused):
        await records.first_answer(bucket, Call(named.key_hash, "another request"))
    assert await records.first_answer(bucket, a_call()) is None


# The timeline.


def changed(column: str, value: str) -> Callable[[list[dict[str, Any]]], None]:
    def damage(entries: list[dict[str, Any]]) -> None:
        assert entries[2][column] != value
        entries[2][column] = value

    return damage


def swapped(entries: list[dict[str, Any]]) -> None:
    entries[1]["RowKey"], entries[2]["RowKey"] = entries[2]["RowKey"], entries[1]["RowKey"]


def dropped(place: int) -> Callable[[list[dict[str, Any]]], None]:
    return lambda entries: entries.__delitem__(place)


def closed_up(entries: list[dict[str, Any]]) -> None:
    """One is taken out and the rest renumbered, as somebody would who knows the keys but not the hashes."""
    keys = [entry["RowKey"] for entry in entries]
    del entries[1]
    for entry, key in zip(entries, keys, strict=False):
        entry["RowKey"] = key


def invented(entries: list[dict[str, Any]]) -> None:
    entries.append({**entries[-1], "RowKey": entries[-1]["RowKey"][:-1] + str(len(entries) + 1), "before": entries[-1]["hash"]})


DAMAGE = {
    "data": changed("data", '{"reason": "another"}'),
    "words": changed("words", "Called nobody."),
    "salt": changed("salt", "another"),
    "actor": changed("actorId", "somebody else"),
    "side": changed("actorKind", "customer"),
    "event": changed("event", "approved"),
    "time": changed("at", "2026-03-01T09:00:00+00:00"),
    "attempt": changed("actId", "another"),
    "link to the entry before": changed("before", "0" * 64),
    "hash": changed("hash", "0" * 64),
    "order": swapped,
    "first dropped": dropped(0),
    "one within dropped": dropped(1),
    "last dropped": dropped(-1),
    "one dropped and renumbered": closed_up,
    "one added": invented,
}


async def with_three_entries_more(records: Records) -> Stored:
    claim = await a_submitted_claim(records)
    for words in ("Called the customer.", "Nobody answers.", "They called back."):
        await records.commit(claim.etag, remark(claim, words))
        claim = await records.claim(claim.claim.claim_id)
    return claim


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
async def test_tampering_with_the_timeline_is_found(
    system: System, records: Records, damage: Callable[[list[dict[str, Any]]], None]
) -> None:
    """The chain covers every column but the words, and those by a commitment."""
    claim = await with_three_entries_more(records)
    table, prefix = system.world.table(names.RECORDS), f"event!{claim.claim.claim_id}!"
    assert is_intact(await records.timeline(claim.claim.claim_id), claim.claim.head)
    standing = [row for key, row in (await stored_rows(system, claim.claim.tenant_id)).items() if key.startswith(prefix)]
    standing = [{name: value for name, value in row.items() if name != "etag"} for row in standing]
    for row in standing:
        await table.delete_entity(row["PartitionKey"], row["RowKey"])
    damage(standing)
    for row in standing:
        await table.create_entity(row)
    assert not is_intact(await records.timeline(claim.claim.claim_id), claim.claim.head)


async def test_erasing_somebodys_words_leaves_the_timeline_intact(system: System, records: Records) -> None:
    """What a person wrote can be forgotten without a doubt falling on what happened."""
    claim = await with_three_entries_more(records)
    table = system.world.table(names.RECORDS)
    key = rows.event_key(claim.claim.claim_id, 4)
    row = await table.get_entity(bucket_of(claim.claim.tenant_id), key)
    for column in ("words", "salt"):
        del row[column]
    await table.update_entity(row, mode="replace")
    entries = await records.timeline(claim.claim.claim_id)
    assert [entry.words for entry in entries[2:]] == ["Called the customer.", None, "They called back."]
    assert is_intact(entries, claim.claim.head)


async def test_a_timeline_is_read_over_many_pages_in_order(system: System, records: Records) -> None:
    claim = await with_three_entries_more(records)
    counter = Faults()
    entries = await system.process(counter, page_size=1).records.timeline(claim.claim.claim_id)
    assert counter.counts["table query"] >= 5
    assert [entry.seq for entry in entries] == [1, 2, 3, 4, 5]
    assert is_intact(entries, claim.claim.head)


async def test_the_timelines_of_two_claims_of_one_customer_do_not_mix(records: Records) -> None:
    first = await a_submitted_claim(records, "", TEAMS)
    second = await a_draft(records, first.claim.tenant_id, EXCHANGE)
    assert [entry.claim_id for entry in await records.timeline(second.claim.claim_id)] == [second.claim.claim_id]


# Ids.


@pytest.mark.parametrize("nonsense", ["", "zz", "../x", "ab'--", "a" * 8 + "-" + "b" * 19, "A" * 8 + "-" + "B" * 20, "x" * 5000])
async def test_what_is_no_claim_id_is_not_looked_up(system: System, nonsense: str) -> None:
    counter = Faults()
    with pytest.raises(NotFound):
        await system.process(counter).records.claim(nonsense)
    assert counter.total == 0


async def test_what_is_not_there_is_not_found(records: Records) -> None:
    absent = creation().after
    with pytest.raises(NotFound):
        await records.claim(absent.claim_id)
    with pytest.raises(NotFound):
        await records.person(absent.tenant_id, "nobody")
    assert await records.timeline(absent.claim_id) == ()
    assert await records.work(bucket_of(absent.tenant_id), "out!nothing") is None


# Mails and links.


async def asking(records: Records) -> tuple[Stored, Work]:
    """A claim whose customer is to be asked, and the outbox row of that mail."""
    submitted = await a_submitted_claim(records)
    due = await records.commit(submitted.etag, screening_of(submitted))
    (key,) = (key for key in due if key.endswith(".consent_request"))
    work = await records.work(bucket_of(submitted.claim.tenant_id), key)
    assert work is not None
    return await records.claim(submitted.claim.claim_id), work


def a_link(work: Work, secret: str) -> tuple[str, Link]:
    token = token_for(work.bucket, secret)
    return token, Link(hash_of(token), work.bucket, Purpose.CONSENT, work.claim_id, MONDAY, MONDAY + timedelta(days=60))


def a_mail(work: Work) -> SentMail:
    assert work.due is not None
    return SentMail(work.due.operation_for(work.claim_id), work.claim_id, work.due, MONDAY + timedelta(days=14))


async def test_a_mailed_token_leads_to_its_link_and_nothing_else_does(records: Records) -> None:
    _, work = await asking(records)
    token, link = a_link(work, "5" * 48)
    assert await records.link(token) is None
    assert await records.begin_sending(work, "owner", MONDAY, a_mail(work), [link])
    assert await records.link(token) == link
    other = "00" if work.bucket != "00" else "01"
    forged = [
        *(
            token[:-1],
            token + "5",
            token.upper() + "x",
            token[2:],
            other + token[2:],
            hash_of(token),
            work.bucket + hash_of(token),
        ),
        *("", "a", "zz", "../../x", "'", "%27", "a" * 4000, f"{token}'", "ab\n", "ÿ" * 20, f"link!{hash_of(token)}"),
    ]
    assert [text for text in forged if await records.link(text) is not None] == []


async def test_of_five_senders_at_once_one_sends(records: Records) -> None:
    """R-32: and only its link is stored."""
    _, work = await asking(records)
    mails = [a_link(work, str(n) * 48) for n in range(5)]
    begun = await asyncio.gather(
        *(records.begin_sending(work, f"owner-{n}", MONDAY, a_mail(work), [link]) for n, (_, link) in enumerate(mails))
    )
    assert sorted(begun) == [False] * 4 + [True]
    assert [await records.link(token) is not None for token, _ in mails] == list(begun)
    sending = await records.work(work.bucket, work.row_key)
    assert sending is not None
    assert (sending.state, sending.owner, sending.since, sending.attempts) == (
        WorkState.SENDING,
        f"owner-{begun.index(True)}",
        MONDAY,
        1,
    )


@pytest.mark.parametrize("fault", [Fault.LOSE_ANSWER, Fault.ANSWER_503_AFTER])
async def test_who_began_sending_knows_it_though_the_answer_was_lost(system: System, records: Records, fault: Fault) -> None:
    _, work = await asking(records)
    _, link = a_link(work, "6" * 48)
    assert await system.process(Faults().inject(1, fault)).records.begin_sending(work, "owner", MONDAY, a_mail(work), [link])


async def test_a_mail_that_was_cancelled_is_not_begun(system: System, records: Records) -> None:
    _, work = await asking(records)
    await system.world.table(names.RECORDS).delete_entity(work.bucket, work.row_key)
    token, link = a_link(work, "7" * 48)
    assert not await records.begin_sending(work, "owner", MONDAY, a_mail(work), [link])
    assert await records.link(token) is None


async def test_work_that_is_put_back_waits_and_work_that_is_gone_stays_gone(system: System, records: Records) -> None:
    _, work = await asking(records)
    later = MONDAY + timedelta(minutes=2)
    await records.put_back(work, state=WorkState.DUE, not_before=later, attempts=3)
    again = await records.work(work.bucket, work.row_key)
    assert again is not None
    assert (again.state, again.not_before, again.attempts, again.due) == (WorkState.DUE, later, 3, work.due)
    await records.put_back(work, state=WorkState.DEAD, not_before=None, attempts=9)
    assert await records.work(work.bucket, work.row_key) == again, "a row that has changed meanwhile is left alone"
    await system.world.table(names.RECORDS).delete_entity(work.bucket, work.row_key)
    await records.put_back(again, state=WorkState.DUE, not_before=None, attempts=1)
    assert await records.work(work.bucket, work.row_key) is None


async def test_a_projection_that_has_become_due_again_is_not_deleted(records: Records) -> None:
    draft = await a_draft(records)
    key = rows.project_key(draft.claim.claim_id)
    work = await records.work(bucket_of(draft.claim.tenant_id), key)
    assert work is not None
    await records.commit(draft.etag, submission_of(draft))
    await records.projected(work)
    newer = await records.work(work.bucket, key)
    assert newer is not None
    await records.projected(newer)
    assert await records.work(work.bucket, key) is None
    await records.projected(newer)


# What is due.


async def test_work_comes_in_the_order_of_its_time_and_only_what_is_due(records: Records) -> None:
    claim, _ = await asking(records)
    bucket = bucket_of(claim.claim.tenant_id)
    everything = [work async for work in records.work_due(bucket, LATER) if work.claim_id == claim.claim.claim_id]
    dated = [work for work in everything if work.due is not None]
    assert [work.due_at for work in dated] == sorted(due.at for due in claim.claim.dues)
    assert {work.due for work in dated} == set(claim.claim.dues)
    assert everything[0].due is None, "a projection is due before everything with a date"
    review_due = next(due.at for due in claim.claim.dues if due.kind is DueKind.REVIEW_OVERDUE)
    for until, is_there in ((review_due - timedelta(microseconds=1), False), (review_due, True)):
        kinds = {
            work.due.kind async for work in records.work_due(bucket, until) if work.due and work.claim_id == claim.claim.claim_id
        }
        assert (DueKind.REVIEW_OVERDUE in kinds) is is_there


async def test_an_empty_page_is_not_the_end(system: System, records: Records) -> None:
    """The service may answer with nothing and say that there is more."""
    claim, _ = await asking(records)
    bucket = bucket_of(claim.claim.tenant_id)
    decoy = {"PartitionKey": bucket, "RowKey": "out!00000000T000000000000!"}
    await system.world.table(names.RECORDS).upsert_entity(decoy)
    try:
        world = system.process(page_size=1, first_page_is_empty=True)
        found = [work async for work in world.records.work_due(bucket, LATER) if work.claim_id == claim.claim.claim_id]
    finally:
        await system.world.table(names.RECORDS).delete_entity(bucket, decoy["RowKey"])
    assert {work.due for work in found if work.due} == set(claim.claim.dues)


async def test_keys_sort_as_the_moments_in_them() -> None:
    moments = [MONDAY, MONDAY + timedelta(microseconds=1), MONDAY + timedelta(seconds=1), MONDAY + timedelta(days=3650)]
    for ordered in permutations(moments, 2):
        assert (rows.stamp(ordered[0]) < rows.stamp(ordered[1])) is (ordered[0] < ordered[1])


async def test_claims_about_a_customer_are_the_partners_own_and_current(records: Records) -> None:
    """R-112: by key of the customer, whoever else has claims there; as they are now, not as a list once saw them."""
    tenant = str(uuid4())
    submitted = await a_submitted_claim(records, tenant)
    draft = await a_draft(records, tenant)
    await a_draft(records, str(uuid4()))
    foreign = creation(tenant)
    await records.commit(None, replace(foreign, after=replace(foreign.after, partner_id="4711999")))
    found = await records.claims_about(tenant, submitted.claim.partner_id)
    assert {claim.claim_id: claim for claim in found} == {each.claim.claim_id: each.claim for each in (submitted, draft)}
    assert await records.claims_about(str(uuid4()), submitted.claim.partner_id) == ()


# Claims that change together.


async def test_a_hold_that_one_claim_gives_up_passes_to_another_in_one_batch(system: System, records: Records) -> None:
    """R-256"""
    incumbent = await a_submitted_claim(records)
    tenant = incumbent.claim.tenant_id
    made = creation(tenant)
    await records.commit(None, made)
    challenger = await records.claim(made.after.claim_id)
    opened = submission.contest(challenger.claim, act(minutes=5), POLICY, [TEAMS, EXCHANGE], "Ours.")
    told = contest.challenge(incumbent.claim, act(ActorKind.SYSTEM, minutes=5), [TEAMS, EXCHANGE], challenger.claim.claim_id)
    await records.commit(challenger.etag, opened, beside=[Beside(incumbent.etag, told)])
    incumbent, challenger = await records.claim(incumbent.claim.claim_id), await records.claim(challenger.claim.claim_id)
    left = ending.withdraw(incumbent.claim, act(minutes=9))
    passed = contest.take_over(challenger.claim, act(ActorKind.SYSTEM, minutes=9), POLICY, contest.freed(left))
    due = await records.commit(incumbent.etag, left, beside=[Beside(challenger.etag, passed)])
    assert holds(await stored_rows(system, tenant), tenant) == dict.fromkeys([TEAMS, EXCHANGE], challenger.claim.claim_id)
    assert {key.partition("!")[2].partition("!")[2].partition(".")[0] for key in due} == {
        incumbent.claim.claim_id,
        challenger.claim.claim_id,
    }


async def test_none_of_the_claims_changes_when_one_of_them_has_changed_meanwhile(system: System, records: Records) -> None:
    """R-256"""
    incumbent = await a_submitted_claim(records)
    made = creation(incumbent.claim.tenant_id)
    await records.commit(None, made)
    challenger = await records.claim(made.after.claim_id)
    opened = submission.contest(challenger.claim, act(minutes=5), POLICY, [TEAMS, EXCHANGE], "Ours.")
    told = contest.challenge(incumbent.claim, act(ActorKind.SYSTEM, minutes=5), [TEAMS, EXCHANGE], challenger.claim.claim_id)
    await records.commit(incumbent.etag, remark(incumbent))
    before = await stored_rows(system, incumbent.claim.tenant_id)
    with pytest.raises(StaleRecord):
        await records.commit(challenger.etag, opened, beside=[Beside(incumbent.etag, told)])
    assert await stored_rows(system, incumbent.claim.tenant_id) == before
