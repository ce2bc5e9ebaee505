"""What a partner sees of its customers' use: the counts, what they led to, and what could still be earned. Reads only.

Nothing is kept for it: associations are found in the partner's index, and the rows of each are read as they are now.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from shared.domain.association import WORKLOAD_SCOPE, Association
from shared.domain.errors import DomainError
from shared.domain.evaluation import enrolled_in
from shared.domain.identity import tenant_id
from shared.domain.opportunity import Impact, Opportunity, by_value, impact, next_opportunity, own_snapshots
from shared.domain.partner import Partner
from shared.domain.usage import Snapshot, UsageHistory
from shared.ports.money import Account
from shared.ports.partners import AssociationFilter, AssociationItem
from shared.ports.world import MoneyWorld
from shared.usecases.evaluation import KnownEnrolments

MOST_OPPORTUNITIES: Final = 1_000
"""So many associations are looked through for one list: each costs two reads, and the best can only be found among all."""

_A_PAGE: Final = 500
_READS_AT_ONCE: Final = 16


class TooMany(DomainError):
    """More associations than one list can be made of."""

    code = "too_many"

    def __init__(self) -> None:
        super().__init__(f"More than {MOST_OPPORTUNITIES} associations: name a customer or a workload.")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which associations a view is to show; None does not matter. Days bound snapshots, both included."""

    tenant_id: str | None = None
    workload: str | None = None
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class UsageLine:
    """One snapshot in the time of one association."""

    tenure: Association
    snapshot: Snapshot


@dataclass(frozen=True, slots=True)
class ImpactLine:
    """What one association did to use, and the amounts that stand earned for it, in minor units by currency."""

    tenure: Association
    impact: Impact | None
    earned: dict[str, int]


@dataclass(frozen=True, slots=True)
class OpportunityLine:
    """What one association could earn next."""

    tenure: Association
    opportunity: Opportunity


@dataclass(frozen=True, slots=True)
class Page[L]:
    """A page of lines; it may be empty and still have a `next`."""

    lines: tuple[L, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class _Seen:
    """One association with everything that decides on it."""

    tenure: Association
    account: Account
    programme_id: str

    @property
    def tenures(self) -> list[Association]:
        return [each.tenure for each in self.account.tenures]

    @property
    def history(self) -> UsageHistory:
        usage = self.account.usage
        return usage.history if usage is not None else UsageHistory(self.account.tenant_id, self.account.workload)


async def usage(world: MoneyWorld, partner: Partner, wanted: Wanted, limit: int, after: str | None) -> Page[UsageLine]:
    """The counts in the time of each of the partner's associations (R-197), `limit` of these a page. Raises InvalidInput."""
    page = await _associations(world, partner, wanted, limit, after)
    lines = [
        UsageLine(seen.tenure, snapshot)
        for seen in page.lines
        for snapshot in own_snapshots(seen.history, seen.tenures, seen.tenure)
        if (wanted.since is None or wanted.since <= snapshot.date) and (wanted.until is None or snapshot.date <= wanted.until)
    ]
    return Page(tuple(lines), page.next)


async def impacts(world: MoneyWorld, partner: Partner, wanted: Wanted, limit: int, after: str | None) -> Page[ImpactLine]:
    """What each of the partner's associations did to use (R-198), of `limit` associations a page. Raises InvalidInput."""
    page = await _associations(world, partner, wanted, limit, after)
    return Page(tuple(_impact_of(world, seen) for seen in page.lines), page.next)


async def opportunities(world: MoneyWorld, partner: Partner, wanted: Wanted) -> tuple[OpportunityLine, ...]:
    """What the partner's standing associations could earn next, the most money first (R-196). Raises TooMany, InvalidInput."""
    today, enrolments = world.clock.now().date(), KnownEnrolments(world)
    found = []
    for seen in [each async for each in _standing(world, partner, wanted)]:
        known = await enrolments.of(tenure.partner_id for tenure in seen.tenures)
        for versions in world.programmes.all_versions():
            enrolled = enrolled_in(versions.programme_id, seen.tenures, known)
            opportunity = next_opportunity(versions, seen.history, seen.tenures, seen.tenure, today, enrolled)
            if opportunity is not None:
                found.append(OpportunityLine(seen.tenure, opportunity))
    return tuple(sorted(found, key=lambda line: (by_value(line.opportunity), line.tenure.association_id)))


async def _standing(world: MoneyWorld, partner: Partner, wanted: Wanted) -> AsyncIterator[_Seen]:
    after, associations = None, 0
    while True:
        page = await world.partners.associations_of(partner.partner_id, _filter(wanted, is_standing=True), _A_PAGE, after)
        associations += len(page.items)
        if associations > MOST_OPPORTUNITIES:
            raise TooMany
        for seen in await _seen(world, page.items):
            yield seen
        if page.next is None:
            return
        after = page.next


async def _associations(world: MoneyWorld, partner: Partner, wanted: Wanted, limit: int, after: str | None) -> Page[_Seen]:
    """One page of the partner's associations, standing and ended, whatever their claims wait for."""
    page = await world.partners.associations_of(partner.partner_id, _filter(wanted), limit, after)
    return Page(await _seen(world, page.items), page.next)


async def _seen(world: MoneyWorld, items: Sequence[AssociationItem]) -> tuple[_Seen, ...]:
    at_once = asyncio.Semaphore(_READS_AT_ONCE)

    async def read(item: AssociationItem) -> _Seen | None:
        listed = item.association
        async with at_once:
            account = await world.ledger.account(listed.tenant_id, listed.workload)
        # The list is a copy; the tenure's row has the last word.
        tenure = next((each.tenure for each in account.tenures if each.tenure.association_id == listed.association_id), None)
        return None if tenure is None else _Seen(tenure, account, item.programme_id)

    found = await asyncio.gather(*(read(item) for item in items))
    return tuple(each for each in found if each is not None)


def _filter(wanted: Wanted, *, is_standing: bool | None = None) -> AssociationFilter:
    """Raises InvalidInput for a tenant id that is none."""
    return AssociationFilter(
        tenant_id=None if wanted.tenant_id is None else tenant_id(wanted.tenant_id),
        scope=None if wanted.workload is None else WORKLOAD_SCOPE + wanted.workload,
        is_standing=is_standing,
    )


def _impact_of(world: MoneyWorld, seen: _Seen) -> ImpactLine:
    earned: dict[str, int] = {}
    for line in seen.account.usage.booked.lines if seen.account.usage is not None else ():
        if line.stands and line.claim_id == seen.tenure.claim_id:
            earned[line.currency] = earned.get(line.currency, 0) + line.amount_minor
    versions = world.programmes.versions(seen.programme_id)
    return ImpactLine(seen.tenure, impact(versions, seen.history, seen.tenures, seen.tenure), earned)
