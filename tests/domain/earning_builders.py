"""Builders for the money half: each states only what matters, the rest is an ordinary case in the first half of 2026."""

from dataclasses import replace
from datetime import UTC, date, datetime, time

from shared.domain.association import Association, EndReason
from shared.domain.policy import Policy
from shared.domain.programme import Milestone, Programme, Rate, Size, Workload
from shared.domain.usage import Rank, Snapshot, UsageHistory, rank_of

TENANT = "0f8fad5b-d9cb-469f-a165-70867728950e"
ANNA, BERT = "1000001", "2000002"

PROGRAMME = Programme(
    programme_id="spring",
    version=1,
    name="Spring",
    currency="EUR",
    first_day=date(2026, 1, 1),
    last_day=date(2026, 6, 30),
    workloads=(
        Workload("teams", "Microsoft Teams", (15, 40, 60), ("Teams", "MSTeams")),
        Workload("exchange", "Exchange Online", (15,), ("EXO",)),
    ),
    milestones=(
        Milestone("teams-15", "teams", 15),
        Milestone("teams-40", "teams", 40),
        Milestone("teams-60", "teams", 60),
        Milestone("exchange-15", "exchange", 15),
    ),
    sizes=(
        Size("XS", 10, 149, (15,)),
        Size("S", 150, 999, (15,)),
        Size("M", 1000, 4999, (15, 40)),
        Size("L", 5000, None, (15, 40, 60, 80)),
    ),
    rates=(
        Rate("XS", "teams", 15, 100),
        Rate("S", "teams", 15, 1_000),
        Rate("M", "teams", 15, 2_000),
        Rate("M", "teams", 40, 4_000),
        Rate("L", "teams", 15, 5_000),
        Rate("L", "teams", 40, 6_000),
        Rate("L", "teams", 60, 7_000),
        Rate("XS", "exchange", 15, 50),
        Rate("S", "exchange", 15, 500),
        Rate("M", "exchange", 15, 900),
        Rate("L", "exchange", 15, 1_900),
    ),
    minimum_seats=150,
    baseline_window_days=60,
    holding_days=30,
    correction_window_days=90,
    minimum_payout_minor=10_000,
    policy=Policy(),
    demo=("rates",),
)


def at(day: str, hour: int = 12) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(hour), UTC)


def export(day: str, file_hash: str = "0" * 12) -> Rank:
    return rank_of(at(day), file_hash)


def snapshot(day: str, mau: int, pau: int = 1000, exported: str | None = None) -> Snapshot:
    return Snapshot(date.fromisoformat(day), mau, pau, export(exported or day))


def history(*snapshots: Snapshot, workload: str = "teams") -> UsageHistory:
    return UsageHistory(TENANT, workload, tuple(sorted(snapshots, key=lambda each: each.date)))


def tenure(
    active_from: str = "2026-02-01",
    submitted: str | None = None,
    ended: str | None = None,
    partner: str = ANNA,
    claim: str = "claim-a",
) -> Association:
    """A tenure of Teams; submitted on the day it began unless told, and standing unless told."""
    begun = Association(TENANT, "workload:teams", claim, partner, at(submitted or active_from), at(active_from))
    return begun if ended is None else replace(begun, ended_at=at(ended), end_reason=EndReason.ENDED_BY_CUSTOMER)
