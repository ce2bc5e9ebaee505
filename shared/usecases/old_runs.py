"""Runs, trials and reconciliations that nobody asks for any more: what they told is deleted, what they booked stays.

Safe to run twice and after a crash anywhere: what is left of a run is found again, and what is gone is not looked for.
"""

from datetime import timedelta
from typing import Final

from shared.ports.world import MoneyWorld

KEPT_FOR: Final = timedelta(days=92)
"""A quarter: so long somebody may ask how a night went."""

_MOST_A_NIGHT: Final = 50


async def forget_old_runs(world: MoneyWorld) -> int:
    """Deletes evaluation runs, trials and reconciliations that began longer ago, some a night (R-362); how many.

    Raises StoreUnavailable.
    """
    before = world.clock.now() - KEPT_FOR
    return await world.run_book.forget(before, _MOST_A_NIGHT) + await world.audit.forget(before, _MOST_A_NIGHT)
