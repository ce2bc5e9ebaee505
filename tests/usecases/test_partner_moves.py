"""What a partner does with a claim it has, on the real store: whom it asks instead, what it takes out, how it comes back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain.claim import Claim, Consent, Hold, status
from shared.domain.errors import ActionNotAllowed, InvalidInput, NotFound, PartnerSuspended, ScopeTaken, StaleVersion, TooLate
from shared.domain.lifecycle import Event, Status
from shared.domain.link import Purpose
from shared.domain.notice import MailKind
from shared.domain.partner import Partner
from shared.domain.submission import Edit
from shared.domain.timeline import is_intact
from shared.ports.world import World
from shared.usecases import claims, partner_moves, reviews
from shared.usecases.consent import LinkUnusable, open_link
from shared.usecases.people import NewPerson
from tests.faults import Faults
from tests.usecases.portrait import portrait
from tests.usecases.steps import BOTH, INFECTED, action_required, clicks
from tests.usecases.system import (
    CLAIM_ID,
    PARTNER,
    REVIEWER,
    TEAMS,
    System,
    call,
    complete_draft,
    current,
    draft,
    poe,
    seen,
    under_review,
    wanted,
)

OTHER = replace(PARTNER, partner_id="4711002")
CARL = NewPerson("Carl Dorn", "carl@Contoso.example")


async def edit(system: System, change: Edit | None = None, contact: NewPerson | None = None, read: Claim | None = None) -> Claim:
    return await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, change or Edit(), contact, seen(read))


async def test_a_timeline_ends_where_the_claim_that_was_read_does(system: System) -> None:
    """R-82: what comes between two readings is no break in the chain."""
    await under_review(system)
    read = await claims.read_claim(system.world, PARTNER, CLAIM_ID)
    await partner_moves.comment(system.world, PARTNER, CLAIM_ID, "Meanwhile.", None)
    entries = await claims.read_timeline(system.world, read)
    assert (is_intact(entries, read.head), len(entries)) == (True, read.seq)


async def rejected(system: System) -> None:
    await under_review(system)
    await reviews.reject(system.world, REVIEWER, CLAIM_ID, call("reject"), "poe_invalid", "Not signed.")
    await system.settle()


async def lapsed(system: System) -> None:
    await action_required(system)
    await system.pass_days(8)
    assert status(await current(system)) is Status.EXPIRED


async def another_takes_teams(system: System) -> None:
    claim = await claims.create_claim(system.world, OTHER, wanted(TEAMS), "other", call("other"))
    await claims.attach_proof(system.world, OTHER, claim.claim_id, poe(), "poe.pdf", None)
    await claims.submit_claim(system.world, OTHER, claim.claim_id, None)


# Editing


async def test_an_edit_changes_what_it_names_and_nothing_else(system: System) -> None:
    """R-09"""
    before = await draft(system)
    after = await edit(system, Edit(note="Hello.", scopes=(TEAMS,), external_reference="OPP-1"))
    assert (after.note, [s.scope for s in after.scopes], after.external_reference) == ("Hello.", [TEAMS], "OPP-1")
    cleared = await edit(system, Edit(clears=frozenset({"note"})))
    assert (cleared.note, cleared.external_reference) == (None, "OPP-1")
    same = replace(cleared, scopes=before.scopes, external_reference=None, dues=before.dues, seq=before.seq, head=before.head)
    assert replace(same, updated_at=before.updated_at) == before


async def test_content_and_contact_change_together_or_not_at_all(system: System) -> None:
    """R-09: one batch with two entries; a fault in either leaves both as they were."""
    before = await draft(system)
    with pytest.raises(InvalidInput):
        await edit(system, Edit(scopes=(TEAMS, TEAMS)), CARL)
    assert await current(system) == before
    counter = Faults()
    await partner_moves.edit_claim(system.process(counter), PARTNER, CLAIM_ID, Edit(note="Hello."), CARL, seen(before))
    await system.settle()
    after = await current(system)
    assert (after.note, after.seq) == ("Hello.", before.seq + 2)
    person = await system.world.records.person(after.tenant_id, after.contact_id)
    assert (person.name, person.address) == ("Carl Dorn", "carl@contoso.example")
    assert (await portrait(system)).events[-2:] == ("edited", "edited")
    assert counter.total <= 3, counter.trail


async def test_an_edit_of_what_has_changed_meanwhile_is_refused(system: System) -> None:
    claim = await draft(system)
    await edit(system, Edit(note="first"), read=claim)
    with pytest.raises(StaleVersion):
        await edit(system, Edit(note="second"), read=claim)
    assert (await current(system)).note == "first"


async def test_a_submitted_claim_changes_its_contact_only(system: System) -> None:
    """R-09"""
    await under_review(system)
    with pytest.raises(ActionNotAllowed):
        await edit(system, Edit(note="Hello."))
    with pytest.raises(ActionNotAllowed):
        await edit(system, Edit(note="Hello."), CARL)
    assert (await edit(system, contact=CARL)).contact_verified


async def test_a_contact_outside_the_tenants_domains_is_not_verified(system: System) -> None:
    await under_review(system)
    after = await edit(system, contact=NewPerson("Carl Dorn", "carl@elsewhere.example"))
    assert not after.contact_verified


@pytest.mark.parametrize("mail", ["carl", "carl@", "a b@contoso.example"])
async def test_a_contact_that_cannot_be_mailed_is_refused(system: System, mail: str) -> None:
    await draft(system)
    with pytest.raises(InvalidInput):
        await edit(system, contact=NewPerson("Carl Dorn", mail))


async def test_an_edit_that_names_nothing_is_refused(system: System) -> None:
    await draft(system)
    with pytest.raises(InvalidInput):
        await edit(system)


async def test_an_edited_reference_reaches_the_list(system: System) -> None:
    """R-110"""
    await draft(system)
    await edit(system, Edit(external_reference="OPP-9"))
    await system.settle()
    row = next(r for r in await system.rows("partners", PARTNER.partner_id) if r["RowKey"].endswith(CLAIM_ID))
    assert row["externalReference"] == "OPP-9"


# Links


async def resend(system: System) -> None:
    await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("resend"))


async def correct(system: System) -> None:
    await edit(system, contact=CARL)


@pytest.mark.parametrize("move", [resend, correct])
@pytest.mark.parametrize("wait_s", [0, 60])
async def test_asking_anew_voids_every_older_link_and_no_newer_one(
    system: System, move: Callable[[System], Awaitable[None]], wait_s: int
) -> None:
    """R-07: the page of an old link is that of a link that never was; the new mail's links lead to the claim."""
    await under_review(system)
    old = {purpose: system.letterbox.token(MailKind.CONSENT_REQUEST, purpose) for purpose in (Purpose.CONSENT, Purpose.MANAGE)}
    for purpose, token in old.items():
        assert (await open_link(system.world, token, purpose)).claim.claim_id == CLAIM_ID
    system.clock.advance(timedelta(seconds=1))
    await move(system)
    system.clock.advance(timedelta(seconds=-wait_s))  # The worker that mails has a clock that is behind.
    await system.settle()
    assert len(system.letterbox.of(MailKind.CONSENT_REQUEST)) == 2
    for purpose, token in old.items():
        with pytest.raises(LinkUnusable):
            await open_link(system.world, token, purpose)
        fresh = system.letterbox.token(MailKind.CONSENT_REQUEST, purpose)
        assert (await open_link(system.world, fresh, purpose)).claim.claim_id == CLAIM_ID


