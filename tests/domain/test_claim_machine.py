"""Any sequence of events, in any order and at any time, leaves every claim of a customer sound.

One customer, two partners, two workloads: the first claim may be active, contested, lost; the second contests it. After
every step the invariants below are checked on both, so that whatever the store keeps (holds, tenures, what is due) can be
read off the values.
"""

from collections.abc import Callable
from datetime import timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from shared.domain import consent, contact, contest, ending, review, signing, submission
from shared.domain.association import Association
from shared.domain.claim import IMMEDIATE, Change, Claim, Consent, Due, DueKind, Hold, Scan, status
from shared.domain.errors import DomainError
from shared.domain.fresh_link import ask_for_link
from shared.domain.lifecycle import CLOSED, Event, Status
from shared.domain.notice import ASKS_TO_SIGN, MailKind
from shared.domain.timeline import Act, Actor, Entry, is_intact
from tests.domain.claim_builders import (
    BOTH,
    CUSTOMER,
    MONDAY,
    OTTO,
    PARTNER,
    POLICY,
    RITA,
    SIGNER,
    SYSTEM,
    TEAMS,
    by,
    created,
    proof,
)

NAMES = st.sampled_from(["first", "second"])
REVIEWERS = st.sampled_from([RITA, OTTO])
SAYS = st.dictionaries(st.sampled_from(BOTH), st.booleans(), min_size=1)
LOSSES = st.sampled_from([Event.MAIL_FAILED, Event.MAIL_UNKNOWN])
PAUSES = st.sampled_from([timedelta(0), timedelta(hours=5), timedelta(days=1), timedelta(days=8), timedelta(days=31)])
ENDING = {
    DueKind.ACTION_OVERDUE: ending.expire,
    DueKind.DRAFT_IDLE: ending.expire,
    DueKind.RESERVATION: ending.expire,
    DueKind.UNDELIVERED: ending.expire,
    DueKind.REVIEW_OVERDUE: review.review_overdue,
    DueKind.ACTION_WARNING: review.action_warned,
    DueKind.SIGNATURE_OVERDUE: signing.signature_overdue,
}


