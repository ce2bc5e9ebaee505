"""The way into review: draft, proof, submission, screening."""

from dataclasses import fields, replace
from datetime import timedelta

import pytest

from shared.domain import ending, submission
from shared.domain.claim import Claim, Consent, DueKind, Hold, Proof, Review, Scan, status
from shared.domain.errors import ActionNotAllowed, ClaimIncomplete, InvalidInput, Obstacle, ScopeTaken, Taken
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.proof_form import subject_of
from shared.domain.submission import Edit
from tests.domain.claim_builders import (
    ASKS_LATE,
    BOTH,
    EXCHANGE,
    MONDAY,
    PARTNER,
    POLICY,
    SYSTEM,
    TEAMS,
    action_required,
    agreed,
    answers,
    asked,
    by,
    contesting,
    created,
    days_after,
    draft,
    holds,
    judged,
    kinds,
    lapsed,
    proof,
    rejected,
    reminded,
    resubmitted,
    screening,
    the,
    under_review,
    unscanned,
)
from tests.domain.earning_builders import PROGRAMME


@pytest.mark.parametrize(
    ("scopes", "field"),
    [
        ((), "scopes"),
        ((TEAMS, TEAMS), "scopes"),
        (("subscription:0f8fad5b-d9cb-469f-a165-70867728950e",), "scopes"),
        (tuple(f"workload:w{n}" for n in range(21)), "scopes"),
    ],
    ids=["none", "twice", "a subscription", "too many"],
)
def test_a_claim_names_one_to_twenty_different_workloads(scopes: tuple[str, ...], field: str) -> None:
    """R-01, R-02."""
    with pytest.raises(InvalidInput) as refusal:
        created(*scopes)
    assert refusal.value.field == field


def test_twenty_workloads_are_not_too_many() -> None:
    """R-01."""
    assert len(created(*(f"workload:w{n}" for n in range(20))).after.scopes) == 20


def test_a_new_draft_holds_nothing_and_expires_when_it_lies_idle() -> None:
    """R-15: 90 days, to the end of the day."""
    change = created(*BOTH)
    assert change.before is None
    assert set(holds(change.after).values()) == {"none"}
    assert kinds(change.after.dues) == ["draft_idle"]
    assert the(change.after, DueKind.DRAFT_IDLE).at.isoformat() == "2026-06-01T00:00:00+00:00"


@pytest.mark.parametrize("work", ["attach", "edit"])
def test_working_on_a_draft_keeps_it_from_going_idle(work: str) -> None:
    """R-15: idle means untouched, not old."""
    claim, later = draft(), days_after(MONDAY, 30)
    if work == "attach":
        after = submission.attach(claim, by(PARTNER, later), proof("second")).after
    else:
        after = submission.edit(claim, by(PARTNER, later), POLICY, Edit(note="We met at the fair.")).after
    assert the(after, DueKind.DRAFT_IDLE).at == the(claim, DueKind.DRAFT_IDLE).at + timedelta(days=30)


def test_a_draft_can_be_changed_field_by_field() -> None:
    """R-09; the timeline names the fields and repeats none of their content."""
    change = submission.edit(draft(), by(PARTNER), POLICY, Edit(country="AT", scopes=(EXCHANGE,)))
    assert (change.after.country, change.after.customer_name, holds(change.after)) == ("AT", "Contoso", {EXCHANGE: "none"})
    assert change.entries[0].data == {"fields": ["country", "scopes"]}


def test_a_draft_cannot_be_changed_into_a_claim_for_nothing() -> None:
    """R-01 holds after an edit as well."""
    with pytest.raises(InvalidInput):
        submission.edit(draft(), by(PARTNER), POLICY, Edit(scopes=()))


def test_what_was_submitted_is_no_longer_edited() -> None:
    """R-09."""
    with pytest.raises(ActionNotAllowed):
        submission.edit(screening(), by(PARTNER), POLICY, Edit(note="late"))


def test_the_same_document_twice_is_one_document() -> None:
    """R-20."""
    claim = submission.attach(draft(), by(PARTNER), replace(proof(), name="again.pdf")).after
    assert [p.name for p in claim.proofs] == ["signed.pdf"]


def test_a_document_attached_after_submission_is_screened() -> None:
    """R-20."""
    claim = submission.attach(under_review(), by(PARTNER), proof("further")).after
    assert the(claim, DueKind.SCREEN).at == MONDAY


