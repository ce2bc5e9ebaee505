"""The people of a claim that ended long ago are forgotten by themselves, and nothing else is.

Proven over the emulator: what is due is found by the outbox's own sweep, without anybody looking for old claims.
"""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest

from shared.adapters import names
from shared.domain.claim import DueKind
from shared.domain.identity import bucket_of
from shared.domain.timeline import is_intact
from shared.usecases import partner_moves
from shared.usecases.outbox import sweep
from tests.usecases.portrait import portrait
from tests.usecases.steps import BOTH, clicks, ends, expired, half_ended, rejected
from tests.usecases.system import CLAIM_ID, EXCHANGE, PARTNER, TENANT, System, call, current, under_review
from tests.usecases.test_links import all_rows
from tests.usecases.test_manage import OTHER_CLAIM, others_request

KEPT_FOR = timedelta(days=731)


async def refused(system: System) -> None:
    await under_review(system)
    await clicks(system, dict.fromkeys(BOTH, False), "Ada Kowalski says no.")(system.world)
    await system.settle()


async def ended(system: System) -> None:
    await half_ended(system)
    await ends(system, EXCHANGE)(system.world)
    await system.settle()


async def later(system: System, time: timedelta) -> None:
    system.clock.advance(time)
    await sweep(system.world)
    await system.settle()


async def stored(system: System) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Every row of every table, by its place."""
    return {
        (table, row["PartitionKey"], row["RowKey"]): dict(row) for table in names.TABLES async for row in all_rows(system, table)
    }


@pytest.mark.parametrize("state", [refused, ended, rejected, expired])
async def test_the_people_of_a_claim_are_forgotten_two_years_after_its_end(
    system: System, state: Callable[[System], Awaitable[object]]
) -> None:
    """R-342: names, addresses and typed words go, the timeline verifies, and tenures stay."""
    await state(system)
    before = await current(system)
    await later(system, KEPT_FOR - timedelta(days=2))
    assert await system.world.records.people_of(TENANT)
    await later(system, timedelta(days=2))
    assert await system.world.records.people_of(TENANT) == {}
    dump = repr(await system.rows(names.RECORDS, bucket_of(TENANT)))
    assert [word for word in ("Ada", "ada@", "says no", "Thank you.") if word in dump] == []
    claim = await current(system)
    assert is_intact(await system.world.records.timeline(CLAIM_ID), claim.head)
    assert (claim.tenures, claim.dues) == (before.tenures, ())
    assert (await portrait(system)).events.count("people_forgotten") == 1


async def test_forgetting_touches_nothing_but_people_and_words(system: System) -> None:
    """R-342, R-228: ledger, accounts and statements are rows that it neither reads nor writes."""
    await ended(system)
    await system.world.table(names.RECORDS).upsert_entity(
        {"PartitionKey": bucket_of(TENANT), "RowKey": f"earned!{TENANT}!demo!teams!teams-15!0001", "amountMinor": 1}
    )
    before = await stored(system)
    await later(system, KEPT_FOR)
    after = await stored(system)
    gone = before.keys() - after.keys()
    assert {key[2].partition("!")[0] for key in gone} == {"person", "out"}
    changed = {key: set(before[key].items()) ^ set(after[key].items()) for key in before.keys() & after.keys()}
    words = {name for key, each in changed.items() if key[2].startswith("event!") for name, _ in each}
    assert words == {"words", "salt"}
    kinds = {key[2].partition("!")[0] for key, each in changed.items() if each and not key[2].startswith("event!")}
    told = {"claim", "index", "associated", CLAIM_ID, "feed"}
    assert kinds <= told, kinds - told


async def test_an_association_that_stands_keeps_its_people_however_long(system: System) -> None:
    """R-342"""
    await half_ended(system)
    await later(system, 3 * KEPT_FOR)
    assert await system.world.records.people_of(TENANT)


async def test_who_is_somebody_elses_contact_stays_that(system: System) -> None:
    """R-342: the same address, named by another claim that ended later."""
    await ended(system)
    await others_request(system)
    await later(system, timedelta(days=50))
    await later(system, KEPT_FOR - timedelta(days=50))
    assert {person_id.partition(".")[0] for person_id in await system.world.records.people_of(TENANT)} == {OTHER_CLAIM}


async def test_a_claim_that_is_taken_up_again_forgets_nobody(system: System) -> None:
    """R-342"""
    await expired(system)
    assert DueKind.FORGET in {d.kind for d in (await current(system)).dues}
    await partner_moves.reopen(system.world, PARTNER, CLAIM_ID, call("reopen"))
    await system.settle()
    assert DueKind.FORGET not in {d.kind for d in (await current(system)).dues}
    await portrait(system)


async def test_a_dispute_takes_the_day_away_too(system: System) -> None:
    """R-342"""
    await rejected(system)
    await partner_moves.dispute(system.world, PARTNER, CLAIM_ID, "Page two.", call("dispute"))
    await system.settle()
    assert DueKind.FORGET not in {d.kind for d in (await current(system)).dues}
    await portrait(system)
