"""R-382: an id that can be none is answered as one that is not there, and no store is asked for it.

The emulator takes any key; Azure's own tables refuse some lengths and characters, with an error that is not "not found".
"""

from collections.abc import Awaitable, Callable

import pytest

from shared.bootstrap import AzureWorld
from shared.domain.errors import NotFound
from tests.faults import Faults
from tests.usecases.system import PARTNER, System

LOOK_UPS: dict[str, Callable[[AzureWorld, str], Awaitable[object]]] = {
    "a batch of claims": lambda world, job_id: world.batch_book.load(PARTNER.partner_id, job_id),
    "a dead letter": lambda world, job_id: world.dead_letters.letter(job_id),
    "an import": lambda world, job_id: world.import_book.load(job_id),
    "an evaluation": lambda world, job_id: world.run_book.load(job_id),
    "a trial": lambda world, job_id: world.trial_book.load(job_id),
    "a reconciliation": lambda world, job_id: world.audit.load(job_id),
}
STRANGE = ["x" * 2_000, "a/b", "a\\b", "a#b", "a?b", "a\nb", "%2F", "ä", "", " "]


@pytest.mark.parametrize("strange", STRANGE)
@pytest.mark.parametrize("look_up", LOOK_UPS.values(), ids=LOOK_UPS.keys())
async def test_an_id_that_can_be_none_is_never_looked_up(
    system: System, look_up: Callable[[AzureWorld, str], Awaitable[object]], strange: str
) -> None:
    """R-382"""
    counter = Faults()
    with pytest.raises(NotFound):
        await look_up(system.process(counter), strange)
    assert counter.trail == []


@pytest.mark.parametrize("look_up", LOOK_UPS.values(), ids=LOOK_UPS.keys())
async def test_an_id_that_can_be_one_is(system: System, look_up: Callable[[AzureWorld, str], Awaitable[object]]) -> None:
    """R-382"""
    counter = Faults()
    with pytest.raises(NotFound):
        await look_up(system.process(counter), "0fd6490e429795f3e3780e97")
    assert len(counter.trail) == 1


@pytest.mark.parametrize("strange", STRANGE)
async def test_an_address_that_can_be_none_is_on_no_list(system: System, strange: str) -> None:
    """R-382"""
    counter = Faults()
    assert await system.process(counter).suppressions.remove(strange) is False
    assert counter.trail == []
