"""What a customer does with a mailed link: see, answer, and end associations. Seeing never writes.

Every unusable link (forged, truncated, expired, unknown, for another purpose) is refused by the same way with the same error.
Safe to run twice: an answer that was given before changes nothing.
"""

from collections.abc import Mapping

from shared.domain import consent, contact
from shared.domain.claim import Change, Claim
from shared.domain.errors import DomainError, NotFound
from shared.domain.lifecycle import ActorKind
from shared.domain.link import Link, Purpose
from shared.domain.shown import Shown
from shared.domain.timeline import Act, Actor
from shared.ports.records import Stored
from shared.ports.world import World
from shared.usecases.moves import move


class LinkUnusable(DomainError):
    """This link leads nowhere, whatever the cause."""

    code = "link_unusable"

    def __init__(self) -> None:
        super().__init__("This link is not valid, or no longer.")


async def open_link(world: World, token: str, purpose: Purpose) -> Stored:
    """The claim that a mailed link is about, by reads only (R-07: not by one that has become void). Raises LinkUnusable."""
    link, opened = await follow_link(world, token, purpose)
    void_before = opened.claim.links_from
    if void_before is not None and link.issued_at < void_before:
        raise LinkUnusable
    return opened


async def follow_link(world: World, token: str, purpose: Purpose) -> tuple[Link, Stored]:
    """A link of this purpose whose time is not over, and the claim it is about, whatever has voided it. Raises LinkUnusable."""
    link = await world.records.link(token)
    if link is None or link.purpose is not purpose or link.expires_at <= world.clock.now():
        raise LinkUnusable
    try:
        return link, await world.records.claim(link.claim_id)
    except NotFound as error:
        raise LinkUnusable from error


async def decide_consent(
    world: World, opened: Stored, choices: Mapping[str, bool], reason: str | None, shown: Shown | None = None
) -> Claim:
    """The customer's answer, scope by scope, with what it had been shown (R-330); an answer it has given already is not recorded
    again."""

    def decide(claim: Claim, act: Act) -> Change | None:
        require_same_window(claim, opened)
        return None if consent.is_answered(claim, choices) else consent.answer(claim, act, choices, reason, shown)

    return await move(world, opened.claim.claim_id, customer_of(opened.claim), decide, loaded=opened)


async def report_unknown(world: World, opened: Stored, words: str | None, shown: Shown | None = None) -> Claim:
    """The customer does not know the partner: a reviewer looks into it (R-225). Again changes nothing."""

    def decide(claim: Claim, act: Act) -> Change | None:
        require_same_window(claim, opened)
        return None if claim.reported_unknown else contact.report_unknown(claim, act, words, shown)

    return await move(world, opened.claim.claim_id, customer_of(opened.claim), decide, loaded=opened)


async def end_association(
    world: World, opened: Stored, association: str, reason: str, words: str | None, shown: Shown | None = None
) -> Claim:
    """The customer ends one association, at once. One that is no longer standing stays as it is."""

    def decide(claim: Claim, act: Act) -> Change | None:
        standing = {t.association_id: t.scope for t in claim.tenures if t.is_standing}
        scope = standing.get(association)
        return None if scope is None else consent.end(claim, act, frozenset({scope}), reason, words, shown)

    return await move(world, opened.claim.claim_id, customer_of(opened.claim), decide, loaded=opened)


async def refuse_request(world: World, opened: Stored, words: str | None, shown: Shown | None = None) -> Claim:
    """The customer refuses everything that the link's claim still asks for."""

    def decide(claim: Claim, act: Act) -> Change | None:
        asked = {s.scope: False for s in claim.live if s.active_from is None}
        return consent.answer(claim, act, asked, words, shown) if asked else None

    return await move(world, opened.claim.claim_id, customer_of(opened.claim), decide, loaded=opened)


def require_same_window(claim: Claim, opened: Stored) -> None:
    """Raises LinkUnusable when links that were good when this one was opened are void by now: somebody else is asked."""
    if claim.links_from != opened.claim.links_from:
        raise LinkUnusable


def customer_of(claim: Claim) -> Actor:
    """Whoever holds a link about the claim, as the one who acts."""
    # The person is whoever holds the link that was mailed to the contact; the timeline names the contact's id, not the person.
    return Actor(ActorKind.CUSTOMER, claim.contact_id)
