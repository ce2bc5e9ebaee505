"""The one way in which a claim changes: load, decide, save, and only then tell the queue.

Safe to run twice: the save is conditional on the claim as loaded, a call with an idempotency key has its effect once, and what
has to follow stands in the outbox before the queue hears of it.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from shared.domain import contest, retention
from shared.domain.claim import Change, Claim
from shared.domain.delivery import Report
from shared.domain.errors import BusyRecord, DomainError, NotFound
from shared.domain.identity import bucket_in
from shared.domain.lifecycle import ActorKind
from shared.domain.partner import Partner
from shared.domain.person import Person
from shared.domain.timeline import Act, Actor
from shared.ports.failures import AnswerExists, StaleRecord
from shared.ports.records import Beside, Call, MailFate, Stored
from shared.ports.world import World
from shared.usecases.as_read import AsRead, whatever

log = logging.getLogger(__name__)

# Each loser of a race loads and decides anew; more losses in a row than this is a stampede that the caller should hear of.
ATTEMPTS: Final = 8

type Decide = Callable[[Claim, Act], Change | None]
type Changes = tuple[Change, ...]
type DecideTogether = Callable[[Claim, Sequence[Claim], Act], Changes | None]
type Find = Callable[[Claim], Awaitable[Sequence[Stored]]]

ARBITER: Final = Actor(ActorKind.SYSTEM, "contest")
"""Who appears in the timeline of one partner's claim where another partner's move changed it: never the other partner."""


def actor_of(partner: Partner) -> Actor:
    """The partner as the one who acts, and who acts for it (R-291)."""
    return Actor(ActorKind.PARTNER, partner.partner_id, partner.acting.distributor_id, partner.acting.user)


def act_of(world: World, actor: Actor, claim: Claim | None = None) -> Act:
    """A new attempt by this actor, now; never earlier than the claim's last change, whatever the clocks of two workers say."""
    now = world.clock.now()
    at = now if claim is None else max(now, claim.updated_at)
    return Act(actor, at, world.entropy.token(), world.entropy.token())


async def move(
    world: World,
    claim_id: str,
    actor: Actor,
    decide: Decide,
    *,
    call: Call | None = None,
    fate: MailFate | None = None,
    told: Report | None = None,
    loaded: Stored | None = None,
    person: Person | None = None,
    as_read: AsRead[Claim] = whatever,
) -> Claim:
    """Changes the claim as `decide` says and returns it; `decide` returns None when nothing is left to do.

    With a `call`, the second time answers with the claim as it stood the first time (R-381). Raises what `decide` raises,
    NotFound where the actor is a partner and the claim another's, StaleVersion, KeyReused, ScopeTaken, and BusyRecord when
    others kept changing the claim.
    """

    def alone(claim: Claim, _: Sequence[Claim], act: Act) -> Changes | None:
        change = decide(claim, act)
        return None if change is None else (change,)

    return await move_together(
        world, claim_id, actor, _nobody, alone, call=call, fate=fate, told=told, loaded=loaded, person=person, as_read=as_read
    )


async def move_together(
    world: World,
    claim_id: str,
    actor: Actor,
    find: Find,
    decide: DecideTogether,
    *,
    call: Call | None = None,
    fate: MailFate | None = None,
    told: Report | None = None,
    loaded: Stored | None = None,
    person: Person | None = None,
    as_read: AsRead[Claim] = whatever,
) -> Claim:
    """Like `move`, with the other claims of the same customer that `find` finds: all change in one batch, or none (R-256).

    `decide` returns the claim's change and then one for each of the others. A scope that any of them gives up passes in the same
    batch to the claim that contests it (R-19).
    """
    if call is not None:
        world.calls.require_same(call)
    for _ in range(ATTEMPTS):
        stored = loaded or await world.records.claim(claim_id)
        loaded = None
        try:
            # Whose claim it is comes first: what is not the caller's has no version for it either.
            as_read(owned_by(actor.id, stored.claim) if actor.kind is ActorKind.PARTNER else stored.claim)
            others = await find(stored.claim)
            changes = decide(stored.claim, [each.claim for each in others], act_of(world, actor, stored.claim))
            if changes is None:
                # Perhaps because this very call has done it.
                return await _first_answer(world, claim_id, call) or stored.claim
            changes = tuple(_scheduled(world, each) for each in changes)
            change, *more = changes
            beside = [Beside(each.etag, changed) for each, changed in zip(others, more, strict=True)]
            beside += await _passing_over(world, changes)
            due = await world.records.commit(stored.etag, change, call=call, fate=fate, told=told, person=person, beside=beside)
        except StaleRecord:
            continue
        except (DomainError, AnswerExists) as refusal:
            first = await _first_answer(world, claim_id, call)
            if first is not None:
                return first
            if isinstance(refusal, AnswerExists):
                continue
            raise
        if call is not None:
            world.calls.note(call)
        await announce(world, bucket_in(claim_id), due)
        return change.after
    raise BusyRecord


async def announce(world: World, bucket: str, row_keys: Sequence[str]) -> None:
    """Tells the queue what is due at once, in one message; with nothing due there is nothing to tell."""
    if row_keys:
        await world.outbox.announce(bucket, row_keys)


def owned_by(partner_id: str, claim: Claim) -> Claim:
    """The claim, if it is this partner's; another partner's is as missing as one that never was."""
    if claim.partner_id != partner_id:
        raise NotFound
    return claim


async def _nobody(_: Claim) -> Sequence[Stored]:
    return ()


def _scheduled(world: World, change: Change) -> Change:
    return retention.scheduled(change, world.programmes.programme(change.after.programme_id).policy)


async def _passing_over(world: World, changes: Changes) -> list[Beside]:
    """What the claims get that contest what these changes give up. Most claims were never contested: then nothing is read."""
    given_up = frozenset().union(*(contest.freed(each) for each in changes)) - frozenset().union(*map(contest.taken, changes))
    known = {each.after.claim_id for each in changes}
    names = frozenset().union(*(contest.challengers(each, given_up) for each in changes)) - known
    passing: list[Beside] = []
    for name in sorted(names):
        challenger = await world.records.claim(name)
        if contest.contested(challenger.claim) & given_up:
            policy = world.programmes.programme(challenger.claim.programme_id).policy_for(challenger.claim.country)
            passed = contest.take_over(challenger.claim, act_of(world, ARBITER, challenger.claim), policy, given_up)
            passing.append(Beside(challenger.etag, passed))
    return passing


async def _first_answer(world: World, claim_id: str, call: Call | None) -> Claim | None:
    return None if call is None else await world.records.first_answer(bucket_in(claim_id), call)