@pytest.mark.parametrize(
    ("proofs", "code"),
    [
        ((), "poe_missing"),
        ((proof(faults=("signature_missing",)),), "poe_faulty"),
        ((proof(scan=Scan.INFECTED),), "poe_faulty"),
    ],
    ids=["no proof", "a faulty one", "an infected one"],
)
def test_a_claim_without_an_acceptable_proof_is_told_what_is_missing(proofs: tuple[Proof, ...], code: str) -> None:
    """R-21."""
    claim = replace(draft(), proofs=proofs)
    with pytest.raises(ClaimIncomplete) as refusal:
        submission.submit(claim, by(PARTNER), POLICY)
    assert [o.code for o in refusal.value.obstacles] == [code]


def test_one_good_proof_is_enough() -> None:
    """R-21."""
    claim = replace(draft(), proofs=(proof("bad", faults=("date_missing",)), proof("good")))
    assert submission.obstacles(claim) == ()


def test_submitting_takes_every_scope_and_starts_neither_clock_nor_mail() -> None:
    """R-03, R-22: until the malware verdict nobody is asked and no clock runs; the reservation alone is limited."""
    claim = screening()
    assert (status(claim), claim.submitted_at) == (Status.SCREENING, MONDAY)
    assert holds(claim) == {TEAMS: "held", EXCHANGE: "held"}
    assert kinds(claim.dues) == ["reservation", "screen"]
    assert the(claim, DueKind.RESERVATION).at.isoformat() == "2026-04-17T00:00:00+00:00"


def test_a_contest_holds_what_is_free_and_claims_what_is_taken() -> None:
    """R-24."""
    change = submission.contest(draft(), by(PARTNER), POLICY, (TEAMS,), "We deployed it in May.")
    assert holds(change.after) == {TEAMS: "contested", EXCHANGE: "held"}
    assert (change.entries[0].event, change.entries[0].words) == (Event.CONTEST, "We deployed it in May.")


@pytest.mark.parametrize("taken", [(), ("workload:yammer",)])
def test_a_contest_is_about_scopes_of_the_claim(taken: tuple[str, ...]) -> None:
    """R-24."""
    with pytest.raises(InvalidInput):
        submission.contest(draft(), by(PARTNER), POLICY, taken, "evidence")


def test_a_clean_proof_starts_the_review_clock_and_asks_the_customer_with_two_mails() -> None:
    """R-25, R-30: five business days for the reviewer; notification and request leave together."""
    claim = under_review()
    assert (status(claim), claim.review) == (Status.UNDER_REVIEW, Review.WAITING)
    assert kinds(claim.dues) == ["consent_request", "notification", "reservation", "review_overdue", "undelivered"]
    assert the(claim, DueKind.REVIEW_OVERDUE).at == claim.review_due_at
    assert claim.review_due_at is not None
    assert claim.review_due_at.isoformat() == "2026-03-10T00:00:00+00:00"
    assert answers(claim) == {TEAMS: "pending", EXCHANGE: "pending"}


def test_a_programme_may_ask_only_after_approval() -> None:
    """R-30: policy."""
    claim = under_review(policy=ASKS_LATE)
    assert answers(claim) == {TEAMS: "not_asked", EXCHANGE: "not_asked"}
    assert kinds(claim.dues) == ["reservation", "review_overdue"]


def test_a_clean_contest_waits_for_its_arbitration_with_a_clock_and_the_customer_is_asked() -> None:
    """R-24, R-25."""
    claim = contesting(TEAMS)
    assert status(claim) is Status.CONTESTING
    assert {"review_overdue", "consent_request"} <= set(kinds(claim.dues))


def test_whoever_contests_asks_the_customer_even_where_others_ask_after_approval() -> None:
    """R-371: a contest is decided by the customer's click, and nobody approves a claim that contests."""
    contested = submission.contest(draft(), by(PARTNER), ASKS_LATE, (TEAMS,), "we deployed it").after
    claim = judged(contested, Scan.CLEAN, policy=ASKS_LATE)
    assert answers(claim) == {TEAMS: "pending", EXCHANGE: "pending"}
    assert {"notification", "consent_request"} <= set(kinds(claim.dues))


