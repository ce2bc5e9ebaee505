"""Contests on the wire."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Self

from functions.wire import Wire, Words
from functions.wire.claims import ClaimOut
from shared.domain import contest
from shared.domain.claim import Hold
from shared.ports.partners import ClaimItem
from shared.usecases.contests import Contest


class Winner(StrEnum):
    """For whom a contest is decided."""

    CHALLENGER = "challenger"
    INCUMBENT = "incumbent"


class ContestIn(Wire):
    """Why the scopes that another holds are this partner's: who did the work, when, and what shows it."""

    evidence: Words


class DecideIn(Wire):
    """A reviewer's decision, and why; the challenger reads the words."""

    winner: Winner
    words: Words
    confirm_contact: bool = False
    confirm_scan: bool = False


class ContestListed(Wire):
    """An open contest, as it was at `asOf`; it bears the id of the claim that contests."""

    contest_id: str
    partner_id: str
    tenant_id: str
    customer_name: str
    scopes: list[str]
    due_at: datetime | None
    as_of: datetime

    @classmethod
    def of(cls, item: ClaimItem) -> Self:
        return cls(
            contest_id=item.claim_id,
            partner_id=item.partner_id,
            tenant_id=item.tenant_id,
            customer_name=item.customer_name,
            scopes=[s.scope for s in item.scopes if s.hold is Hold.CONTESTED],
            due_at=item.due_at,
            as_of=item.as_of,
        )


class ContestsOut(Wire):
    value: list[ContestListed]

    @classmethod
    def of(cls, items: Iterable[ClaimItem]) -> Self:
        return cls(value=[ContestListed.of(item) for item in items])


class ContestOut(Wire):
    """Both sides of an open contest, as a reviewer sees them."""

    contest_id: str
    scopes: list[str]
    evidence: str | None
    challenger: ClaimOut
    incumbents: list[ClaimOut]

    @classmethod
    def of(cls, found: Contest) -> Self:
        return cls(
            contest_id=found.challenger.claim_id,
            scopes=sorted(contest.contested(found.challenger)),
            evidence=found.evidence,
            challenger=ClaimOut.of(found.challenger),
            incumbents=[ClaimOut.of(incumbent) for incumbent in found.incumbents],
        )
