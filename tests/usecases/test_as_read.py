"""Of two who have read the same version of something and change it at once, one does; the other is told, and changes nothing."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from secrets import token_hex

import pytest

from shared.domain.errors import StaleVersion
from shared.domain.submission import Edit
from shared.usecases import claims, partner_moves, partners, webhooks
from shared.usecases.as_read import AsRead
from tests.usecases.system import PARTNER, System, call, current, draft, seen

SECRET = "whsec_" + "A" * 32

type Attempt = Callable[[str], Awaitable[object]]


def like[T](read: T) -> AsRead[T]:
    """What whoever has read this asks of what is there now."""

    def require(standing: T) -> None:
        if standing != read:
            raise StaleVersion

    return require


async def of_a_claim(system: System) -> Attempt:
    claim = await draft(system)
    return lambda words: partner_moves.edit_claim(system.world, PARTNER, claim.claim_id, Edit(note=words), None, seen(claim))


async def of_a_webhook(system: System) -> Attempt:
    partner = replace(PARTNER, partner_id=str(int(token_hex(4), 16) + 10_000))
    standing = await webhooks.put(system.world, partner, "portal", "https://portal.example/", (), [SECRET])
    return lambda words: webhooks.put(
        system.world, partner, "portal", f"https://portal.example/{words}", (), [SECRET], like(standing)
    )


async def of_a_profile(system: System) -> Attempt:
    profile = replace(PARTNER, partner_id=str(int(token_hex(4), 16) + 10_000), mail="claims@northwind.example")
    standing = await partners.enrol(system.world, profile)
    return lambda words: partners.enrol(system.world, replace(profile, name=words), like(standing))


@pytest.mark.parametrize("thing", [of_a_claim, of_a_webhook, of_a_profile])
async def test_of_two_who_read_the_same_version_one_changes_it(
    system: System, thing: Callable[[System], Awaitable[Attempt]]
) -> None:
    """R-380"""
    attempt = await thing(system)
    came = await asyncio.gather(*(attempt(words) for words in ("first", "second")), return_exceptions=True)
    assert sum(isinstance(each, StaleVersion) for each in came) == 1, came
    assert sum(isinstance(each, BaseException) for each in came) == 1, came


async def test_repeating_a_move_by_its_key_needs_no_version_of_its_own_making(system: System) -> None:
    """R-380: it was refused nothing the first time, and is answered as it was then."""
    claim = await draft(system)
    first, again = [
        await claims.withdraw_claim(system.world, PARTNER, claim.claim_id, None, call("withdraw"), seen(claim)) for _ in range(2)
    ]
    assert first == again == await current(system)
