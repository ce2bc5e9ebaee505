"""A scan: without an attestation it carries no submission, and without a reviewer's eye no approval."""

from dataclasses import replace

import pytest

from shared.domain import contest, review, submission
from shared.domain.attestation import OF_PARTNER, SENTENCES, Statement
from shared.domain.attesting import attest
from shared.domain.claim import Claim, DueKind, Proof, Scan, status
from shared.domain.errors import ClaimIncomplete, NotFound, ScanUnconfirmed
from shared.domain.lifecycle import Status
from shared.domain.timeline import is_intact
from tests.domain.claim_builders import (
    MONDAY,
    PARTNER,
    POLICY,
    RITA,
    TEAMS,
    agreed,
    by,
    contesting,
    created,
    incumbent_of,
    proof,
    screening,
    under_review,
)

ANNA = replace(PARTNER, user="anna.berg")


def scan(name: str = "scan", *further: str) -> Proof:
    """A picture of what was signed, as it comes, with whatever else is wrong with it."""
    return replace(proof(name, faults=("poe_unattested", *further)), is_scan=True)


def with_scan(scanned: Proof | None = None) -> Claim:
    return submission.attach(created(TEAMS).after, by(PARTNER), scanned or scan()).after


def attested(claim: Claim | None = None) -> Claim:
    return attest(claim or with_scan(), by(ANNA), "scan", OF_PARTNER).after


def codes(claim: Claim) -> list[str]:
    return [obstacle.code for obstacle in submission.obstacles(claim)]


def test_a_scan_carries_a_submission_once_somebody_attested_it() -> None:
    """R-320"""
    claim = with_scan()
    assert codes(claim) == ["poe_unattested"]
    with pytest.raises(ClaimIncomplete):
        submission.submit(claim, by(PARTNER), POLICY)
    assert status(screening(attested())) is Status.SCREENING


def test_an_attestation_mends_nothing_else() -> None:
    """R-320"""
    claim = with_scan(scan("scan", "poe_tenant_missing"))
    assert (codes(claim), codes(attested(claim))) == (["poe_faulty"], ["poe_faulty"])
    infected = replace(claim, proofs=(replace(scan(), scan=Scan.INFECTED),))
    assert codes(infected) == codes(attested(infected)) == ["poe_faulty"]


def test_who_attested_what_of_which_content_stands_in_the_chain_and_the_name_can_be_erased() -> None:
    """R-320"""
    before = with_scan()
    change = attest(before, by(ANNA), "scan", OF_PARTNER)
    (entry,) = change.entries
    assert entry.event == "proof_attested"
    assert entry.data["attestation"] == "partner-1"
    assert (entry.data["document"], entry.data["sha256"]) == ("scan", "sha-of-scan")
    assert entry.act.actor.user == "anna.berg"
    assert "anna.berg" not in str(entry.data)
    told = change.after.proofs[0].attestation
    assert told is not None
    assert (told.seq, told.at, told.by) == (entry.seq, MONDAY, "partner")
    history = (*created(TEAMS).entries, *submission.attach(created(TEAMS).after, by(PARTNER), scan()).entries, entry)
    assert is_intact(history, change.after.head)
    forgotten = replace(entry, act=replace(entry.act, actor=PARTNER))
    assert is_intact((*history[:-1], forgotten), change.after.head)


def test_a_sentence_that_was_attested_never_changes() -> None:
    """R-320: whoever improves one gives it another name."""
    assert dict(SENTENCES) == {
        Statement.PARTNER_1: "I have compared this file with the document that the customer signed: it shows that document whole "
        "and unchanged.",
        Statement.CUSTOMER_1: "By uploading the file I declare that it shows, whole and unchanged, what I signed for my "
        "organisation.",
    }


def test_of_a_document_that_is_not_there_nobody_attests_anything() -> None:
    with pytest.raises(NotFound):
        attest(with_scan(), by(ANNA), "another", OF_PARTNER)


def test_a_claim_that_may_submit_itself_does_so_when_its_scan_is_attested() -> None:
    """R-320, R-250"""
    claim = replace(with_scan(), submit_when_ready=True, dues=())
    assert [due.kind for due in attested(claim).dues] == [DueKind.SUBMIT]


def test_a_scan_that_comes_during_review_is_attested_there() -> None:
    """R-320"""
    claim = submission.attach(under_review(), by(PARTNER), scan()).after
    assert attested(claim).proofs[-1].faults == ()


def reviewed_scan() -> Claim:
    return under_review(attested())


def test_only_a_reviewer_who_has_seen_the_scan_approves_a_claim_that_rests_on_it() -> None:
    """R-321"""
    claim = reviewed_scan()
    with pytest.raises(ScanUnconfirmed):
        review.approve(claim, by(RITA), POLICY)
    change = review.approve(claim, by(RITA), POLICY, confirms_scan=True)
    assert change.entries[0].data["scanConfirmed"] is True
    assert status(change.after) is Status.AWAITING_CONSENT


def test_beside_a_digital_signature_a_scan_needs_no_confirmation() -> None:
    """R-321"""
    both = submission.attach(attested(), by(PARTNER), proof()).after
    assert not review.rests_on_scans(under_review(both))
    assert status(review.approve(under_review(both), by(RITA), POLICY).after) is Status.AWAITING_CONSENT


def test_a_signed_document_that_is_faulty_or_infected_is_no_other_proof() -> None:
    """R-321"""
    for other in (proof("faulty", faults=("poe_signer_incomplete",)), replace(proof(), scan=Scan.INFECTED)):
        assert review.rests_on_scans(replace(reviewed_scan(), proofs=(*reviewed_scan().proofs, other)))


def test_a_contest_is_not_won_on_a_scan_that_nobody_looked_at() -> None:
    """R-321, R-80"""
    challenger = agreed(contesting(claim=attested()))
    incumbents = [incumbent_of(TEAMS)]
    with pytest.raises(ScanUnconfirmed):
        contest.win(challenger, incumbents, by(RITA))
    won = contest.win(challenger, incumbents, by(RITA), confirms_scan=True)[0]
    assert (status(won.after), won.entries[0].data["scanConfirmed"]) == (Status.ACTIVE, True)
