"""What partners see of use: counts, what an association did to them, and what could be earned next; as JSON and as tables."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Final, Self

from functions.csv_view import Cell
from functions.wire import Wire
from functions.wire.earnings import REASONS
from functions.wire.money import MoneyOut
from shared.domain.currency import decimal_amount
from shared.domain.explain import Reason
from shared.domain.opportunity import usage_hundredths
from shared.domain.usage import Snapshot
from shared.usecases.usage_views import ImpactLine, OpportunityLine, Page, UsageLine


class UsageOut(Wire):
    """The counts of one day in the time of one association. `usagePercent` is cut to two digits, never rounded up."""

    association_id: str
    claim_id: str
    tenant_id: str
    workload: str
    date: date
    mau: int
    seats: int
    usage_percent: float | None
    exported_at: datetime

    @classmethod
    def of(cls, line: UsageLine) -> Self:
        tenure, snapshot = line.tenure, line.snapshot
        return cls(
            association_id=tenure.association_id,
            claim_id=tenure.claim_id,
            tenant_id=tenure.tenant_id,
            workload=tenure.workload,
            date=snapshot.date,
            mau=snapshot.mau,
            seats=snapshot.pau,
            usage_percent=_percent(snapshot),
            exported_at=snapshot.rank.exported_at,
        )


class UsagePageOut(Wire):
    """A page of counts, by association and day. It may be empty although a next one follows."""

    value: list[UsageOut]
    next_link: str | None

    @classmethod
    def of(cls, page: Page[UsageLine], next_link: str | None) -> Self:
        return cls(value=[UsageOut.of(line) for line in page.lines], next_link=next_link)


class CountsOut(Wire):
    """Two counts of one day."""

    date: date
    mau: int
    seats: int
    usage_percent: float | None

    @classmethod
    def of(cls, snapshot: Snapshot) -> Self:
        return cls(date=snapshot.date, mau=snapshot.mau, seats=snapshot.pau, usage_percent=_percent(snapshot))


class ImpactOut(Wire):
    """What one association did to use, from the highest use before its claim to the latest; and what it has earned so far."""

    association_id: str
    claim_id: str
    tenant_id: str
    workload: str
    active_from: datetime
    ended_at: datetime | None
    baseline: int | None
    first: CountsOut | None
    latest: CountsOut | None
    highest_mau: int | None
    users_gained: int | None
    earned: list[MoneyOut]

    @classmethod
    def of(cls, line: ImpactLine) -> Self:
        tenure, impact = line.tenure, line.impact
        return cls(
            association_id=tenure.association_id,
            claim_id=tenure.claim_id,
            tenant_id=tenure.tenant_id,
            workload=tenure.workload,
            active_from=tenure.active_from,
            ended_at=tenure.ended_at,
            baseline=impact.baseline if impact else None,
            first=CountsOut.of(impact.first) if impact else None,
            latest=CountsOut.of(impact.latest) if impact else None,
            highest_mau=impact.highest_mau if impact else None,
            users_gained=impact.users_gained if impact else None,
            earned=[MoneyOut(amount_minor=minor, currency=name) for name, minor in sorted(line.earned.items())],
        )


class ImpactPageOut(Wire):
    """A page of associations. It may be empty although a next one follows."""

    value: list[ImpactOut]
    next_link: str | None

    @classmethod
    def of(cls, page: Page[ImpactLine], next_link: str | None) -> Self:
        return cls(value=[ImpactOut.of(line) for line in page.lines], next_link=next_link)


class OpportunityOut(Wire):
    """The next milestone of an association: so many more users at the latest seats would earn `potential`.

    `expectedOn` is when the recent trend gets there; it is absent while use does not grow, or grows too slowly for the term.
    """

    association_id: str
    claim_id: str
    tenant_id: str
    workload: str
    programme_id: str
    milestone: str
    threshold: int
    size: str
    baseline: int | None
    latest: CountsOut
    users_missing: int
    potential: MoneyOut
    expected_on: date | None
    reason_code: Reason
    message: str

    @classmethod
    def of(cls, line: OpportunityLine) -> Self:
        tenure, found = line.tenure, line.opportunity
        return cls(
            association_id=tenure.association_id,
            claim_id=tenure.claim_id,
            tenant_id=tenure.tenant_id,
            workload=tenure.workload,
            programme_id=found.programme_id,
            milestone=found.milestone_id,
            threshold=found.threshold,
            size=found.size,
            baseline=found.baseline,
            latest=CountsOut.of(found.latest),
            users_missing=found.users_missing,
            potential=MoneyOut(amount_minor=found.amount_minor, currency=found.currency),
            expected_on=found.expected_on,
            reason_code=found.reason,
            message=REASONS[found.reason].message,
        )


class OpportunitiesOut(Wire):
    """All of them, the most money first."""

    value: list[OpportunityOut]

    @classmethod
    def of(cls, lines: Iterable[OpportunityLine]) -> Self:
        return cls(value=[OpportunityOut.of(line) for line in lines])


USAGE_COLUMNS: Final = ("claimId", "customerTenantId", "workload", "date", "mau", "seats", "exportedAt")
IMPACT_COLUMNS: Final = (
    *("claimId", "customerTenantId", "workload", "activeFrom", "endedAt", "baseline"),
    *("firstDate", "firstMau", "firstSeats", "latestDate", "latestMau", "latestSeats", "highestMau", "usersGained"),
    *("earningAmount", "currency"),
)
OPPORTUNITY_COLUMNS: Final = (
    *("claimId", "customerTenantId", "workload", "milestone", "size", "baseline", "mau", "seats"),
    *("usersMissing", "earningAmount", "currency", "expectedDate", "reasonCode"),
)


def usage_table(lines: Iterable[UsageLine]) -> Iterable[Sequence[Cell]]:
    """The lines as rows under `USAGE_COLUMNS`."""
    for line in lines:
        tenure, each = line.tenure, line.snapshot
        yield tenure.claim_id, tenure.tenant_id, tenure.workload, each.date, each.mau, each.pau, each.rank.exported_at


def impact_table(lines: Iterable[ImpactLine]) -> Iterable[Sequence[Cell]]:
    """The lines as rows under `IMPACT_COLUMNS`; an association that earned in several currencies has a row for each."""
    for line in lines:
        tenure, impact = line.tenure, line.impact
        counts: list[Cell] = [None] * 9
        if impact is not None:
            first, latest = impact.first, impact.latest
            counts = [impact.baseline, first.date, first.mau, first.pau, latest.date, latest.mau, latest.pau]
            counts += [impact.highest_mau, impact.users_gained]
        for currency, minor in sorted(line.earned.items()) or [("", 0)]:
            amount = decimal_amount(minor, currency) if currency else None
            about = tenure.claim_id, tenure.tenant_id, tenure.workload, tenure.active_from, tenure.ended_at
            yield (*about, *counts, amount, currency)


def opportunity_table(lines: Iterable[OpportunityLine]) -> Iterable[Sequence[Cell]]:
    """The lines as rows under `OPPORTUNITY_COLUMNS`."""
    for line in lines:
        tenure, found = line.tenure, line.opportunity
        yield (
            tenure.claim_id,
            tenure.tenant_id,
            tenure.workload,
            found.milestone_id,
            found.size,
            found.baseline,
            found.latest.mau,
            found.latest.pau,
            found.users_missing,
            decimal_amount(found.amount_minor, found.currency),
            found.currency,
            found.expected_on,
            str(found.reason),
        )


def _percent(snapshot: Snapshot) -> float | None:
    hundredths = usage_hundredths(snapshot)
    return None if hundredths is None else hundredths / 100
