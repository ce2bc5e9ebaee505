"""Every pair of status and event is decided on purpose: the table below is written from the rules, not from the code."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from shared.domain import assignment, consent, contact, contest, ending, retention, review, signing, submission
from shared.domain.attestation import OF_PARTNER
from shared.domain.attesting import attest
from shared.domain.claim import Change, Claim, Due, DueKind, Hold, Scan, status
from shared.domain.errors import ActionNotAllowed, ClaimRefused, DomainError, Obstacle
from shared.domain.fresh_link import ask_for_link
from shared.domain.lifecycle import TRANSITIONS, ActorKind, Admission, Event, Status, admission
from shared.domain.notice import MailKind
from shared.domain.timeline import Actor, Fact
from shared.domain.transition import moved
from tests.domain.claim_builders import (
    BOTH,
    CUSTOMER,
    EXCHANGE,
    OPERATOR,
    PARTNER,
    POLICY,
    RITA,
    SIGNER,
    SYSTEM,
    TEAMS,
    action_required,
    active,
    active_by_silence,
    agreed,
    awaiting_consent,
    by,
    contesting,
    draft,
    ended,
    incumbent_of,
    judged,
    lapsed,
    proof,
    refused,
    rejected,
    reminded,
    resubmitted,
    screening,
    silent,
    suspended,
    to_sign,
    under_review,
    withdrawn,
)  # fmt: skip

LETTERS = {
    "D": Status.DRAFT, "S": Status.SCREENING, "C": Status.CONTESTING, "U": Status.UNDER_REVIEW, "A": Status.ACTION_REQUIRED,
    "W": Status.AWAITING_CONSENT, "V": Status.ACTIVE, "wd": Status.WITHDRAWN, "rf": Status.REFUSED, "rj": Status.REJECTED,
    "ex": Status.EXPIRED, "en": Status.ENDED,
}  # fmt: skip

# A cell names what the status may become; a dot is a pair that is not admitted.
EXPECTED_TABLE = """
event               D    S       C      U     A     W        V     wd   rf   rj   ex   en
created             .    .       .      .     .     .        .     .    .    .    .    .
edited              D    S       C      U     A     W        V     .    .    .    .    .
proof_attached      D    S       C      U     A     W        .     .    .    .    .    .
proof_removed       D    .       .      .     .     .        .     .    .    .    .    .
proof_attested      D    S       C      U     A     W        .     .    .    .    .    .
signature_requested D    .       .      .     A     .        .     .    .    .    .    .
signed              D    S       C      U     A     W        .     .    .    .    .    .
signed_by_hand      D    S       C      U     A     W        .     .    .    .    .    .
signature_declined  D    S       C      U     A     W        .     .    .    .    .    .
signature_delegated D    S       C      U     A     W        .     .    .    .    .    .
signature_expired   D    S       C      U     A     W        .     .    .    .    .    .
submitted           S    .       .      .     S     .        .     .    .    .    .    .
submission_held     D    .       .      .     A     .        .     .    .    .    .    .
contested           S    .       .      .     .     .        .     .    .    .    .    .
withdrawn           wd   wd      wd     wd    wd    wd       .     .    .    .    .    .
reopened            .    .       .      .     .     .        .     .    .    .    A    .
disputed            .    .       .      .     .     .        .     .    .    S    .    .
consent_resent      .    .       C      U     A     W        .     .    .    .    .    .
scan_clean          .    S,U,C   C      U     A     W        V     .    .    .    .    .
scan_infected       .    D,A     C      U     A     W        V     .    .    .    .    .
scan_late           .    S       C      U     A     W        V     .    .    .    .    .
challenged          .    S       C      U     A     W        V     .    .    .    .    .
incumbent_released  .    S       C,U    .     .     .        .     .    .    .    .    .
scope_lost          .    S,rj    C      U,rj  A,rj  W,V,rj   V,en  .    .    .    .    .
contest_won         .    .       V      .     .     .        .     .    .    .    .    .
contest_lost        .    .       rj     .     .     .        .     .    .    .    .    .
approved            .    .       .      V,W   .     .        .     .    .    .    .    .
action_requested    .    .       .      A     .     A        .     .    .    .    .    .
rejected            .    .       rj     rj    rj    rj       .     .    .    .    .    .
commented           .    S       C      U     A     W        V     .    .    .    .    .
assigned            .    S       C      U     A     W        .     .    .    .    .    .
review_escalated    .    .       C      U     .     .        .     .    .    .    .    .
action_warned       .    .       .      .     A     .        .     .    .    .    .    .
action_overdue      .    .       .      .     ex    .        .     .    .    .    .    .
mail_accepted       D    S       C      U     A     W        V     wd   rf   rj   ex   en
mail_unknown        D    S       C      U     A     W        V     wd   rf   rj   ex   en
mail_failed         D    S       C      U     A     W        V     wd   rf   rj   ex   en
mail_delivered      .    S       C      U     A     W        V     .    .    .    .    .
mail_bounced        .    S       C      U     A     W        V,W   .    .    .    .    .
reported_unknown    .    S       C      U     A     W        V,W   .    .    .    .    .
consent_forwarded   .    S       C      U     A     W        .     .    .    .    .    .
agreed              .    S       C,U    U     A     W,V      V     .    .    .    .    .
refused             .    rf      rf     rf    rf    rf       en    .    .    .    .    .
window_ended        .    S       C      U     .     W,V      .     .    .    .    .    .
draft_idle          ex   .       .      .     .     .        .     .    .    .    .    .
reservation_over    .    ex      ex     ex    ex    ex       .     .    .    .    .    .
undelivered         .    ex      ex     ex    ex    ex       .     .    .    .    .    .
ended               .    S,en    .      U,en  A,en  W,V,en   V,en  .    .    .    .    .
people_forgotten    .    .       .      .     .     .        .     wd   rf   rj   ex   en
link_requested      D    S       C      U     A     W        V     wd   rf   rj   ex   en
"""


def expected() -> dict[tuple[Status, Event], frozenset[Status]]:
    header, *rows = (line.split() for line in EXPECTED_TABLE.strip().splitlines())
    return {
        (LETTERS[column], Event(row[0])): frozenset(LETTERS[name] for name in cell.split(",") if name != ".")
        for row in rows
        for column, cell in zip(header[1:], row[1:], strict=True)
    }


EXPECTED = expected()
ALL_PAIRS = [(now, event) for now in Status for event in Event]


def test_the_table_decides_every_pair_of_status_and_event() -> None:
    assert EXPECTED.keys() == set(ALL_PAIRS)


def test_the_code_admits_exactly_what_the_table_admits() -> None:
    """R-10."""
    assert {pair: targets for pair, targets in EXPECTED.items() if targets} == TRANSITIONS


@pytest.mark.parametrize("side", ActorKind)
def test_what_is_not_listed_is_refused_to_those_who_act_and_recorded_for_those_who_cannot_know(side: ActorKind) -> None:
    """R-11: a late click or timer must not fail; a partner or reviewer is told."""
    unlisted = Admission.NO_OP if side in (ActorKind.SYSTEM, ActorKind.CUSTOMER) else Admission.REFUSED
    for pair, targets in EXPECTED.items():
        assert admission(*pair, side) is (Admission.ADMITTED if targets else unlisted), pair


ONE = draft(TEAMS)
# Somebody was asked to sign, and the partner has submitted with another proof meanwhile.
ASKED = to_sign(draft())

# Associations that stand while a reviewer asks for something; and a claim of which only one scope rests on silence.
MENDING = action_required(suspended(), at=suspended().updated_at)
PARTLY_SUSPENDED = suspended(silent(reminded(awaiting_consent(agreed(under_review(), EXCHANGE)))).after)

# Claims in each status, by real moves: as many as there are ways on from it.
CLAIMS = {
    Status.DRAFT: (draft(), ASKED, judged(screening(), Scan.INFECTED)),
    Status.SCREENING: (
        screening(),
        screening(ONE),
        screening(ASKED),
        resubmitted(action_required()),
        submission.attach(screening(), by(PARTNER), proof("further")).after,
        submission.contest(draft(), by(PARTNER), POLICY, (TEAMS,), "").after,
        resubmitted(submission.attach(action_required(), by(PARTNER), proof("further")).after),
        resubmitted(MENDING),
    ),
    Status.CONTESTING: (
        contesting(TEAMS),
        contesting(TEAMS, claim=ASKED),
        contesting(*BOTH),
        agreed(contesting(TEAMS)),
        contesting(TEAMS, claim=ONE),
        reminded(contesting(TEAMS)),
    ),
    Status.UNDER_REVIEW: (
        under_review(),
        under_review(ASKED),
        under_review(ONE),
        agreed(under_review()),
        reminded(under_review()),
        judged(resubmitted(MENDING), Scan.CLEAN),
    ),
    Status.ACTION_REQUIRED: (action_required(), to_sign(action_required()), action_required(under_review(ONE)), MENDING),
    Status.AWAITING_CONSENT: (
        awaiting_consent(),
        awaiting_consent(under_review(ASKED)),
        awaiting_consent(under_review(ONE)),
        awaiting_consent(agreed(under_review(), EXCHANGE)),
        reminded(awaiting_consent()),
        reminded(awaiting_consent(agreed(under_review(), EXCHANGE))),
        suspended(),
        PARTLY_SUSPENDED,
    ),
    Status.ACTIVE: (active(), active(under_review(ASKED)), active(under_review(ONE)), active_by_silence()),
    Status.WITHDRAWN: (withdrawn(), withdrawn(ASKED), withdrawn(under_review())),
    Status.REFUSED: (refused(),),
    Status.REJECTED: (rejected(),),
    Status.EXPIRED: (lapsed(),),
    Status.ENDED: (ended(),),
}


type Driver = Callable[[Claim, Actor], Change]


def due_of(claim: Claim, kind: DueKind) -> Due:
    """What is due of this kind, or a piece of work of this kind that the claim does not know (any more)."""
    return next((d for d in claim.dues if d.kind is kind), Due(kind, claim.updated_at, 1))


def deadline(kind: DueKind) -> Driver:
    return lambda claim, who: ending.expire(claim, by(who, claim.updated_at), due_of(claim, kind))


def lost(event: Event) -> Driver:
    return lambda claim, who: consent.mail_lost(claim, by(who, claim.updated_at), mail_of(claim), event, "code")


def mail_of(claim: Claim) -> Due:
    return next((d for d in claim.dues if d.mail), Due(DueKind.MAIL, claim.updated_at, 1, MailKind.CONSENT_REQUEST))


def scan(verdict: Scan) -> Driver:
    def drive(claim: Claim, who: Actor) -> Change:
        return submission.screened(claim, by(who, claim.updated_at), POLICY, {claim.proofs[0].document_id: verdict})

    return drive


def scan_all(claim: Claim, who: Actor) -> Change:
    return submission.screened(claim, by(who, claim.updated_at), POLICY, {p.document_id: Scan.CLEAN for p in claim.proofs})


def answer(**said: bool) -> Driver:
    def drive(claim: Claim, who: Actor) -> Change:
        choices = {f"workload:{name}": yes for name, yes in said.items() if f"workload:{name}" in {s.scope for s in claim.scopes}}
        return consent.answer(claim, by(who, claim.updated_at), choices or {TEAMS: said["teams"]}, None)

    return drive


def window(claim: Claim, who: Actor) -> Change:
    due = due_of(claim, DueKind.CONSENT_WINDOW)
    return consent.window_ended(claim, by(who, max(due.at, claim.updated_at)), POLICY, due)


def bounce(claim: Claim, who: Actor) -> Change:
    mail = Due(DueKind.MAIL, claim.updated_at, claim.window.since_seq, MailKind.CONSENT_REQUEST)
    return contact.bounced(claim, by(who, claim.updated_at), POLICY, mail)


def deliver(claim: Claim, who: Actor) -> Change:
    mail = Due(DueKind.MAIL, claim.updated_at, claim.window.since_seq, MailKind.CONSENT_REQUEST)
    return contact.delivered(claim, by(who, claim.updated_at), mail)


def end(*scopes: str) -> Driver:
    return lambda claim, who: consent.end(claim, by(who, claim.updated_at), frozenset(scopes), "no_longer_wanted")


def lose(*scopes: str) -> Driver:
    return lambda claim, who: contest.lose_scopes(claim, by(who, claim.updated_at), frozenset(scopes))


def win(claim: Claim, who: Actor) -> Change:
    return contest.win(claim, [incumbent_of(TEAMS)], by(who, claim.updated_at))[0]


def take_over(*scopes: str) -> Driver:
    return lambda claim, who: contest.take_over(claim, by(who, claim.updated_at), POLICY, scopes)


def accept(claim: Claim, who: Actor) -> Change:
    at = claim.updated_at
    return consent.mail_accepted(claim, by(who, at), POLICY, mail_of(claim), at + timedelta(days=14))


def challenge(claim: Claim, who: Actor) -> Change:
    held = frozenset(s.scope for s in claim.scopes if s.hold is Hold.HELD)
    return contest.challenge(claim, by(who), held or {TEAMS}, "c1a1b2c3-00000000000000000009")


def take(claim: Claim, who: Actor) -> Change:
    change = assignment.assign(claim, by(who, claim.updated_at), who.id, takes_over=False)
    assert change is not None
    return change


def new_link(claim: Claim, who: Actor) -> Change:
    change = ask_for_link(claim, by(who, claim.updated_at))
    assert change is not None
    return change


# Who brings the event, and how; several where an event has several shapes.
MOVES: list[tuple[Event, tuple[Actor, ...], Driver]] = [
    (Event.EDIT, (PARTNER,), lambda c, who: contact.correct(c, by(who), POLICY, "contact-2", is_verified=True, commitment="x")),
    (Event.ATTACH, (PARTNER,), lambda c, who: submission.attach(c, by(who), proof("further"))),
    (Event.DETACH, (PARTNER,), lambda c, who: submission.detach(c, by(who), c.proofs[0].document_id)),
    (Event.ATTEST, (PARTNER,), lambda c, who: attest(c, by(who, c.updated_at), "signed", OF_PARTNER)),
    (
        Event.ASK_TO_SIGN,
        (PARTNER,),
        lambda c, who: signing.ask_to_sign(c, by(who, c.updated_at), POLICY, "signer-2", "x", submits=True),
    ),
    (Event.SIGN, (SIGNER,), lambda c, who: signing.sign(c, by(who, c.updated_at), proof("sealed"), {"document": "sealed"})),
    (Event.UPLOAD_SIGNED, (SIGNER,), lambda c, who: signing.upload(c, by(who, c.updated_at), proof("by-hand"))),
    (Event.DECLINE_SIGNATURE, (SIGNER,), lambda c, who: signing.decline(c, by(who, c.updated_at), "Not us.")),
    (Event.DELEGATE_SIGNATURE, (SIGNER,), lambda c, who: signing.delegate(c, by(who, c.updated_at), POLICY, "signer-2", "x")),
    (
        Event.SIGNATURE_OVERDUE,
        (SYSTEM,),
        lambda c, who: signing.signature_overdue(c, by(who, c.updated_at), due_of(c, DueKind.SIGNATURE_OVERDUE)),
    ),
    (Event.SUBMIT, (PARTNER,), lambda c, who: submission.submit(submission_ready(c), by(who), POLICY)),
    (Event.HOLD_SUBMISSION, (SYSTEM,), lambda c, who: submission.hold_up(c, by(who), (Obstacle("poe_faulty", "No."),))),
    (
        Event.CONTEST,
        (PARTNER,),
        lambda c, who: submission.contest(submission_ready(c), by(who), POLICY, (TEAMS,), "we were here"),
    ),
    (Event.WITHDRAW, (PARTNER,), lambda c, who: ending.withdraw(c, by(who))),
    (Event.REOPEN, (PARTNER,), lambda c, who: ending.reopen(c, by(who, c.updated_at), POLICY)),
    (Event.DISPUTE, (PARTNER,), lambda c, who: ending.dispute(c, by(who, c.updated_at), POLICY, "it is signed")),
    (Event.RESEND, (PARTNER,), lambda c, who: contact.resend(c, by(who), POLICY)),
    (Event.SCAN_CLEAN, (SYSTEM,), scan(Scan.CLEAN)),
    (Event.SCAN_CLEAN, (SYSTEM,), scan_all),
    (Event.SCAN_INFECTED, (SYSTEM,), scan(Scan.INFECTED)),
    (Event.SCAN_LATE, (SYSTEM,), lambda c, who: submission.scan_late(c, by(who), due_of(c, DueKind.SCREEN))),
    (Event.CHALLENGE, (SYSTEM,), challenge),
    (Event.RELEASE, (SYSTEM,), take_over(TEAMS)),
    (Event.RELEASE, (SYSTEM,), take_over(*BOTH)),
    (Event.SCOPE_LOST, (RITA, OPERATOR), lose(TEAMS)),
    (Event.SCOPE_LOST, (RITA, OPERATOR), lose(*BOTH)),
    (Event.SCOPE_LOST, (RITA, OPERATOR), lose(EXCHANGE)),
    (Event.ARBITRATE_WON, (RITA, OPERATOR), win),
    (Event.ARBITRATE_LOST, (RITA, OPERATOR), lambda c, who: contest.lose(c, by(who), "the incumbent deployed it")),
    (Event.APPROVE, (RITA,), lambda c, who: review.approve(c, by(who, c.updated_at), POLICY)),
    (Event.REQUEST_ACTION, (RITA,), lambda c, who: review.request_action(c, by(who, c.updated_at), POLICY, "code", "words")),
    (Event.REJECT, (RITA,), lambda c, who: review.reject(c, by(who), "code", "words")),
    (Event.COMMENT, (RITA, OPERATOR), lambda c, who: review.comment(c, by(who), "seen")),
    (Event.ASSIGN, (RITA,), take),
    (Event.REVIEW_OVERDUE, (SYSTEM,), lambda c, who: review.review_overdue(c, by(who), due_of(c, DueKind.REVIEW_OVERDUE))),
    (Event.ACTION_WARNING, (SYSTEM,), lambda c, who: review.action_warned(c, by(who), due_of(c, DueKind.ACTION_WARNING))),
    (Event.ACTION_OVERDUE, (SYSTEM,), deadline(DueKind.ACTION_OVERDUE)),
    (Event.DRAFT_IDLE, (SYSTEM,), deadline(DueKind.DRAFT_IDLE)),
    (Event.RESERVATION_OVER, (SYSTEM,), deadline(DueKind.RESERVATION)),
    (Event.UNDELIVERED, (SYSTEM,), deadline(DueKind.UNDELIVERED)),
    (Event.MAIL_ACCEPTED, (SYSTEM,), accept),
    (Event.MAIL_UNKNOWN, (SYSTEM,), lost(Event.MAIL_UNKNOWN)),
    (Event.MAIL_FAILED, (SYSTEM,), lost(Event.MAIL_FAILED)),
    (Event.DELIVERED, (SYSTEM,), deliver),
    (Event.BOUNCE, (SYSTEM,), bounce),
    (Event.REPORT_UNKNOWN, (CUSTOMER,), lambda c, who: contact.report_unknown(c, by(who, c.updated_at), None)),
    (Event.FORWARD, (CUSTOMER,), lambda c, who: contact.forward(c, by(who, c.updated_at), POLICY, "contact-2", "x")),
    (Event.AGREE, (CUSTOMER,), answer(teams=True, exchange=True)),
    (Event.AGREE, (CUSTOMER,), answer(teams=True)),
    (Event.AGREE, (CUSTOMER,), answer(teams=False, exchange=True)),
    (Event.REFUSE, (CUSTOMER,), answer(teams=False, exchange=False)),
    (Event.WINDOW_ENDED, (SYSTEM,), window),
    (Event.END, (CUSTOMER, PARTNER, OPERATOR), end(TEAMS)),
    (Event.END, (CUSTOMER, PARTNER, OPERATOR), end(*BOTH)),
    (Event.FORGET, (SYSTEM,), lambda c, who: retention.forgotten(c, by(who, c.updated_at), due_of(c, DueKind.FORGET))),
    (Event.ASK_FOR_LINK, (CUSTOMER,), new_link),
]


def submission_ready(claim: Claim) -> Claim:
    """A claim whose proof alone would not stop it."""
    return (
        submission.attach(claim, by(PARTNER, claim.updated_at), proof("good")).after if status(claim) is Status.DRAFT else claim
    )


def driven(now: Status) -> Iterator[tuple[Event, Actor, Claim, Driver]]:
    return ((event, who, claim, drive) for event, sides, drive in MOVES for who in sides for claim in CLAIMS[now])


def test_every_event_but_the_first_is_driven() -> None:
    assert {event for event, _, _ in MOVES} == set(Event) - {Event.CREATE}


@pytest.mark.parametrize("now", Status)
def test_every_builder_leads_to_the_status_it_is_named_for(now: Status) -> None:
    """R-12: nothing sets a status; these claims have only been moved."""
    assert {status(claim) for claim in CLAIMS[now]} == {now}


@pytest.mark.parametrize("now", Status)
def test_every_admitted_move_leads_where_the_table_says_and_everywhere_it_says(now: Status) -> None:
    """R-10, driven through the real moves: no target is missed and none is made up."""
    reached: dict[Event, set[Status]] = {}
    for event, who, claim, drive in driven(now):
        if not EXPECTED[now, event]:
            continue
        try:
            change = drive(claim, who)
        except DomainError:
            continue  # A guard of the move itself, proved where the move is; a target that only it hides would be missed below.
        else:
            reached.setdefault(change.entries[0].event, set()).add(status(change.after))
    assert reached == {event: set(EXPECTED[now, event]) for event in Event if EXPECTED[now, event]}


@pytest.mark.parametrize("now", Status)
def test_what_is_not_admitted_raises_for_partners_and_reviewers(now: Status) -> None:
    """R-11, and R-27: after a refusal approval has a code of its own."""
    for event, who, claim, drive in driven(now):
        if EXPECTED[now, event] or who.kind in (ActorKind.SYSTEM, ActorKind.CUSTOMER):
            continue
        refusal = ClaimRefused if (event, now) == (Event.APPROVE, Status.REFUSED) else ActionNotAllowed
        with pytest.raises(refusal) as raised:
            drive(claim, who)
        if isinstance(raised.value, ActionNotAllowed):
            assert (raised.value.code, raised.value.event, raised.value.status) == ("action_not_allowed", event, now)


@pytest.mark.parametrize("now", Status)
def test_what_comes_too_late_from_system_or_customer_is_recorded_and_changes_nothing(now: Status) -> None:
    """R-11: nothing but the timeline moves, and a deadline that has been met is no longer due."""
    for event, who, claim, drive in driven(now):
        if EXPECTED[now, event] or who.kind not in (ActorKind.SYSTEM, ActorKind.CUSTOMER):
            continue
        change = drive(claim, who)
        after = change.after
        assert change.entries[0].data["noEffect"] is True, event
        assert (status(after), after.scopes, after.review, after.window, after.closing) == (
            now, claim.scopes, claim.review, claim.window, claim.closing
        ), event  # fmt: skip
        assert after.seq == claim.seq + 1
        assert set(after.dues) <= set(claim.dues), event


def test_a_move_that_leads_where_the_table_does_not_is_a_fault_of_the_program() -> None:
    """R-10: whatever a move computes, it cannot leave the table."""
    with pytest.raises(AssertionError, match="which the table does not admit"):
        moved(draft(), by(PARTNER), Fact(Event.EDIT), submitted_at=draft().updated_at)
    with pytest.raises(AssertionError, match="which the table does not admit"):
        moved(draft(), by(PARTNER), Fact(Event.APPROVE))
