"""Tenures meet usage: a merge-join of two sorted streams of pages, in one pass and the memory of some pages.

Each stream is read once, and usage only as far as tenures need it; a stream out of order is detected, never joined wrongly. Pages
are cut at the same keys and joined as plain lists: waiting for every single row would cost more than all the rest.
What a group earns is `earning`'s business.
"""

from bisect import bisect_left, bisect_right
from collections.abc import AsyncIterator, Callable, Sequence
from itertools import pairwise
from operator import le, lt
from typing import Final

# A key is (tenant, workload). No tenant id sorts before the first.
type Key = tuple[str, str]
_START: Final = ("", "")

type Group[T, U] = tuple[list[T], U | None]
"""All tenures of one (customer, workload), in their order, and its usage, None if there is none."""


class Disorder(ValueError):
    """A stream did not come in key order: the store or an adapter is broken, and joining on would pay the wrong people."""


async def join[T, U](
    tenures: AsyncIterator[Sequence[T]],
    usage_from: Callable[[T], AsyncIterator[Sequence[U]]],
    tenure_key: Callable[[T], Key],
    usage_key: Callable[[U], Key],
) -> AsyncIterator[list[Group[T, U]]]:
    """The groups that have at least one tenure, in key order, as many at a time as two pages hold. Raises Disorder.

    Tenures come sorted by their key, usage too and each key once. Usage is asked for from the first tenure on; without one it is
    not asked for.
    """
    held, used = _Stream(tenures, tenure_key), _Stream[U](_nothing(), usage_key)
    while True:
        # The last key's tenures may go on in the next page.
        complete = len(held.items) if held.is_over else bisect_left(held.keys, held.keys[-1]) if held.items else 0
        if not complete:
            if held.is_over:
                return
            is_first = held.last == _START
            await held.read(may_repeat=True)
            if is_first and held.items:
                used = _Stream(usage_from(held.items[0]), usage_key)
        elif not used.items and not used.is_over:
            await used.read(may_repeat=False)
        else:
            limit = held.keys[complete - 1]
            if not used.is_over:
                limit = min(limit, used.keys[-1])
            keys, ready = held.take(bisect_right(held.keys, limit, hi=complete))
            yield _joined(keys, ready, *used.take(bisect_right(used.keys, limit)))


class _Stream[I]:
    """The part of a stream that was read and not taken yet, with its keys."""

    def __init__(self, pages: AsyncIterator[Sequence[I]], key: Callable[[I], Key]) -> None:
        self._pages = pages
        self._key = key
        self.items: list[I] = []
        self.keys: list[Key] = []
        self.last = _START
        self.is_over = False

    async def read(self, *, may_repeat: bool) -> None:
        page = await anext(self._pages, None)
        if page is None:
            self.is_over = True
            return
        keys = [self._key(item) for item in page]
        in_order = le if may_repeat else lt
        before = [self.last, *keys]
        if not all(map(in_order, before, keys)):
            raise Disorder(next(f"{after} after {last}" for last, after in pairwise(before) if not in_order(last, after)))
        self.items += page
        self.keys += keys
        self.last = keys[-1] if keys else self.last

    def take(self, number: int) -> tuple[list[Key], list[I]]:
        keys, items = self.keys[:number], self.items[:number]
        self.keys, self.items = self.keys[number:], self.items[number:]
        return keys, items


def _joined[T, U](
    tenure_keys: Sequence[Key], tenures: Sequence[T], usage_keys: Sequence[Key], usage: Sequence[U]
) -> list[Group[T, U]]:
    used = dict(zip(usage_keys, usage, strict=True))
    groups: list[Group[T, U]] = []
    current: Key | None = None
    for key, tenure in zip(tenure_keys, tenures, strict=True):
        if key == current:
            groups[-1][0].append(tenure)
        else:
            current = key
            groups.append(([tenure], used.get(key)))
    return groups


async def _nothing[I]() -> AsyncIterator[Sequence[I]]:
    empty: tuple[Sequence[I], ...] = ()
    for page in empty:
        yield page
