"""Contests: a partner asks for what another holds, and a reviewer decides between them.

The claims of both change in one batch, so that no moment has two holders or none, and no incumbent is marked by a contest that
was never opened. Safe to run twice: a call with an idempotency key has its effect once, and everything is conditional on every
claim as it was read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from shared.domain import consent, contest, submission
from shared.domain.claim import Claim, status
from shared.domain.errors import InvalidInput, NotFound, ScopeContested
from shared.domain.lifecycle import ActorKind, Event, Status
from shared.domain.partner import Partner
from shared.domain.timeline import Act, Actor
from shared.ports.failures import StaleRecord
from shared.ports.partners import ClaimItem
from shared.ports.records import Call, Stored
from shared.ports.world import World
from shared.usecases import limits
from shared.usecases.as_read import AsRead, whatever
from shared.usecases.claims import require_active
from shared.usecases.moves import ARBITER, Changes, act_of, actor_of, move_together
from shared.usecases.poe_reports import faults_now

MOST_OPPONENTS = 4
"""How many other claims a contest can concern, on either side: with all their rows they must fit one batch."""


@dataclass(frozen=True, slots=True)
class Contest:
    """A claim that contests scopes, what its partner says for it, and the claims that hold them."""

    challenger: Claim
    evidence: str | None
    incumbents: tuple[Claim, ...]


async def contest_scopes(
    world: World, partner: Partner, claim_id: str, evidence: str, call: Call | None, as_read: AsRead[Claim] = whatever
) -> Claim:
    """Submits the claim although others hold some of its scopes: it holds the free ones and contests the rest (R-24, R-255).

    Raises ClaimIncomplete, AskedTooSoon, ScopeContested, InvalidInput when nothing is taken, ActionNotAllowed.
    """
    require_active(partner)
    stored, *others = await world.records.claims_beside(claim_id, partner.partner_id)
    faults, toll = await faults_now(world, stored.claim), limits.Toll(world, partner)

    async def incumbents(claim: Claim) -> Sequence[Stored]:
        found = await _holders(world, claim, (s.scope for s in claim.scopes))
        await _require_free_to_contest(world, claim, [each.claim for each in found])
        return found

    def decide(claim: Claim, found: Sequence[Claim], act: Act) -> Changes:
        policy = world.programmes.programme(claim.programme_id).policy_for(claim.country)
        asked = {s.scope for s in claim.scopes}
        sought = [contest.held(each) & asked for each in found]
        opened = submission.contest(claim, act, policy, frozenset().union(*sought), evidence, faults)
        consent.require_waited(claim, (other.claim for other in others), act.at, policy)
        pairs = zip(found, sought, strict=True)
        return toll.ask(opened), *(
            contest.challenge(each, act_of(world, ARBITER, each), scopes, claim_id) for each, scopes in pairs
        )

    moved = move_together(world, claim_id, actor_of(partner), incumbents, decide, call=call, loaded=stored, as_read=as_read)
    return toll.paid(await moved)


async def open_contests(world: World) -> list[ClaimItem]:
    """The claims that contest scopes, as last projected, the tightest clock first."""
    items = [item async for item in world.partners.contesting()]
    return sorted(items, key=lambda item: (item.due_at is None, item.due_at or item.as_of))


async def read_contest(world: World, contest_id: str) -> Contest:
    """A contest bears the id of the claim that contests. Raises NotFound for one that is decided, or never was."""
    challenger = (await world.records.claim(contest_id)).claim
    if status(challenger) is not Status.CONTESTING:
        raise NotFound
    incumbents = await _holders(world, challenger, contest.contested(challenger))
    timeline = await world.records.timeline(contest_id)
    words = [entry.words for entry in timeline if entry.event is Event.CONTEST]
    return Contest(challenger, words[-1] if words else None, tuple(each.claim for each in incumbents))


async def decide_for_challenger(
    world: World,
    reviewer: str,
    contest_id: str,
    words: str,
    call: Call | None,
    as_read: AsRead[Contest] = whatever,
    *,
    confirms_contact: bool,
    confirms_scan: bool = False,
) -> Claim:
    """The challenger gets every scope it contests, now; what its incumbents lose ends (R-80).

    Raises ConsentMissing, ContactUnconfirmed, ScanUnconfirmed, ActionNotAllowed.
    """

    async def incumbents(claim: Claim) -> Sequence[Stored]:
        contested = contest.contested(claim)
        found = await _holders(world, claim, contested)
        if not contested <= frozenset().union(*(contest.held(each.claim) for each in found)):
            raise StaleRecord  # One let go meanwhile, and its scope has passed over to this claim.
        as_read(_between(claim, found))
        return found

    def decide(claim: Claim, found: Sequence[Claim], act: Act) -> Changes:
        return contest.win(claim, found, act, words, confirms_contact=confirms_contact, confirms_scan=confirms_scan)

    return await move_together(world, contest_id, Actor(ActorKind.REVIEWER, reviewer), incumbents, decide, call=call)


async def decide_for_incumbent(
    world: World, reviewer: str, contest_id: str, words: str, call: Call | None, as_read: AsRead[Contest] = whatever
) -> Claim:
    """The incumbents keep what they hold; the challenger is rejected and told why (R-81). Raises ActionNotAllowed."""

    async def nobody(claim: Claim) -> Sequence[Stored]:
        # Nothing of the incumbents' claims changes: they are looked at only for whoever says to have read them.
        if as_read is not whatever:
            as_read(_between(claim, await _holders(world, claim, contest.contested(claim))))
        return ()

    def decide(claim: Claim, _: Sequence[Claim], act: Act) -> Changes:
        return (contest.lose(claim, act, words),)

    return await move_together(world, contest_id, Actor(ActorKind.REVIEWER, reviewer), nobody, decide, call=call)


def _between(challenger: Claim, incumbents: Sequence[Stored]) -> Contest:
    """The contest as it stands, without what its partner once said for it, which never changes."""
    return Contest(challenger, None, tuple(each.claim for each in incumbents))


async def _holders(world: World, claim: Claim, scopes: Iterable[str]) -> list[Stored]:
    """The other claims that hold these scopes. One that let go since will be missed by the batch, which is then tried anew."""
    held = await world.records.holders(claim.tenant_id, scopes)
    return [await world.records.claim(name) for name in sorted({holder.claim_id for holder in held.values()} - {claim.claim_id})]


async def _require_free_to_contest(world: World, claim: Claim, incumbents: Sequence[Claim]) -> None:
    """Raises InvalidInput, ScopeContested."""
    if not incumbents:
        raise InvalidInput("claimId", "Nothing that this claim asks for is taken: submit it.")
    if len(incumbents) > MOST_OPPONENTS:
        raise ScopeContested(f"A contest concerns at most {MOST_OPPONENTS} other claims: contest these scopes in several claims.")
    if any(incumbent.partner_id == claim.partner_id for incumbent in incumbents):
        raise InvalidInput("claimId", "A claim of your own holds what this one asks for.")
    asked = {s.scope for s in claim.scopes}
    for incumbent in incumbents:
        standing = 0
        for rival in {s.challenged_by for s in incumbent.scopes} - {None, claim.claim_id}:
            contested = contest.contested((await world.records.claim(str(rival))).claim)
            standing += bool(contested)
            if contested & asked:
                raise ScopeContested(f"Another claim contests already: {', '.join(sorted(contested & asked))}.")
        if standing >= MOST_OPPONENTS:
            raise ScopeContested("As many claims contest what this holder has as can be decided at once: try again later.")
