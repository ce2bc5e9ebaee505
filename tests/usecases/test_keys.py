"""A key names one request: what it named before is answered as it was then, and nothing else is done under it."""

from uuid import uuid4

import pytest

from shared.adapters import recent_calls
from shared.adapters.recent_calls import WorkerCalls
from shared.domain.claim import Claim
from shared.domain.errors import ClaimIncomplete, KeyReused
from shared.ports.records import Call
from shared.ports.world import World
from shared.usecases import claims
from tests.faults import Faults
from tests.usecases.system import PARTNER, System, call, wanted


async def a_draft(world: World, key: str | None = None) -> Claim:
    """Of a customer of its own."""
    key = key or str(uuid4())
    return await claims.create_claim(world, PARTNER, wanted(tenant=str(uuid4())), key, Call(key, f"create {uuid4()}"))


def withdrawal(key: str, claim: Claim) -> Call:
    """As the edge makes it: the address is a part of what is asked."""
    return Call(key, f"withdraw {claim.claim_id}")


async def withdrawn(world: World, key: str, claim: Claim) -> Claim:
    return await claims.withdraw_claim(world, PARTNER, claim.claim_id, None, withdrawal(key, claim))


async def test_a_key_of_a_move_is_not_taken_for_another_customers_claim(system: System) -> None:
    """R-381: although that is kept in another place. To notice it costs nothing."""
    counter, key = Faults(), str(uuid4())
    world = system.process(counter)
    first, second = await a_draft(world), await a_draft(world)
    done = await withdrawn(world, key, first)
    before = counter.total
    with pytest.raises(KeyReused):
        await withdrawn(world, key, second)
    assert counter.total == before
    assert (await world.records.claim(second.claim_id)).claim == second
    assert await withdrawn(world, key, first) == done


async def test_a_key_that_made_a_claim_is_not_taken_for_a_move_of_another(system: System) -> None:
    """R-381: nor the other way round."""
    made, moved = str(uuid4()), str(uuid4())
    claim = await a_draft(system.world, made)
    other = await a_draft(system.world)
    with pytest.raises(KeyReused):
        await withdrawn(system.world, made, other)
    await withdrawn(system.world, moved, claim)
    with pytest.raises(KeyReused):
        await a_draft(system.world, moved)


async def test_another_request_about_the_same_claim_is_noticed_by_every_worker(system: System) -> None:
    """R-381: there the key stands beside the claim."""
    key, claim = str(uuid4()), await a_draft(system.world)
    await withdrawn(system.world, key, claim)
    with pytest.raises(KeyReused):
        await claims.submit_claim(system.process(Faults()), PARTNER, claim.claim_id, Call(key, "submit"))


async def test_what_is_refused_uses_up_no_key(system: System) -> None:
    """R-381"""
    claim, key = await a_draft(system.world), str(uuid4())
    with pytest.raises(ClaimIncomplete):
        await claims.submit_claim(system.world, PARTNER, claim.claim_id, Call(key, "submit"))
    await withdrawn(system.world, key, claim)


def test_a_worker_remembers_so_many_calls_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """R-381"""
    monkeypatch.setattr(recent_calls, "_MOST_KEPT", 3)
    known = WorkerCalls()
    for name in "abcd":
        known.note(call(name))
    known.require_same(Call(call("a").key_hash, "something else"))
    known.require_same(call("d"))
    with pytest.raises(KeyReused):
        known.require_same(Call(call("b").key_hash, "something else"))
