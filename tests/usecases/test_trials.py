"""A trial reads what an evaluation reads and books nothing, however often it is started, worked off, or given up."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta

import pytest

from infra.local.azurite import Azurite
from shared.adapters import names
from shared.bootstrap import create_stores
from shared.domain.errors import NotFound
from shared.domain.programme import Programme
from shared.domain.programme_versions import Version, Versions
from shared.domain.trial import Change, Sum, Trial
from shared.usecases import trials
from shared.usecases.programmes import Plan
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, snapshot, tenure
from tests.faults import Faults
from tests.money_books import BUCKET, tenants_of
from tests.money_site import Site

NEXT = replace(PROGRAMME, version=2, minimum_seats=10, last_day=date(2026, 12, 31))
FIRST_DAY = date(2026, 7, 3)
BUCKETS = (BUCKET, "ff")


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    """Anna's customer is on its way in a term that is over, Bert's is too small, and a stranger's counts for nothing."""
    made = Site(azurite)
    await create_stores(made.world)
    await made.forget()
    for number, (partner, pau) in enumerate(((ANNA, 1_000), (BERT, 100), ("9000009", 1_000))):
        tenant = tenants_of(BUCKET, 3)[number]
        await made.hold(replace(tenure(partner=partner, claim=f"claim-{number}"), tenant_id=tenant))
        await made.bring(snapshot("2026-01-31", 1, pau), snapshot("2026-05-31", 14, pau), tenant=tenant)
    await made.world.queue(names.EVALUATION).clear_messages()
    yield made
    await made.close()


async def started(site: Site, programme: Programme = NEXT) -> Trial:
    trial = await trials.start(site.world, Plan(Version(programme, FIRST_DAY), ()), BUCKETS)
    assert trial is not None
    return trial


async def messages(site: Site) -> list[str]:
    found = [message.content async for message in site.world.queue(names.EVALUATION).receive_messages(max_messages=32)]
    await site.world.queue(names.EVALUATION).clear_messages()
    return found


async def test_a_trial_adds_up_its_buckets_and_books_nothing(site: Site) -> None:
    """R-360"""
    before = await site.rows()
    trial = await started(site)
    assert len(await messages(site)) == 2
    for bucket in BUCKETS:
        await trials.try_bucket(site.world, trial, bucket)
    told = await trials.progress(site.world, "spring", trial.trial_id)
    # The term goes on: for Anna's customer two milestones are open again. Bert's counts from ten seats on.
    reachable = Sum(3, 0, 2_000 + 4_000 + 100, 136 + 386 + 1)
    assert (told.done, told.failed, told.found.associations) == (2, 0, 2)
    assert told.found.sums == {Change.BECOMES_REACHABLE: reachable, Change.UNCHANGED: Sum(3)}
    assert await site.rows() == before
    assert await site.ledger(tenants_of(BUCKET, 1)[0]) == []


async def test_a_trial_reads_each_row_once(site: Site) -> None:
    """R-360"""
    trial = await started(site)
    faults = Faults()
    await trials.try_bucket(site.process(faults), trial, BUCKET)
    of_records = [sent.operation for sent in faults.trail if names.RECORDS in sent.path]
    assert of_records == ["table query", "table query"]


async def test_the_same_again_is_the_same_trial_and_only_what_is_missing_is_done(site: Site) -> None:
    """R-361"""
    trial = await started(site)
    assert len(await messages(site)) == 2
    await trials.try_bucket(site.world, trial, BUCKET)
    await trials.give_up(site.world, trial.trial_id, BUCKET)
    await trials.give_up(site.world, trial.trial_id, "ff")
    told = await trials.progress(site.world, "spring", trial.trial_id)
    assert (told.done, told.failed, told.found.associations) == (1, 1, 2)
    site.clock.time += timedelta(minutes=5)
    assert await started(site) == trial
    assert len(await messages(site)) == 1, "what failed is tried again"
    await trials.try_bucket(site.world, trial, "ff")
    assert (await trials.progress(site.world, "spring", trial.trial_id)).failed == 0
    assert await started(site, replace(NEXT, minimum_seats=11)) != trial


async def test_a_version_that_is_published_meanwhile_changes_no_trial(site: Site) -> None:
    """R-361"""
    trial = await started(site)
    found = (await trials.try_bucket(site.world, trial, BUCKET)).found
    (standing,) = site.programmes
    site.programmes = (Versions((*standing.all, Version(NEXT, FIRST_DAY))),)
    assert (await trials.try_bucket(site.process(), trial, BUCKET)).found == found


async def test_a_first_version_has_no_trial_and_no_other_programme_knows_one(site: Site) -> None:
    """R-360: in what is not published nobody can be enrolled."""
    assert await trials.start(site.world, Plan(Version(replace(NEXT, version=1), FIRST_DAY), ()), BUCKETS) is None
    trial = await started(site)
    for programme_id, trial_id in (("autumn", trial.trial_id), ("spring", "feed"), ("spring", "a'b")):
        with pytest.raises(NotFound):
            await trials.progress(site.world, programme_id, trial_id)
