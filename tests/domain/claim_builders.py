"""Claims in every status, each brought there by the real moves; a builder states only what matters to its test."""

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from shared.domain import consent, contact, contest, ending, review, signing, submission
from shared.domain.claim import Change, Claim, Due, DueKind, Proof, Scan, ScopeClaim
from shared.domain.lifecycle import ActorKind
from shared.domain.notice import MailKind
from shared.domain.policy import AskWhen, Policy
from shared.domain.timeline import Act, Actor

TEAMS, EXCHANGE = "workload:teams", "workload:exchange"
BOTH = (TEAMS, EXCHANGE)
POLICY = Policy()
ASKS_LATE = Policy(ask_when=AskWhen.AFTER_APPROVAL)

PARTNER = Actor(ActorKind.PARTNER, "1000001")
CUSTOMER = Actor(ActorKind.CUSTOMER, "contact-1")
SIGNER = Actor(ActorKind.CUSTOMER, "signer-1")
RITA, OTTO = Actor(ActorKind.REVIEWER, "rita"), Actor(ActorKind.REVIEWER, "otto")
OPERATOR = Actor(ActorKind.OPERATOR, "olga")
SYSTEM = Actor(ActorKind.SYSTEM, "timer")

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)


def by(actor: Actor, at: datetime = MONDAY) -> Act:
    return Act(actor, at, "one-attempt", "a-salt")


def proof(name: str = "signed", *, faults: tuple[str, ...] = (), scan: Scan = Scan.AWAITED) -> Proof:
    return Proof(name, f"sha-of-{name}", 1_000, "application/pdf", f"{name}.pdf", MONDAY, scan, faults)


def created(
    *scopes: str, policy: Policy = POLICY, verified: bool = True, claim_id: str = "c1a1b2c3-00000000000000000001"
) -> Change:
    claim = Claim(
        claim_id=claim_id,
        tenant_id="0f8fad5b-d9cb-469f-a165-70867728950e",
        domain="contoso.com",
        customer_name="Contoso",
        country="DE",
        partner_id="1000001",
        partner_name="Anna's Cloud",
        programme_id="demo",
        language="en",
        contact_id="contact-1",
        contact_verified=verified,
        created_at=MONDAY,
        updated_at=MONDAY,
        scopes=tuple(ScopeClaim(scope) for scope in scopes),
    )
    return submission.create(claim, by(PARTNER), policy, "a-commitment")


def draft(
    *scopes: str,
    policy: Policy = POLICY,
    verified: bool = True,
    claim_id: str = "c1a1b2c3-00000000000000000001",
    at: datetime = MONDAY,
) -> Claim:
    """A draft for both workloads, if none is named, with its proof."""
    claim = created(*(scopes or BOTH), policy=policy, verified=verified, claim_id=claim_id).after
    return submission.attach(claim, by(PARTNER, at), proof()).after


def to_sign(claim: Claim | None = None, *, submits: bool | None = None, signer: str = "signer-1") -> Claim:
    """The claim, for which somebody was asked to sign; a draft without any proof, if none is named."""
    claim = claim or created(*BOTH).after
    act = by(PARTNER, claim.updated_at)
    return signing.ask_to_sign(claim, act, POLICY, signer, "a-commitment", submits=submits).after


def signed(claim: Claim, at: datetime | None = None) -> Claim:
    return signing.sign(claim, by(SIGNER, at or claim.updated_at), proof("sealed"), {}).after


def screening(claim: Claim | None = None, *, policy: Policy = POLICY) -> Claim:
    claim = claim or draft(policy=policy)
    return submission.submit(claim, by(PARTNER, claim.updated_at), policy).after


def unscanned(claim: Claim | None = None) -> Claim:
    """The claim once the scanner had its time and said nothing."""
    claim = claim or screening()
    return submission.scan_late(
        claim, by(SYSTEM, claim.updated_at + submission.SCAN_LATE_AFTER), the(claim, DueKind.SCREEN)
    ).after


def judged(claim: Claim, verdict: Scan, *, policy: Policy = POLICY, at: datetime | None = None) -> Claim:
    """The claim once the scanner has said this of every document that awaited a verdict."""
    verdicts = {p.document_id: verdict for p in claim.proofs if p.scan is Scan.AWAITED}
    return submission.screened(claim, by(SYSTEM, at or claim.updated_at), policy, verdicts).after


def under_review(claim: Claim | None = None, *, policy: Policy = POLICY) -> Claim:
    return judged(screening(claim, policy=policy), Scan.CLEAN, policy=policy)


def contesting(*taken: str, claim: Claim | None = None) -> Claim:
    claim = claim or draft()
    contested = submission.contest(claim, by(PARTNER, claim.updated_at), POLICY, taken or (TEAMS,), "we deployed it").after
    return judged(contested, Scan.CLEAN)


def action_required(claim: Claim | None = None, *, at: datetime = MONDAY, policy: Policy = POLICY) -> Claim:
    return review.request_action(claim or under_review(), by(RITA, at), policy, "signature_missing", "Sign it.").after


