"""What a mail provider reports after it took a mail, and the list of addresses that get no mail any more.

Safe to run twice, late and in any order: a report that is no news changes nothing, and bad news sticks (R-220).
"""

from typing import Final

from shared import telemetry
from shared.domain import contact
from shared.domain.claim import Change, Claim
from shared.domain.delivery import SUPPRESSES, Delivery, Report, Suppression, address_hash, is_news
from shared.domain.errors import NotFound
from shared.domain.lifecycle import ActorKind
from shared.domain.timeline import Act, Actor
from shared.ports.world import World
from shared.usecases.moves import move

PROVIDER: Final = Actor(ActorKind.SYSTEM, "mail-provider")


async def take_report(world: World, told: Report) -> bool:
    """Notes what became of a mail, on the claim where it matters there; False for a mail that is not ours."""
    mail = await world.records.mail(told.operation_id)
    if mail is None:
        return False
    telemetry.count("cpor.mail.reports", kind=str(mail.due.mail), delivery=told.delivery)
    if not is_news(mail.delivery, told.delivery):
        return True
    if told.address is not None and told.delivery in SUPPRESSES:
        await suppress(world, told.address, told.delivery)

    def decide(claim: Claim, act: Act) -> Change | None:
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
        return contact.reported(claim, act, policy, mail.due, told.delivery, mail.answer_by)

    before = await world.records.claim(mail.claim_id)
    after = await move(world, mail.claim_id, PROVIDER, decide, told=told, loaded=before)
    if after.seq == before.claim.seq:
        await world.records.note_report(told)
    return True


async def suppress(world: World, address: str, reason: Delivery) -> Suppression:
    """No mail goes to this address any more, until an operator says otherwise (R-222)."""
    listed = Suppression(address_hash(address), reason, world.clock.now())
    await world.suppressions.add(listed)
    return listed


async def suppressed(world: World) -> tuple[Suppression, ...]:
    """The whole list, the newest first."""
    return tuple(sorted(await world.suppressions.all(), key=lambda each: each.since, reverse=True))


async def allow_again(world: World, hashed: str) -> None:
    """Mail goes to this address again. Raises NotFound when it is not on the list."""
    if not await world.suppressions.remove(hashed):
        raise NotFound