class Customer(RuleBasedStateMachine):
    """All claims for one customer, and everything that may happen to them."""

    def __init__(self) -> None:
        super().__init__()
        self.now = MONDAY
        self.claims: dict[str, Claim] = {}
        self.entries: dict[str, list[Entry]] = {}
        self.tenures: dict[tuple[str, str], Association] = {}
        self.sent: list[tuple[str, Due]] = []
        for number, name in enumerate(("first", "second"), start=1):
            scopes = BOTH if name == "first" else BOTH[:1]
            change = created(*scopes, claim_id=f"c1a1b2c3-{number:020d}", verified=name == "first")
            self.claims[name], self.entries[name] = change.after, list(change.entries)

    def apply(self, name: str, change: Change) -> None:
        before, after = self.claims[name], change.after
        assert change.before == before
        assert after.seq > before.seq, "the sequence strictly grows"
        assert after.seq == before.seq + len(change.entries)
        self.entries[name] += change.entries
        self._implied_only_by_a_silence_that_counts(before, change)
        self.claims[name] = after
        for tenure in after.tenures:
            key = (name, tenure.scope)
            if key not in self.tenures:
                assert tenure.active_from == after.updated_at, "the later of approval and consent is now"
            self.tenures[key] = self._never_reopened(self.tenures.get(key, tenure), tenure)
        assert {key for key in self.tenures if key[0] == name} == {(name, t.scope) for t in after.tenures}, "none is deleted"

    @staticmethod
    def _never_reopened(was: Association, now: Association) -> Association:
        assert (now.active_from, now.submitted_at, now.claim_id) == (was.active_from, was.submitted_at, was.claim_id)
        assert was.is_standing or now == was
        return now

    @staticmethod
    def _implied_only_by_a_silence_that_counts(before: Claim, change: Change) -> None:
        was = {s.scope: s.consent for s in before.scopes}
        if not any(s.consent is Consent.IMPLIED and was[s.scope] is not Consent.IMPLIED for s in change.after.scopes):
            return
        window, asked_at = before.window, before.window.asked_at
        assert change.entries[0].event is Event.WINDOW_ENDED
        assert asked_at is not None
        assert change.after.updated_at - asked_at >= timedelta(hours=24)
        assert window.reminders >= 1
        assert before.contact_verified

    def attempt(self, name: str, decide: Callable[[Claim], Change]) -> None:
        """One move; a refusal leaves everything as it is. A hold that another has is a conflict, as in the store."""
        try:
            change = decide(self.claims[name])
        except DomainError:
            return
        others = {s.scope for other, c in self.claims.items() if other != name for s in c.scopes if s.hold is Hold.HELD}
        if others & {s.scope for s in change.after.scopes if s.hold is Hold.HELD}:
            return
        self.apply(name, change)
        freed = contest.freed(change)
        for other, claim in self.claims.items():
            if other != name and freed & contest.contested(claim):
                self.apply(other, contest.take_over(claim, by(SYSTEM, self.now), POLICY, freed))

    def at(self, actor: Actor) -> Act:
        return by(actor, self.now)

    @initialize(first=st.integers(0, 6), second=st.integers(0, 3), by_silence=st.booleans())
    def some_way_along(self, first: int, second: int, by_silence: bool) -> None:
        for _ in range(first):
            self.goes_on("first", by_silence)
        for _ in range(second):
            self.goes_on("second", by_silence)

    @rule(name=NAMES, by_silence=st.booleans())
    def goes_on(self, name: str, by_silence: bool) -> None:
        """The next step of an ordinary life, so that long sequences are not all about drafts."""
        match status(self.claims[name]):
            case Status.DRAFT:
                self.attach(name, f"document-{self.claims[name].seq}")
                self.submit(name)
                if status(self.claims[name]) is Status.DRAFT and name == "second":
                    self.contest()
            case Status.SCREENING:
                self.scan(name, Scan.CLEAN, all_of_them=True)
            case Status.ACTION_REQUIRED:
                self.submit(name)
            case Status.UNDER_REVIEW if not by_silence:
                self.approve(name, OTTO)
            case Status.UNDER_REVIEW | Status.AWAITING_CONSENT if by_silence:
                self.mails_go_out(name)
                self.reminder_goes_out(name)
                self.next_deadline(name)
            case Status.AWAITING_CONSENT:
                self.answer(name, dict.fromkeys(BOTH if name == "first" else BOTH[:1], True))
            case Status.CONTESTING:
                self.answer(name, {TEAMS: True})

    @rule(pause=PAUSES)
    def time_passes(self, pause: timedelta) -> None:
        self.now += pause

    @rule(name=NAMES, document=st.sampled_from(["one", "two"]))
    def attach(self, name: str, document: str) -> None:
        self.attempt(name, lambda c: submission.attach(c, self.at(PARTNER), proof(document)))

    @rule(name=NAMES, submits=st.booleans())
    def ask_to_sign(self, name: str, submits: bool) -> None:
        self.attempt(name, lambda c: signing.ask_to_sign(c, self.at(PARTNER), POLICY, "signer-1", "x", submits=submits))

    @rule(name=NAMES, by_hand=st.booleans())
    def sign(self, name: str, by_hand: bool) -> None:
        document = proof(f"signed-{self.claims[name].seq}")
        if by_hand:
            self.attempt(name, lambda c: signing.upload(c, self.at(SIGNER), document))
        else:
            self.attempt(name, lambda c: signing.sign(c, self.at(SIGNER), document, {}))

    @rule(name=NAMES, passes_it_on=st.booleans())
    def do_not_sign(self, name: str, passes_it_on: bool) -> None:
        if passes_it_on:
            self.attempt(name, lambda c: signing.delegate(c, self.at(SIGNER), POLICY, "signer-2", "x"))
        else:
            self.attempt(name, lambda c: signing.decline(c, self.at(SIGNER), None))

    @rule(name=NAMES)
    def submit(self, name: str) -> None:
        self.attempt(name, lambda c: submission.submit(c, self.at(PARTNER), POLICY))

    @rule()
    @precondition(lambda self: any(s.scope == TEAMS and s.hold is Hold.HELD for s in self.claims["first"].scopes))
    def contest(self) -> None:
        self.attempt("second", lambda c: submission.contest(c, self.at(PARTNER), POLICY, (TEAMS,), "we deployed it"))

    @rule(name=NAMES, verdict=st.sampled_from([Scan.CLEAN, Scan.CLEAN, Scan.INFECTED]), all_of_them=st.booleans())
    @precondition(lambda self: any(d.kind is DueKind.SCREEN for c in self.claims.values() for d in c.dues))
    def scan(self, name: str, verdict: Scan, all_of_them: bool) -> None:
        awaited = [p.document_id for p in self.claims[name].proofs if p.scan is Scan.AWAITED]
        verdicts = dict.fromkeys(awaited if all_of_them else awaited[:1], verdict)
        self.attempt(name, lambda c: submission.screened(c, self.at(SYSTEM), POLICY, verdicts))

    @rule(name=NAMES, reviewer=REVIEWERS)
    def approve(self, name: str, reviewer: Actor) -> None:
        self.attempt(name, lambda c: review.approve(c, self.at(reviewer), POLICY, confirms_contact=True))

    @rule(name=NAMES, reviewer=REVIEWERS)
    def request_action(self, name: str, reviewer: Actor) -> None:
        self.attempt(name, lambda c: review.request_action(c, self.at(reviewer), POLICY, "code", "words"))

    @rule(name=NAMES, reviewer=REVIEWERS)
    def reject(self, name: str, reviewer: Actor) -> None:
        self.attempt(name, lambda c: review.reject(c, self.at(reviewer), "code", "words"))

    @rule(name=NAMES, says=SAYS)
    def answer(self, name: str, says: dict[str, bool]) -> None:
        self.attempt(name, lambda c: consent.answer(c, self.at(CUSTOMER), says, None))

    @rule(name=NAMES, which=st.integers(0, 9))
    def mail_accepted(self, name: str, which: int) -> None:
        mails = [d for d in self.claims[name].dues if d.mail and d.at <= self.now]
        if mails:
            due = mails[which % len(mails)]
            self.sent.append((name, due))
            ends_at = consent.answer_by(self.now, POLICY)
            self.attempt(name, lambda c: consent.mail_accepted(c, self.at(SYSTEM), POLICY, due, ends_at))

    @rule(name=NAMES, which=st.integers(0, 9), event=LOSSES)
    def mail_lost(self, name: str, which: int, event: Event) -> None:
        mails = [d for d in self.claims[name].dues if d.mail and d.at <= self.now]
        if mails:
            self.attempt(name, lambda c: consent.mail_lost(c, self.at(SYSTEM), mails[which % len(mails)], event, "code"))

    @rule(which=st.integers(0, 9))
    @precondition(lambda self: self.sent)
    def mail_bounces(self, which: int) -> None:
        name, due = self.sent[which % len(self.sent)]
        self.attempt(name, lambda c: contact.bounced(c, self.at(SYSTEM), POLICY, due))

    @rule(name=NAMES)
    def report_unknown(self, name: str) -> None:
        self.attempt(name, lambda c: contact.report_unknown(c, self.at(CUSTOMER), None))

    @rule(name=NAMES)
    def forward(self, name: str) -> None:
        self.attempt(name, lambda c: contact.forward(c, self.at(CUSTOMER), POLICY, "contact-3", "x"))

    @rule(name=NAMES)
    def resend(self, name: str) -> None:
        self.attempt(name, lambda c: contact.resend(c, self.at(PARTNER), POLICY))

    @rule(name=NAMES, is_verified=st.booleans())
    def correct(self, name: str, is_verified: bool) -> None:
        act = self.at(PARTNER)
        self.attempt(name, lambda c: contact.correct(c, act, POLICY, "contact-2", is_verified=is_verified, commitment="x"))

    @rule(name=NAMES)
    def ask_for_link(self, name: str) -> None:
        change = ask_for_link(self.claims[name], self.at(CUSTOMER))
        if change is not None:
            self.apply(name, change)

    @rule(name=NAMES)
    def next_deadline(self, name: str) -> None:
        """Time goes on to the claim's next deadline, whichever it is, and it fires."""
        later = (d for d in self.claims[name].dues if d.kind not in IMMEDIATE)
        deadlines = sorted(later, key=lambda d: d.at)
        if deadlines:
            self.now = max(self.now, deadlines[0].at)
            self._fire(name, deadlines[0])

    def _fire(self, name: str, due: Due) -> None:
        if due.kind is DueKind.CONSENT_WINDOW:
            self.attempt(name, lambda c: consent.window_ended(c, self.at(SYSTEM), POLICY, due))
        else:
            self.attempt(name, lambda c: ENDING[due.kind](c, self.at(SYSTEM), due))

    @rule(name=NAMES)
    def mails_go_out(self, name: str) -> None:
        """Every mail that is due is taken: the ordinary course of things."""
        while mails := [d for d in self.claims[name].dues if d.mail and d.at <= self.now]:
            self.mail_accepted(name, 0)
            assert mails[0] not in self.claims[name].dues

    @rule(name=NAMES)
    def reminder_goes_out(self, name: str) -> None:
        reminders = [d for d in self.claims[name].dues if d.mail is MailKind.CONSENT_REMINDER]
        if reminders:
            self.now = max(self.now, reminders[0].at)
            self.mails_go_out(name)

    @rule(name=NAMES)
    def reopen(self, name: str) -> None:
        self.attempt(name, lambda c: ending.reopen(c, self.at(PARTNER), POLICY))

    @rule(name=NAMES)
    def dispute(self, name: str) -> None:
        self.attempt(name, lambda c: ending.dispute(c, self.at(PARTNER), POLICY, "it is signed"))

    @rule(name=NAMES)
    def withdraw(self, name: str) -> None:
        self.attempt(name, lambda c: ending.withdraw(c, self.at(PARTNER)))

    @rule(name=NAMES, scopes=st.sets(st.sampled_from(BOTH), min_size=1))
    def end(self, name: str, scopes: set[str]) -> None:
        self.attempt(name, lambda c: consent.end(c, self.at(CUSTOMER), frozenset(scopes), "no_longer_wanted"))

    @rule(reviewer=REVIEWERS)
    @precondition(lambda self: status(self.claims["second"]) is Status.CONTESTING)
    def challenger_wins(self, reviewer: Actor) -> None:
        try:
            mine, theirs = contest.win(self.claims["second"], [self.claims["first"]], self.at(reviewer), confirms_contact=True)
        except DomainError:
            return
        assert contest.freed(theirs) == contest.contested(self.claims["second"])
        self.apply("first", theirs)
        self.apply("second", mine)

    @rule(reviewer=REVIEWERS)
    def challenger_loses(self, reviewer: Actor) -> None:
        self.attempt("second", lambda c: contest.lose(c, self.at(reviewer), "words"))

    @invariant()
    def a_hold_is_held_exactly_while_a_claim_is_in_progress_or_active(self) -> None:
        for claim in self.claims.values():
            held = {s.scope for s in claim.scopes if s.hold is Hold.HELD}
            contested = contest.contested(claim)
            if status(claim) is Status.DRAFT or status(claim) in CLOSED:
                assert not held | contested
            else:
                assert held | contested == {s.scope for s in claim.live}
                assert held | contested
                assert bool(contested) <= (status(claim) in (Status.SCREENING, Status.CONTESTING))

    @invariant()
    def at_most_one_person_is_asked_to_sign_and_only_while_a_signature_can_matter(self) -> None:
        for claim in self.claims.values():
            asking = [d for d in claim.dues if d.kind is DueKind.SIGNATURE_OVERDUE]
            assert len(asking) == claim.awaits_signature
            assert not (claim.awaits_signature and status(claim) in (*CLOSED, Status.ACTIVE))
            for kind in ASKS_TO_SIGN:
                mails = [d for d in claim.dues if d.mail is kind]
                assert mails == [] or [d.seq for d in mails] == [d.seq for d in asking]

    @invariant()
    def nobody_holds_what_another_holds(self) -> None:
        held = [s.scope for claim in self.claims.values() for s in claim.scopes if s.hold is Hold.HELD]
        assert len(held) == len(set(held))

    @invariant()
    def a_tenure_stands_only_on_a_hold_and_an_active_claim_has_one_for_each(self) -> None:
        for claim in self.claims.values():
            standing = {t.scope for t in claim.tenures if t.is_standing}
            held = {s.scope for s in claim.scopes if s.hold is Hold.HELD}
            assert standing <= held
            if status(claim) is Status.ACTIVE:
                assert standing == held
                assert all(s.consent in (Consent.GRANTED, Consent.IMPLIED) for s in claim.live)

    @invariant()
    def the_chain_is_intact(self) -> None:
        for name, claim in self.claims.items():
            assert is_intact(self.entries[name], claim.head)
            assert [e.seq for e in self.entries[name]] == list(range(1, claim.seq + 1))

    @invariant()
    def a_closed_claim_waits_for_mails_only(self) -> None:
        for claim in self.claims.values():
            if status(claim) in CLOSED:
                assert {d.kind for d in claim.dues} <= {DueKind.MAIL}
                assert not {d.mail for d in claim.dues} & {MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER}

    @invariant()
    def every_piece_of_work_has_an_id_of_its_own(self) -> None:
        for claim in self.claims.values():
            ids = [d.id_for(claim.claim_id) for d in claim.dues]
            assert len(ids) == len(set(ids))

    @invariant()
    def an_unfinished_claim_never_waits_for_nothing(self) -> None:
        """Some deadline ends every claim that nobody touches, unless an association stands."""
        ends: set[DueKind] = {DueKind.DRAFT_IDLE, DueKind.RESERVATION, DueKind.ACTION_OVERDUE}
        for claim in self.claims.values():
            if status(claim) not in CLOSED and not any(t.is_standing for t in claim.tenures):
                assert ends & {d.kind for d in claim.dues}

    @invariant()
    def whoever_waits_for_a_clock_has_one(self) -> None:
        """While the customer's clock runs its end is due, and while it stands still it is not."""
        for claim in self.claims.values():
            running = [d for d in claim.dues if d.kind is DueKind.CONSENT_WINDOW]
            assert len(running) <= 1
            if status(claim) is Status.ACTION_REQUIRED or not claim.is_asking or claim.reported_unknown:
                assert not running


Customer.TestCase.settings = settings(
    max_examples=300, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestAnySequenceOfEvents = Customer.TestCase