def resubmitted(claim: Claim, at: datetime | None = None) -> Claim:
    """The claim back in screening after action was required."""
    return submission.submit(claim, by(PARTNER, at or claim.updated_at), POLICY).after


def awaiting_consent(claim: Claim | None = None, *, policy: Policy = POLICY) -> Claim:
    claim = claim or under_review(policy=policy)
    return review.approve(claim, by(RITA, claim.updated_at), policy).after


def agreed(claim: Claim, *scopes: str, at: datetime | None = None) -> Claim:
    choices = dict.fromkeys(scopes or [s.scope for s in claim.live], True)
    return consent.answer(claim, by(CUSTOMER, at or claim.updated_at), choices, None).after


def active(claim: Claim | None = None) -> Claim:
    """Active by the customer's click."""
    return agreed(awaiting_consent(claim))


def the(claim: Claim, kind: DueKind | MailKind) -> Due:
    """The one piece of work of this kind that is due for the claim."""
    (due,) = (d for d in claim.dues if kind in (d.kind, d.mail))
    return due


def accepted(claim: Claim, kind: MailKind, *, at: datetime, policy: Policy = POLICY) -> Claim:
    """The claim after the mail provider took this mail."""
    return consent.mail_accepted(claim, by(SYSTEM, at), policy, the(claim, kind), consent.answer_by(at, policy)).after


def asked(claim: Claim, *, at: datetime = MONDAY, policy: Policy = POLICY) -> Claim:
    """The claim after both mails that ask were taken."""
    return accepted(accepted(claim, MailKind.NOTIFICATION, at=at), MailKind.CONSENT_REQUEST, at=at, policy=policy)


def reminded(claim: Claim, *, at: datetime = MONDAY) -> Claim:
    """The claim after its customer was asked, and reminded when the reminder was due."""
    claim = asked(claim, at=at)
    return accepted(claim, MailKind.CONSENT_REMINDER, at=the(claim, MailKind.CONSENT_REMINDER).at)


def silent(claim: Claim, *, policy: Policy = POLICY) -> Change:
    """What the end of the running window leads to."""
    due = the(claim, DueKind.CONSENT_WINDOW)
    return consent.window_ended(claim, by(SYSTEM, due.at), policy, due)


def active_by_silence() -> Claim:
    return silent(reminded(awaiting_consent())).after


def suspended(claim: Claim | None = None) -> Claim:
    """Associations stand, and the silence that they rest on was taken back: the mail came back after all."""
    claim = claim or active_by_silence()
    mail = Due(DueKind.MAIL, claim.updated_at, claim.window.since_seq, MailKind.CONSENT_REQUEST)
    return contact.bounced(claim, by(SYSTEM, claim.updated_at), POLICY, mail).after


def rejected(claim: Claim | None = None, *, at: datetime = MONDAY) -> Claim:
    return review.reject(claim or under_review(), by(RITA, at), "poe_invalid", "Not signed.").after


def lapsed(claim: Claim | None = None) -> Claim:
    """Expired because the partner let its deadline pass."""
    claim = claim or action_required()
    due = the(claim, DueKind.ACTION_OVERDUE)
    return ending.expire(claim, by(SYSTEM, due.at), due).after


def refused(claim: Claim | None = None) -> Claim:
    claim = claim or under_review()
    return consent.answer(claim, by(CUSTOMER, claim.updated_at), dict.fromkeys((s.scope for s in claim.live), False), None).after


def ended(claim: Claim | None = None, scopes: Iterable[str] = BOTH) -> Claim:
    claim = claim or active()
    return consent.end(claim, by(CUSTOMER, claim.updated_at), frozenset(scopes), "no_longer_wanted").after


def withdrawn(claim: Claim | None = None) -> Claim:
    claim = claim or draft()
    return ending.withdraw(claim, by(PARTNER, claim.updated_at)).after


def incumbent_of(*scopes: str) -> Claim:
    """Another partner's active claim for these scopes of the same customer."""
    other = active(under_review(draft(*(scopes or (TEAMS,)), claim_id="c1a1b2c3-00000000000000000002")))
    return replace(other, partner_id="2000002", partner_name="Bert's Cloud")


def won(challenger: Claim, *incumbents: Claim, at: datetime | None = None) -> tuple[Change, ...]:
    return contest.win(challenger, incumbents, by(RITA, at or challenger.updated_at))


def answers(claim: Claim) -> dict[str, str]:
    return {s.scope: str(s.consent) for s in claim.scopes}


def holds(claim: Claim) -> dict[str, str]:
    return {s.scope: str(s.hold) for s in claim.scopes}


def kinds(dues: Collection[Due]) -> list[str]:
    """The names of what is due, sorted; a mail by its mail's name."""
    return sorted(str(d.mail or d.kind) for d in dues)


def days_after(moment: datetime, days: float) -> datetime:
    return moment + timedelta(days=days)