def test_an_infected_proof_sends_the_claim_back_and_frees_its_scopes() -> None:
    """R-26."""
    claim = judged(screening(), Scan.INFECTED)
    assert (status(claim), claim.submitted_at) == (Status.DRAFT, None)
    assert set(holds(claim).values()) == {"none"}
    assert kinds(claim.dues) == ["draft_idle"]


def test_after_an_infected_proof_a_good_one_is_enough() -> None:
    """R-26: what was once infected does not condemn the claim for ever."""
    claim = submission.attach(judged(screening(), Scan.INFECTED), by(PARTNER), proof("good")).after
    assert status(judged(screening(claim), Scan.CLEAN)) is Status.UNDER_REVIEW


def test_an_infected_proof_after_a_resubmission_asks_the_partner_again_and_keeps_the_scopes() -> None:
    """R-26."""
    claim = submission.attach(action_required(), by(PARTNER), proof("second")).after
    claim = judged(resubmitted(claim), Scan.INFECTED)
    assert (status(claim), claim.reason_code, claim.rounds) == (Status.ACTION_REQUIRED, "poe_infected", 1)
    assert set(holds(claim).values()) == {"held"}
    assert "action_overdue" in kinds(claim.dues)


def test_no_verdict_is_not_clean() -> None:
    """R-25: a document that arrived during the scan is scanned before the review begins."""
    claim = submission.attach(screening(), by(PARTNER), proof("late")).after
    change = submission.screened(claim, by(SYSTEM), POLICY, {"signed": Scan.CLEAN})
    assert status(change.after) is Status.SCREENING
    assert kinds(change.after.dues) == ["reservation", "screen"]
    assert status(judged(change.after, Scan.CLEAN)) is Status.UNDER_REVIEW


def test_a_verdict_that_does_not_come_is_said_and_waited_for() -> None:
    """R-143: nothing is clean, nothing is lost, and the reservation goes on."""
    claim = unscanned()
    assert status(claim) is Status.SCREENING
    assert kinds(claim.dues) == ["late_screen", "reservation"]
    assert status(judged(claim, Scan.CLEAN)) is Status.UNDER_REVIEW
    assert status(judged(claim, Scan.INFECTED)) is Status.DRAFT
    assert "late_screen" not in kinds(judged(claim, Scan.CLEAN).dues)


@pytest.mark.parametrize(("hours", "is_late"), [(0, False), (3, False), (4, True), (100, True)])
def test_the_scanner_has_four_hours(hours: int, is_late: bool) -> None:
    """R-143: and it is said once."""
    due = the(screening(), DueKind.SCREEN)
    assert submission.scan_is_late(due, MONDAY + timedelta(hours=hours)) is is_late
    assert not submission.scan_is_late(the(unscanned(), DueKind.LATE_SCREEN), MONDAY + timedelta(days=9))


def test_a_claim_that_ended_meanwhile_is_not_said_to_be_late() -> None:
    """R-11"""
    due = the(screening(), DueKind.SCREEN)
    claim = ending.withdraw(screening(), by(PARTNER)).after
    assert submission.scan_late(claim, by(SYSTEM), due).after.dues == ()


def test_of_two_further_documents_the_second_is_awaited_when_the_first_is_infected() -> None:
    """R-25: a verdict that did not come yet is still to come."""
    claim = submission.attach(under_review(), by(PARTNER), proof("first")).after
    claim = submission.attach(claim, by(PARTNER), proof("second")).after
    claim = submission.screened(claim, by(SYSTEM), POLICY, {"first": Scan.INFECTED}).after
    assert [p.scan for p in claim.proofs] == [Scan.CLEAN, Scan.INFECTED, Scan.AWAITED]
    assert "screen" in kinds(claim.dues)


def test_a_verdict_on_a_late_document_is_kept_and_stops_nothing() -> None:
    """R-25, R-26: further proof may turn out infected; the claim rests on its first."""
    claim = judged(submission.attach(under_review(), by(PARTNER), proof("further")).after, Scan.INFECTED)
    assert [p.scan for p in claim.proofs] == [Scan.CLEAN, Scan.INFECTED]
    assert status(claim) is Status.UNDER_REVIEW
    assert "screen" not in kinds(claim.dues)


def test_a_verdict_for_a_withdrawn_claim_is_not_waited_for_any_more() -> None:
    """R-11."""
    claim = ending.withdraw(screening(), by(PARTNER)).after
    after = submission.screened(claim, by(SYSTEM), POLICY, {"signed": Scan.CLEAN}).after
    assert (status(after), after.dues) == (Status.WITHDRAWN, ())


