"""The merge-join loses no tenure, invents no usage, reads no page it does not need, and refuses a stream that is out of order."""

from collections.abc import AsyncIterator, Iterable, Sequence
from itertools import batched

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.join import Disorder, Group, Key, join

type Held = tuple[str, str, int]
type Used = tuple[str, str]

KEYS = st.tuples(st.sampled_from("abcd"), st.sampled_from(["exchange", "office", "teams"]))
SIZES = st.integers(1, 4)


class Pages[I]:
    """A stream of pages, some of them empty, that counts how many were read."""

    def __init__(self, items: Iterable[I], size: int, empty_every: int = 3) -> None:
        self.read = 0
        self._pages: list[Sequence[I]] = []
        for number, page in enumerate(batched(items, size, strict=False)):
            if number % empty_every == 0:
                self._pages.append([])
            self._pages.append(list(page))

    async def __aiter__(self) -> AsyncIterator[Sequence[I]]:
        for page in self._pages:
            self.read += 1
            yield page


def held_key(held: Held) -> Key:
    return held[0], held[1]


def used_key(used: Used) -> Key:
    return used


async def joined(tenures: Pages[Held], usage: Pages[Used]) -> list[Group[Held, Used]]:
    def usage_from(first: Held) -> AsyncIterator[Sequence[Used]]:
        asked.append(first)
        return aiter(usage)

    asked: list[Held] = []
    found = [group async for groups in join(aiter(tenures), usage_from, held_key, used_key) for group in groups]
    assert len(asked) <= 1
    return found


@given(st.lists(st.tuples(KEYS, st.integers(1, 28)), max_size=14), st.sets(KEYS), SIZES, SIZES)
async def test_the_join_is_what_looking_up_every_tenure_would_find(
    tenures: list[tuple[tuple[str, str], int]], used: set[tuple[str, str]], tenures_a_page: int, usage_a_page: int
) -> None:
    """R-75: wherever pages end, also in the middle of one customer's tenures."""
    held: list[Held] = sorted((*key, day) for key, day in tenures)
    plain: list[Group[Held, Used]] = []
    for key in sorted({key for key, _ in tenures}):
        mine = [each for each in held if held_key(each) == key]
        plain.append((mine, key if key in used else None))
    assert await joined(Pages(held, tenures_a_page), Pages(sorted(used), usage_a_page)) == plain


DISORDERS: dict[str, tuple[list[Held], list[Used]]] = {
    "tenant": ([("b", "teams", 1), ("a", "teams", 1)], []),
    "workload": ([("a", "teams", 1), ("a", "exchange", 1)], []),
    "a key that comes back": ([("a", "teams", 1), ("b", "teams", 1), ("a", "teams", 2)], []),
    "usage tenant": ([("c", "teams", 1)], [("b", "teams"), ("a", "teams")]),
    "usage workload": ([("c", "teams", 1)], [("a", "teams"), ("a", "exchange")]),
    "usage twice": ([("c", "teams", 1)], [("a", "teams"), ("a", "teams")]),
}


@pytest.mark.parametrize("size", [1, 2, 9])
@pytest.mark.parametrize("disorder", DISORDERS)
async def test_disorder_is_detected(disorder: str, size: int) -> None:
    """R-75"""
    held, used = DISORDERS[disorder]
    with pytest.raises(Disorder):
        await joined(Pages(held, size), Pages(used, size))


async def test_usage_behind_the_last_tenure_is_not_read() -> None:
    """R-95"""
    usage = Pages([(tenant, "teams") for tenant in "abcdefgh"], 2, empty_every=99)
    assert await joined(Pages([("b", "teams", 1), ("c", "teams", 1)], 2), usage) == [
        ([("b", "teams", 1)], ("b", "teams")),
        ([("c", "teams", 1)], ("c", "teams")),
    ]
    assert usage.read <= 3


async def test_without_a_tenure_no_usage_is_asked_for() -> None:
    """R-95"""
    usage = Pages([("a", "teams")], 1)
    assert await joined(Pages[Held]([], 1), usage) == []
    assert usage.read == 0


async def test_memory_holds_some_pages_however_long_the_streams_are() -> None:
    """R-75"""
    most = 0
    tenures = Pages([(f"{n:05}", "teams", 1) for n in range(2_000)], 10, empty_every=99)
    usage = Pages([(f"{n:05}", "teams") for n in range(6_000)], 10, empty_every=999)
    async for groups in join(aiter(tenures), lambda _: aiter(usage), held_key, used_key):
        most = max(most, len(groups))
        assert abs(tenures.read - usage.read) <= 5
    assert most <= 20
