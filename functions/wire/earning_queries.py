"""Queries about earnings on the wire."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from functions.wire import Wire, Words
from shared.domain.earning_query import EarningQuery


class QueryIn(Wire):
    """What is to be said: the query, or its answer."""

    words: Words


class QueryOut(Wire):
    earning_id: str
    partner_id: str
    words: str
    asked_at: datetime
    answer: str | None
    answered_at: datetime | None

    @classmethod
    def of(cls, query: EarningQuery) -> Self:
        return cls(
            earning_id=query.earning_id,
            partner_id=query.partner_id,
            words=query.words,
            asked_at=query.asked_at,
            answer=query.answer,
            answered_at=query.answered_at,
        )


class QueriesOut(Wire):
    value: list[QueryOut]

    @classmethod
    def of(cls, queries: Iterable[EarningQuery]) -> Self:
        return cls(value=[QueryOut.of(each) for each in queries])
