"""A partner's query about an entry of its earnings: asked once, within 30 days, and answered once by an operator."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from shared.domain.accounts import Posting
from shared.domain.errors import DomainError, NotFound, TooLate

QUERY_DAYS: Final = 30
"""So long after it was booked an entry can be queried (R-177); the last day belongs to the partner."""


@dataclass(frozen=True, slots=True)
class EarningQuery:
    """What the partner asks, and what it was answered; the three last are None until then."""

    earning_id: str
    partner_id: str
    words: str
    asked_at: datetime
    answer: str | None = None
    answered_by: str | None = None
    answered_at: datetime | None = None


class QueryExists(DomainError):
    """An entry is queried once."""

    code = "query_exists"

    def __init__(self) -> None:
        super().__init__("You have queried this entry before, in other words.")


class QueryAnswered(DomainError):
    """A query is answered once."""

    code = "query_answered"

    def __init__(self) -> None:
        super().__init__("This query was answered before, in other words.")


def ask(posting: Posting, words: str, now: datetime) -> EarningQuery:
    """The query about this posting. Raises NotFound for what is no entry of the ledger, TooLate."""
    if posting.booked is None:
        raise NotFound
    last_day = posting.booked.booked_at.date() + timedelta(days=QUERY_DAYS)
    if now.date() > last_day:
        raise TooLate(f"This entry could be queried until {last_day.isoformat()}.")
    return EarningQuery(posting.posting_id, posting.partner_id, words, now)


def answer(query: EarningQuery, words: str, operator: str, now: datetime) -> EarningQuery:
    """The query, answered; the same answer again changes nothing. Raises QueryAnswered."""
    if query.answer is None:
        return replace(query, answer=words, answered_by=operator, answered_at=now)
    if query.answer != words:
        raise QueryAnswered
    return query