async def test_the_new_mail_goes_to_the_new_contact(system: System) -> None:
    await under_review(system)
    await edit(system, contact=CARL)
    await system.settle()
    sent = system.letterbox.of(MailKind.CONSENT_REQUEST)
    assert [letter.to_address for letter in sent] == ["ada@contoso.example", "carl@contoso.example"]


async def test_asking_twice_under_one_key_asks_once(system: System) -> None:
    await under_review(system)
    await resend(system)
    await resend(system)
    await system.settle()
    assert len(system.letterbox.of(MailKind.CONSENT_REQUEST)) == 2


async def test_nobody_is_asked_again_who_has_answered(system: System) -> None:
    await under_review(system)
    await clicks(system, BOTH)(system.world)
    with pytest.raises(ActionNotAllowed):
        await resend(system)


# Proof


async def test_a_document_is_taken_out_of_a_draft_once(system: System) -> None:
    """R-111"""
    claim = await complete_draft(system)
    (proof,) = claim.proofs
    after = await partner_moves.remove_proof(system.world, PARTNER, CLAIM_ID, proof.document_id)
    assert after.proofs == ()
    assert (await system.world.records.timeline(CLAIM_ID))[-1].event is Event.DETACH
    with pytest.raises(NotFound):
        await partner_moves.remove_proof(system.world, PARTNER, CLAIM_ID, proof.document_id)
    again, _, _ = await claims.attach_proof(system.world, PARTNER, CLAIM_ID, poe(), "poe.pdf", None)
    assert [p.document_id for p in again.proofs] == [proof.document_id]


