"""Many small pieces of work at once, but not too many: a store answers hundreds of callers, a worker has one network card."""

import asyncio
from collections.abc import Awaitable, Iterable


async def together(at_once: int, works: Iterable[Awaitable[object]]) -> None:
    """Waits for all of them, `at_once` at a time, and then raises the first failure: nothing goes on unseen behind an error."""
    limit = asyncio.Semaphore(at_once)

    async def limited(work: Awaitable[object]) -> None:
        async with limit:
            await work

    results = await asyncio.gather(*(limited(work) for work in works), return_exceptions=True)
    for result in results:
        if result is not None:
            raise result
