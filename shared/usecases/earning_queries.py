"""A partner queries an entry of its earnings, an operator answers. Safe to run twice: each is written once, and found again."""

import re
from typing import Final

from shared.domain import earning_query
from shared.domain.earning_query import EarningQuery, QueryExists
from shared.domain.errors import BusyRecord, NotFound
from shared.domain.partner import Partner
from shared.ports.earning_queries import StoredQuery
from shared.ports.failures import StaleRecord, StoreUnavailable
from shared.ports.world import MoneyWorld

_ATTEMPTS: Final = 8
# Anything else is no entry of ours, and may not even be a key.
_ID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{20}\.[a-z0-9.-]{1,200}")


async def ask(world: MoneyWorld, partner: Partner, earning_id: str, words: str) -> EarningQuery:
    """Raises NotFound for an entry that is not the partner's, TooLate, QueryExists."""
    posting = await world.accounts.posting(partner.partner_id, _checked(earning_id))
    if posting is None:
        raise NotFound
    known = await world.earning_queries.load(earning_id)
    stands = known.query if known is not None else None
    if stands is None:
        stands = await world.earning_queries.ask(earning_query.ask(posting, words, world.clock.now()))
    if stands.words != words:
        raise QueryExists
    return stands


async def read(world: MoneyWorld, partner: Partner, earning_id: str) -> EarningQuery:
    """The partner's own query with its answer. Raises NotFound."""
    query = (await _stored(world, earning_id)).query
    if query.partner_id != partner.partner_id:
        raise NotFound
    return query


async def waiting(world: MoneyWorld) -> tuple[EarningQuery, ...]:
    """The queries that nobody has answered, the oldest first."""
    unanswered = [each for each in await world.earning_queries.all() if each.answer is None]
    return tuple(sorted(unanswered, key=lambda each: each.asked_at))


async def answer(world: MoneyWorld, earning_id: str, words: str, operator: str) -> EarningQuery:
    """Raises NotFound, QueryAnswered, BusyRecord."""
    for _ in range(_ATTEMPTS):
        stored = await _stored(world, earning_id)
        answered = earning_query.answer(stored.query, words, operator, world.clock.now())
        if answered == stored.query:
            return answered
        try:
            await world.earning_queries.answer(stored, answered)
        except (StaleRecord, StoreUnavailable):
            continue
        return answered
    raise BusyRecord


async def _stored(world: MoneyWorld, earning_id: str) -> StoredQuery:
    stored = await world.earning_queries.load(_checked(earning_id))
    if stored is None:
        raise NotFound
    return stored


def _checked(earning_id: str) -> str:
    if not _ID.fullmatch(earning_id):
        raise NotFound
    return earning_id
