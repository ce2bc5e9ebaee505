"""The merge-join loses no tenure, invents no usage, and refuses a stream that is out of order."""

from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.association import Association
from shared.domain.join import Disorder, Group, join, join_streams
from shared.domain.usage import UsageHistory
from tests.domain.earning_builders import tenure

keys = st.tuples(st.sampled_from("abcd"), st.sampled_from(["exchange", "office", "teams"]))


def held(tenant: str, workload: str, day: str = "2026-02-01", claim: str = "claim-a") -> Association:
    return replace(tenure(day, claim=claim), tenant_id=tenant, scope=f"workload:{workload}")


async def stream[T](items: Iterable[T]) -> AsyncIterator[T]:
    for item in items:
        yield item


def in_order(associations: Iterable[Association]) -> list[Association]:
    return sorted(associations, key=lambda each: (each.tenant_id, each.scope, each.active_from))


@given(st.lists(st.tuples(keys, st.integers(1, 28))), st.sets(keys))
async def test_the_join_is_what_looking_up_every_tenure_would_find(
    tenures: list[tuple[tuple[str, str], int]], used: set[tuple[str, str]]
) -> None:
    """R-75"""
    associations = in_order(held(*key, day=f"2026-02-{day:02}") for key, day in tenures)
    histories = [UsageHistory(*key) for key in sorted(used)]
    plain = [
        Group(*key, [a for a in associations if (a.tenant_id, a.workload) == key], UsageHistory(*key) if key in used else None)
        for key in sorted({key for key, _ in tenures})
    ]
    assert list(join(associations, histories)) == plain
    assert [group async for group in join_streams(stream(associations), stream(histories))] == plain


DISORDERS: dict[str, tuple[list[Association], list[UsageHistory]]] = {
    "tenant": ([held("b", "teams"), held("a", "teams")], []),
    "scope": ([held("a", "teams"), held("a", "exchange")], []),
    "beginning": ([held("a", "teams", "2026-02-02"), held("a", "teams", "2026-02-01")], []),
    "a key that comes back": ([held("a", "teams"), held("b", "teams"), held("a", "teams")], []),
    "two scopes of one workload": ([held("a", "teams"), replace(held("a", "teams"), scope="WORKLOAD:teams")], []),
    "usage tenant": ([held("c", "teams")], [UsageHistory("b", "teams"), UsageHistory("a", "teams")]),
    "usage workload": ([held("c", "teams")], [UsageHistory("a", "teams"), UsageHistory("a", "exchange")]),
    "usage twice": ([held("c", "teams")], [UsageHistory("a", "teams"), UsageHistory("a", "teams")]),
}


@pytest.mark.parametrize("disorder", DISORDERS)
async def test_disorder_is_detected(disorder: str) -> None:
    """R-75"""
    associations, histories = DISORDERS[disorder]
    with pytest.raises(Disorder):
        list(join(associations, histories))
    with pytest.raises(Disorder):
        [group async for group in join_streams(stream(associations), stream(histories))]


def test_one_group_is_ready_before_the_streams_are_read_further_than_the_next() -> None:
    """R-75"""
    read = []

    def watched() -> Iterator[Association]:
        for tenant in "abcdef":
            read.append(tenant)
            yield held(tenant, "teams")

    groups = join(watched(), (UsageHistory(tenant, "teams") for tenant in "abcdef"))
    assert next(groups).tenant_id == "a"
    assert read == ["a", "b"]
