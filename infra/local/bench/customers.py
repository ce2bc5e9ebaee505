"""Customers made up for the benchmark: the same every time, some of them earning, some changing hands, some nobody's."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import batched, count
from typing import Final
from uuid import UUID

from shared.domain.association import Association, EndReason, close
from shared.domain.evaluation import Tally
from shared.domain.identity import bucket_of
from shared.domain.ledger import BookedSummary
from shared.domain.usage import Snapshot, UsageHistory, pack, rank_of, unpack, unpacked
from shared.ports.money import StoredTenure, StoredUsage

MONTH_ENDS: Final = tuple(date(2026, month, 28) for month in range(1, 11))
EXPORTED: Final = rank_of(datetime(2026, 11, 2, tzinfo=UTC), "0" * 12)
PARTNERS: Final = tuple(f"50{n:05}" for n in range(50))
A_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Customer:
    """One customer's workload: who held it when, and ten months of counts."""

    tenures: tuple[Association, ...]
    history: UsageHistory


def tenants(number: int) -> list[str]:
    """So many tenants, sorted."""
    return sorted(str(UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128)) for n in range(1, number + 1))


def tenants_in(buckets: Sequence[str], number: int) -> Iterator[str]:
    """So many tenants of these buckets, in no order."""
    wanted, found = set(buckets), 0
    for n in count(1):
        tenant = str(UUID(int=n * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128))
        if bucket_of(tenant) in wanted:
            yield tenant
            found += 1
        if found == number:
            return


def customer(number: int, tenant: str) -> Customer:
    """Every fifth changes hands in May, every third outgrows its mark, every seventh has no baseline."""
    claim = f"{tenant[:8]}-{number:020d}"
    begun = datetime(2026, 3, 1 + number % 28, 12, tzinfo=UTC)
    changes_hands = number % 5 == 0
    passed_on = datetime(2026, 5, 10, 12, tzinfo=UTC)
    partner, other = PARTNERS[number % 50], PARTNERS[(number + 1) % 50]
    first = Association(tenant, "workload:teams", claim + "a", partner, begun, begun)
    if changes_hands:
        first = close(first, passed_on, EndReason.CONTEST_LOST)
    second = Association(tenant, "workload:teams", claim + "b", other, passed_on, passed_on + timedelta(days=1))
    seats = (120, 500, 1_000, 1_500, 6_000, 30_000)[number % 6]
    growth = 0 if number % 3 else number % 13
    days = MONTH_ENDS[3:] if number % 7 == 0 else MONTH_ENDS
    snapshots = (Snapshot(day, seats * (10 + growth * month) // 100, seats, EXPORTED) for month, day in enumerate(days))
    return Customer((first, second) if changes_hands else (first,), UsageHistory(tenant, "teams", tuple(snapshots)))


def customers(number: int) -> Iterator[Customer]:
    return (customer(n, tenant) for n, tenant in enumerate(tenants(number)))


def tenure_pages(every: Sequence[Customer]) -> Iterator[list[StoredTenure]]:
    """Pages as the store gives them."""
    rows = (StoredTenure(tenure, "etag") for each in every for tenure in each.tenures)
    return (list(page) for page in batched(rows, A_PAGE, strict=False))


def usage_pages(every: Sequence[Customer]) -> Iterator[list[StoredUsage]]:
    rows = (StoredUsage(each.history, BookedSummary(), "", Tally(), "etag") for each in every)
    return (list(page) for page in batched(rows, A_PAGE, strict=False))


def decoded_usage_pages(packed: Sequence[tuple[str, str]]) -> Iterator[list[StoredUsage]]:
    """Pages whose histories are unpacked as they are asked for, so that none is there before."""
    rows = (StoredUsage(unpacked(unpack(tenant, "teams", text)), BookedSummary(), "", Tally(), "etag") for tenant, text in packed)
    return (list(page) for page in batched(rows, A_PAGE, strict=False))


def packed(every: Sequence[Customer]) -> list[tuple[str, str]]:
    return [(each.history.tenant_id, pack(each.history)) for each in every]
