"""A person is forgotten, and everything that must be proved still can be."""

from shared.adapters import names
from shared.domain.claim import status
from shared.domain.identity import bucket_of
from shared.domain.lifecycle import Status
from shared.domain.timeline import is_intact
from shared.usecases.erasure import Erased, erase
from tests.usecases.portrait import portrait
from tests.usecases.steps import BOTH, active, clicks
from tests.usecases.system import CLAIM_ID, DOMAIN, TENANT, System, current, under_review

ADA = f"ada@{DOMAIN}"


async def test_a_person_is_forgotten_and_the_chain_still_verifies(system: System) -> None:
    """R-82, R-228: neither name, address nor a typed word is left in any row; a second time finds nothing."""
    await under_review(system)
    await clicks(system, BOTH, "Ada Kowalski says yes.")(system.world)
    await system.settle()
    tenures = (await current(system)).tenures
    assert "Ada Kowalski" in repr(await system.rows(names.RECORDS, bucket_of(TENANT)))
    assert await erase(system.world, TENANT, ADA.upper()) == Erased(1, 1)
    assert await erase(system.world, TENANT, ADA) == Erased(0, 0)
    dump = repr(await system.rows(names.RECORDS, bucket_of(TENANT)))
    assert [word for word in ("Ada", ADA, "says yes") if word in dump] == []
    claim = await current(system)
    entries = await system.world.records.timeline(CLAIM_ID)
    assert is_intact(entries, claim.head)
    assert claim.tenures == tenures


async def test_an_association_outlives_the_person_who_agreed_to_it(system: System) -> None:
    """R-228: and a mail that cannot be written any more fails where the partner sees it."""
    await active(system)
    await erase(system.world, TENANT, ADA)
    await clicks(system, dict.fromkeys(BOTH, False))(system.world)
    await system.recover()
    drawn = await portrait(system)
    assert status(await current(system)) is Status.ENDED
    assert ("association_ended", "failed") in drawn.fates


async def test_nobody_else_is_forgotten(system: System) -> None:
    """R-228"""
    await under_review(system)
    assert await erase(system.world, TENANT, f"bea@{DOMAIN}") == Erased(0, 0)
    assert (await system.world.records.person(TENANT, (await current(system)).contact_id)).address == ADA
