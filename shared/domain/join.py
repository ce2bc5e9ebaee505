"""Tenures meet usage: a merge-join of two sorted streams, in one pass and constant memory.

Each stream is read once, to its end only as far as the other needs it; a stream out of order is detected, never joined wrongly.
What a group earns is `earning`'s business.
"""

from collections.abc import AsyncIterable, AsyncIterator, Iterable, Iterator
from typing import Final, NamedTuple

from shared.domain.association import WORKLOAD_SCOPE, Association
from shared.domain.usage import UsageHistory

# A key is (tenant, workload). No tenant id sorts before the first or behind the second.
type _Key = tuple[str, str]
_START: Final = ("", "")
_END: Final = ("\U0010ffff", "")
_PREFIX: Final = len(WORKLOAD_SCOPE)


class Group(NamedTuple):
    """All tenures of one (customer, workload), by beginning, and its usage, None if there is none."""

    tenant_id: str
    workload: str
    tenures: list[Association]
    history: UsageHistory | None


class Disorder(ValueError):
    """A stream did not come in key order: the store or an adapter is broken, and joining on would pay the wrong people."""


def join(associations: Iterable[Association], histories: Iterable[UsageHistory]) -> Iterator[Group]:
    """The groups that have at least one tenure, in key order.

    Associations, of workload scopes only, come sorted by (tenant, scope, active_from), histories by (tenant, workload), each
    history once. Raises Disorder.
    """
    usage = iter(histories)
    history = next(usage, None)
    at = _key(history)
    for key, tenures in _tenures(associations):
        while at < key:
            before = at
            history = next(usage, None)
            at = (history.tenant_id, history.workload) if history is not None else _END
            if at <= before:
                raise Disorder(f"usage of {at} after {before}")
        yield Group(key[0], key[1], tenures, history if at == key else None)


async def join_streams(associations: AsyncIterable[Association], histories: AsyncIterable[UsageHistory]) -> AsyncIterator[Group]:
    """`join` for streams that are read from a store while they are joined; the same loop, because neither can call the other."""
    usage = aiter(histories)
    history = await anext(usage, None)
    at = _key(history)
    async for key, tenures in _tenures_of_stream(associations):
        while at < key:
            before = at
            history = await anext(usage, None)
            at = (history.tenant_id, history.workload) if history is not None else _END
            if at <= before:
                raise Disorder(f"usage of {at} after {before}")
        yield Group(key[0], key[1], tenures, history if at == key else None)


def _tenures(associations: Iterable[Association]) -> Iterator[tuple[_Key, list[Association]]]:
    tenures: list[Association] = []
    tenant = scope = ""
    key = _START
    for association in associations:
        if association.scope == scope and association.tenant_id == tenant:
            if association.active_from < tenures[-1].active_from:
                raise Disorder(f"tenures of {key}")
            tenures.append(association)
            continue
        if tenures:
            yield key, tenures
        tenant, scope, tenures = association.tenant_id, association.scope, [association]
        before, key = key, (tenant, scope[_PREFIX:])
        if key <= before:
            raise Disorder(f"tenures of {key} after {before}")
    if tenures:
        yield key, tenures


async def _tenures_of_stream(associations: AsyncIterable[Association]) -> AsyncIterator[tuple[_Key, list[Association]]]:
    tenures: list[Association] = []
    tenant = scope = ""
    key = _START
    async for association in associations:
        if association.scope == scope and association.tenant_id == tenant:
            if association.active_from < tenures[-1].active_from:
                raise Disorder(f"tenures of {key}")
            tenures.append(association)
            continue
        if tenures:
            yield key, tenures
        tenant, scope, tenures = association.tenant_id, association.scope, [association]
        before, key = key, (tenant, scope[_PREFIX:])
        if key <= before:
            raise Disorder(f"tenures of {key} after {before}")
    if tenures:
        yield key, tenures


def _key(history: UsageHistory | None) -> _Key:
    return (history.tenant_id, history.workload) if history is not None else _END