def test_after_a_resubmission_the_customers_clock_goes_on_where_it_stood() -> None:
    """R-23, R-31: twelve days were left when action was required, so twelve are left when the new proof is clean."""
    claim = asked(under_review())
    end = the(claim, DueKind.CONSENT_WINDOW).at
    claim = action_required(claim, at=days_after(MONDAY, 2))
    assert {"consent_window", "consent_reminder"} & set(kinds(claim.dues)) == set()
    claim = judged(resubmitted(claim, days_after(MONDAY, 5)), Scan.CLEAN)
    assert the(claim, DueKind.CONSENT_WINDOW).at == claim.window.ends_at == end + timedelta(days=3)
    assert the(claim, MailKind.CONSENT_REMINDER).at == end + timedelta(days=3) - timedelta(days=7)


def test_after_a_resubmission_the_reviewer_has_the_business_days_that_were_left() -> None:
    """R-23: asked on Wednesday with Thursday, Friday and Monday left; back on Friday, so until Wednesday's end."""
    claim = action_required(at=days_after(MONDAY, 2))
    assert "review_overdue" not in kinds(claim.dues)
    claim = judged(resubmitted(claim, days_after(MONDAY, 4)), Scan.CLEAN)
    assert the(claim, DueKind.REVIEW_OVERDUE).at.isoformat() == "2026-03-12T00:00:00+00:00"


def test_a_reviewer_without_a_day_left_gets_one() -> None:
    """R-23: asked on the last day, back a week later: not overdue on arrival."""
    claim = action_required(at=days_after(MONDAY, 7))
    claim = judged(resubmitted(claim, days_after(MONDAY, 9)), Scan.CLEAN)
    assert the(claim, DueKind.REVIEW_OVERDUE).at.isoformat() == "2026-03-13T00:00:00+00:00"


def test_an_infected_document_in_a_dispute_asks_the_partner_and_keeps_the_scopes() -> None:
    """R-26: a dispute is no new draft."""
    claim = rejected(submission.attach(under_review(), by(PARTNER), proof("unscanned")).after)
    claim = judged(ending.dispute(claim, by(PARTNER), POLICY, "it is signed").after, Scan.INFECTED)
    assert status(claim) is Status.ACTION_REQUIRED
    assert set(holds(claim).values()) == {"held"}


def test_whoever_answered_while_action_was_required_is_not_reminded() -> None:
    """R-31."""
    claim = agreed(action_required(asked(under_review()), at=days_after(MONDAY, 1)))
    claim = judged(resubmitted(claim), Scan.CLEAN)
    assert claim.window.ends_at is None
    assert {"consent_window", "consent_reminder", "consent_request"} & set(kinds(claim.dues)) == set()


def test_whoever_was_reminded_before_the_clock_stopped_is_not_reminded_again() -> None:
    """R-31."""
    claim = action_required(reminded(under_review()), at=days_after(MONDAY, 8))
    claim = judged(resubmitted(claim), Scan.CLEAN)
    assert "consent_window" in kinds(claim.dues)
    assert "consent_reminder" not in kinds(claim.dues)


def test_a_request_that_was_cancelled_unsent_is_made_again() -> None:
    """R-30, R-17: the claim expired before its mails left; reopened and resubmitted, it asks after all."""
    claim = ending.reopen(lapsed(), by(PARTNER, lapsed().updated_at), POLICY).after
    assert "consent_request" not in kinds(claim.dues)
    claim = judged(resubmitted(claim), Scan.CLEAN)
    assert {"consent_request", "notification", "undelivered"} <= set(kinds(claim.dues))


def test_a_dispute_asks_nobody_twice_who_has_answered() -> None:
    """R-18, R-30."""
    claim = rejected(agreed(under_review(), TEAMS))
    claim = judged(ending.dispute(claim, by(PARTNER, claim.updated_at), POLICY, "it is signed").after, Scan.CLEAN)
    assert answers(claim) == {TEAMS: str(Consent.GRANTED), EXCHANGE: str(Consent.PENDING)}
    assert "consent_request" in kinds(claim.dues)


