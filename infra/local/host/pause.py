"""Waiting that ends early when the host is told to stop."""

import asyncio


async def pause(stopping: asyncio.Event, seconds: float) -> bool:
    """Wait, but not beyond the moment the host stops; tells whether it is stopping."""
    try:
        await asyncio.wait_for(stopping.wait(), seconds)
    except TimeoutError:
        return False
    return True