async def test_an_infected_document_is_taken_out_and_the_claim_submitted_again(system: System) -> None:
    """R-111: what sent the claim back is gone for good."""
    await complete_draft(system)
    _, infected, _ = await claims.attach_proof(system.world, PARTNER, CLAIM_ID, INFECTED, "a.png", None)
    await claims.submit_claim(system.world, PARTNER, CLAIM_ID, None)
    await system.settle()
    assert status(await current(system)) is Status.DRAFT
    await partner_moves.remove_proof(system.world, PARTNER, CLAIM_ID, infected.document_id)
    await claims.submit_claim(system.world, PARTNER, CLAIM_ID, None)
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW


async def test_no_document_leaves_a_submitted_claim(system: System) -> None:
    """R-111"""
    claim = await under_review(system)
    with pytest.raises(ActionNotAllowed):
        await partner_moves.remove_proof(system.world, PARTNER, CLAIM_ID, claim.proofs[0].document_id)


# Ways back


async def test_a_dispute_takes_the_scopes_again_once(system: System) -> None:
    """R-18"""
    await rejected(system)
    await partner_moves.dispute(system.world, PARTNER, CLAIM_ID, "It is signed.", call("dispute"))
    await partner_moves.dispute(system.world, PARTNER, CLAIM_ID, "It is signed.", call("dispute"))
    await system.settle()
    drawn = await portrait(system)
    assert (drawn.status, drawn.events.count("disputed"), len(drawn.holds)) == ("under_review", 1, 2)


async def test_a_dispute_finds_its_scope_taken_and_nothing_happens(system: System) -> None:
    """R-18"""
    await rejected(system)
    await another_takes_teams(system)
    with pytest.raises(ScopeTaken) as told:
        await partner_moves.dispute(system.world, PARTNER, CLAIM_ID, "It is signed.", None)
    assert [t.scope for t in told.value.taken] == [TEAMS]
    claim = await current(system)
    assert (status(claim), {s.hold for s in claim.scopes}) == (Status.REJECTED, {Hold.RELEASED})


async def test_a_dispute_comes_too_late_after_its_days(system: System) -> None:
    """R-18"""
    await rejected(system)
    await system.pass_days(31)
    with pytest.raises(TooLate):
        await partner_moves.dispute(system.world, PARTNER, CLAIM_ID, "It is signed.", None)


async def test_a_lapsed_claim_is_reopened_once_with_its_answers(system: System) -> None:
    """R-17"""
    await lapsed(system)
    after = await partner_moves.reopen(system.world, PARTNER, CLAIM_ID, call("reopen"))
    assert (status(after), {s.consent for s in after.scopes}, len(after.proofs)) == (Status.ACTION_REQUIRED, {Consent.PENDING}, 1)
    await system.settle()
    assert len((await portrait(system)).holds) == 2
    with pytest.raises(ActionNotAllowed):
        await partner_moves.reopen(system.world, PARTNER, CLAIM_ID, None)


# Who


MOVES: dict[str, Callable[[World, Partner, str], Awaitable[Claim]]] = {
    "edit": lambda world, who, _: partner_moves.edit_claim(world, who, CLAIM_ID, Edit(note="Hello."), None),
    "remove": lambda world, who, document: partner_moves.remove_proof(world, who, CLAIM_ID, document),
    "comment": lambda world, who, _: partner_moves.comment(world, who, CLAIM_ID, "Hello.", None),
    "resend": lambda world, who, _: partner_moves.resend_consent(world, who, CLAIM_ID, None),
    "reopen": lambda world, who, _: partner_moves.reopen(world, who, CLAIM_ID, None),
    "dispute": lambda world, who, _: partner_moves.dispute(world, who, CLAIM_ID, "Hello.", None),
}


@pytest.mark.parametrize("name", MOVES)
async def test_no_move_reaches_another_partners_claim(system: System, name: str) -> None:
    claim = await complete_draft(system)
    with pytest.raises(NotFound):
        await MOVES[name](system.world, OTHER, claim.proofs[0].document_id)
    assert await current(system) == claim


@pytest.mark.parametrize("name", MOVES)
async def test_a_suspended_partner_moves_nothing(system: System, name: str) -> None:
    claim = await complete_draft(system)
    with pytest.raises(PartnerSuspended):
        await MOVES[name](system.world, replace(PARTNER, suspended=True), claim.proofs[0].document_id)
    assert await current(system) == claim