def test_the_clocks_take_their_days_from_the_programme() -> None:
    policy = Policy(review_business_days=1, undelivered_days=3)
    claim = under_review(policy=policy)
    assert the(claim, DueKind.REVIEW_OVERDUE).at.isoformat() == "2026-03-04T00:00:00+00:00"
    assert the(claim, DueKind.UNDELIVERED).at.isoformat() == "2026-03-06T00:00:00+00:00"


def test_held_scopes_are_the_only_holds_of_an_ordinary_claim() -> None:
    """R-03."""
    assert {s.hold for s in under_review().scopes} == {Hold.HELD}


def test_whoever_comes_second_learns_which_scope_is_taken_and_since_when_and_never_by_whom() -> None:
    """R-04: the refusal has no field in which a name could travel."""
    refusal = ScopeTaken((Taken(TEAMS, MONDAY),))
    assert [field.name for field in fields(Taken)] == ["scope", "since"]
    assert vars(refusal).keys() == {"sentence", "taken"}
    assert TEAMS in refusal.sentence


# By itself


def eager(claim: Claim) -> Claim:
    return replace(claim, submit_when_ready=True)


def test_a_document_makes_the_submission_due_of_a_claim_that_submits_itself() -> None:
    """R-250"""
    after = submission.attach(eager(created(*BOTH).after), by(PARTNER), proof()).after
    assert kinds(after.dues) == ["draft_idle", "submit"]
    assert kinds(draft().dues) == ["draft_idle"], "nobody asked for it"


def test_each_further_step_tries_the_submission_anew() -> None:
    """R-250: what was due before would be tried with what was known before."""
    first = submission.attach(eager(created(*BOTH).after), by(PARTNER), proof()).after
    second = submission.attach(first, by(PARTNER), proof("another")).after
    assert the(first, DueKind.SUBMIT) != the(second, DueKind.SUBMIT)


def test_an_edit_tries_the_submission_once_there_is_a_document() -> None:
    """R-250"""
    switched_on = submission.Edit(submit_when_ready=True)
    without_proof = submission.edit(created(*BOTH).after, by(PARTNER), POLICY, switched_on).after
    assert kinds(without_proof.dues) == ["draft_idle"], "what is missing is plain to see"
    with_proof = submission.edit(draft(), by(PARTNER), POLICY, switched_on)
    assert kinds(with_proof.after.dues) == ["draft_idle", "submit"]
    assert with_proof.entries[0].data == {"fields": ["submit_when_ready"]}


def test_a_submission_that_is_held_up_says_why_until_it_is_made() -> None:
    """R-250"""
    waiting = submission.attach(eager(created(*BOTH).after), by(PARTNER), proof()).after
    held_up = submission.hold_up(waiting, by(SYSTEM), (Obstacle("scope_taken", "Taken."),))
    assert (status(held_up.after), kinds(held_up.after.dues)) == (Status.DRAFT, ["draft_idle"])
    assert held_up.after.held_up_by == (Obstacle("scope_taken", "Taken."),)
    assert held_up.entries[0].data == {"obstacles": ["scope_taken"]}
    assert screening(held_up.after).held_up_by == ()


def test_a_claim_that_waits_for_its_partners_action_goes_on_by_itself_too() -> None:
    """R-250, R-23"""
    asked = eager(action_required())
    attached = submission.attach(asked, by(PARTNER), proof("signed anew")).after
    assert "submit" in kinds(attached.dues)
    gone_on = resubmitted(attached)
    assert (status(gone_on), "submit" in kinds(gone_on.dues)) == (Status.SCREENING, False)


def test_a_document_during_review_submits_nothing() -> None:
    """R-250: it is submitted already."""
    assert "submit" not in kinds(submission.attach(eager(under_review()), by(PARTNER), proof("further")).after.dues)


@pytest.mark.parametrize(
    ("country", "public_sector", "discloses"),
    [("US", True, True), ("PR", True, True), ("US", False, False), ("DE", True, False)],
)
def test_the_form_discloses_to_the_public_sector_of_the_united_states_and_puerto_rico(
    country: str, public_sector: bool, discloses: bool
) -> None:
    """R-147"""
    claim = submission.edit(draft(), by(PARTNER), POLICY, Edit(country=country, public_sector=public_sector)).after
    assert (claim.country, claim.public_sector) == (country, public_sector)
    assert subject_of(claim, PROGRAMME).discloses is discloses
