"""The way into review: create a draft, attach proof, submit (or contest), and what the screening of the proof leads to.

Who may call a move is not decided here; what it may do in which status is (`lifecycle`).
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final

from shared.domain.calendar import add_business_days, add_days
from shared.domain.claim import (
    SCREENING_WORK,
    Change,
    Claim,
    Consent,
    Due,
    DueKind,
    Hold,
    Proof,
    Review,
    Scan,
    ScopeClaim,
    status,
)
from shared.domain.errors import (
    ActionNotAllowed,
    AskedTooSoon,
    ClaimIncomplete,
    InvalidInput,
    NotFound,
    Obstacle,
    PartnerPaused,
    PartnerSuspended,
    ScopeTaken,
)
from shared.domain.lifecycle import Event, Status
from shared.domain.limit import LimitReached
from shared.domain.notice import MailKind
from shared.domain.poe_checks import CheckCode
from shared.domain.policy import AskWhen, Policy
from shared.domain.review import waiting_for_partner
from shared.domain.timeline import Act, Fact, Json, chain
from shared.domain.transition import admits, moved, unmoved, without
from shared.domain.window import ask, go_on

type Faults = Mapping[str, tuple[str, ...]]
"""The codes of failed checks, by document id."""
SCAN_LATE_AFTER: Final = timedelta(hours=4)
"""A scanner of stored files takes seconds, in bad hours minutes."""
NOTHING_NEW: Final[Faults] = MappingProxyType({})
_ANY_TIME_NOW: Final = timedelta(hours=1)
_SOME_DAY: Final = timedelta(days=1)
_PASSING: Final = frozenset(each.code for each in (AskedTooSoon, LimitReached, PartnerPaused, PartnerSuspended, ScopeTaken))


def create(claim: Claim, act: Act, policy: Policy, contact_commitment: str) -> Change:
    """The draft that the partner asked for. Raises InvalidInput for no, repeated, unsupported or too many scopes (R-01, R-02)."""
    names = [s.scope for s in claim.scopes]
    require_scopes(names, policy)
    idle = Due(DueKind.DRAFT_IDLE, add_days(act.at, policy.draft_idle_days), 1)
    facts = Fact(Event.CREATE, {"scopes": list(names), "contact": claim.contact_id, "contactCommitment": contact_commitment})
    entries = chain(claim.claim_id, 0, claim.head, act, (facts,))
    return Change(None, replace(claim, dues=(idle,), seq=1, head=entries[-1].hash), entries)


def require_scopes(names: list[str], policy: Policy) -> None:
    """Raises InvalidInput for no, repeated, unsupported or too many scopes (R-01, R-02)."""
    if not names:
        raise InvalidInput("scopes", "Name at least one scope, for instance workload:teams.")
    if len(names) > policy.max_scopes:
        raise InvalidInput("scopes", f"A claim has at most {policy.max_scopes} scopes.")
    if len(set(names)) != len(names):
        raise InvalidInput("scopes", "A scope is named twice.")
    if any(name.startswith("subscription:") for name in names):
        raise InvalidInput("scopes", "Scopes of subscriptions are not supported yet.")


@dataclass(frozen=True, slots=True)
class Edit:
    """What a draft is to say instead; None leaves a field as it is, `clears` names those that are to say nothing any more.

    The contact has moves of its own (`contact`).
    """

    customer_name: str | None = None
    country: str | None = None
    public_sector: bool | None = None
    language: str | None = None
    note: str | None = None
    external_reference: str | None = None
    submit_when_ready: bool | None = None
    scopes: tuple[str, ...] | None = None
    clears: frozenset[str] = frozenset()


def edit(claim: Claim, act: Act, policy: Policy, wanted: Edit) -> Change:
    """The draft with other content; once it is submitted only contacts and further proof may change (R-09)."""
    admits(claim, Event.EDIT, act.actor.kind)
    if status(claim) is not Status.DRAFT:
        raise ActionNotAllowed(Event.EDIT, status(claim))
    names = ("customer_name", "country", "public_sector", "language", "note", "external_reference", "submit_when_ready")
    fields: dict[str, Any] = {name: value for name in names if (value := getattr(wanted, name)) is not None}
    fields |= dict.fromkeys(wanted.clears & {"note", "external_reference"})
    if wanted.scopes is not None:
        require_scopes(list(wanted.scopes), policy)
        fields["scopes"] = tuple(ScopeClaim(scope) for scope in wanted.scopes)
    edited = replace(claim, **fields, dues=idle_again(claim, act.at))
    fields["dues"] = submits_itself(edited, act.at) if claim.proofs else edited.dues
    return moved(claim, act, Fact(Event.EDIT, {"fields": sorted(fields.keys() - {"dues"})}), **fields)


def idle_again(claim: Claim, now: datetime) -> tuple[Due, ...]:
    """What is due for a draft that its partner has just worked on: it goes idle as many days later as it lay untouched (R-15)."""
    later = timedelta(days=(now.date() - claim.updated_at.date()).days)
    return tuple(
        replace(d, at=d.at + later, seq=claim.seq + 1) if d.kind is DueKind.DRAFT_IDLE and later else d for d in claim.dues
    )


def attach(claim: Claim, act: Act, proof: Proof) -> Change:
    """The claim with one more document; the same content again changes nothing but the timeline (R-20)."""
    admits(claim, Event.ATTACH, act.actor.kind)
    known = any(p.sha256 == proof.sha256 for p in claim.proofs)
    proofs = claim.proofs if known else (*claim.proofs, replace(proof, attached_at=act.at))
    dues = idle_again(claim, act.at)
    if claim.submitted_at is not None and not known:
        dues = (*dues, Due(DueKind.SCREEN, act.at, claim.seq + 1))
    dues = submits_itself(replace(claim, dues=dues), act.at)
    return moved(
        claim, act, Fact(Event.ATTACH, {"document": proof.document_id, "sha256": proof.sha256}), proofs=proofs, dues=dues
    )


def submits_itself(claim: Claim, at: datetime) -> tuple[Due, ...]:
    """What is due for a claim with the entry that brings it nearer to submission: its submission, too, if it is to submit itself
    and waits for its partner (R-250). One that is due already is tried anew, with what is known then; one that its partner does
    not want any more is not tried at all."""
    if not claim.submit_when_ready:
        return without(claim, DueKind.SUBMIT)
    if status(claim) not in (Status.DRAFT, Status.ACTION_REQUIRED):
        return claim.dues
    return (*without(claim, DueKind.SUBMIT), Due(DueKind.SUBMIT, at, claim.seq + 1))


def may_pass(obstacles: Collection[Obstacle]) -> bool:
    """Do all of these stand in the way from outside? Then the claim can be submitted once they are gone, though nothing of it
    has changed (R-384)."""
    return {obstacle.code for obstacle in obstacles} <= _PASSING


def tried_again_after(obstacles: Collection[Obstacle]) -> timedelta:
    """How long after the last try, where they say no time of their own: a scope may become free at any time (R-384)."""
    return _ANY_TIME_NOW if {obstacle.code for obstacle in obstacles} == {ScopeTaken.code} else _SOME_DAY


def hold_up(claim: Claim, act: Act, obstacles: tuple[Obstacle, ...], again_at: datetime | None = None) -> Change:
    """The submission that the claim was to make by itself is not possible yet, and the claim says why (R-250). It is tried again
    then, if a time is named, and in any case once something brings the claim nearer to it."""
    again = () if again_at is None else (Due(DueKind.SUBMIT, again_at, claim.seq + 1),)
    dues = (*without(claim, DueKind.SUBMIT), *again)
    data: dict[str, Json] = {"obstacles": sorted({o.code for o in obstacles})}
    if not admits(claim, Event.HOLD_SUBMISSION, act.actor.kind):
        return unmoved(claim, act, Event.HOLD_SUBMISSION, data, dues=dues)
    return moved(claim, act, Fact(Event.HOLD_SUBMISSION, data), held_up_by=obstacles, dues=dues)


def detach(claim: Claim, act: Act, document_id: str) -> Change:
    """The draft without this document (R-111). Raises NotFound when the draft does not have it."""
    admits(claim, Event.DETACH, act.actor.kind)
    kept = tuple(p for p in claim.proofs if p.document_id != document_id)
    if len(kept) == len(claim.proofs):
        raise NotFound
    return moved(claim, act, Fact(Event.DETACH, {"document": document_id}), proofs=kept, dues=idle_again(claim, act.at))


def may_have_aged(claim: Claim, now: datetime) -> bool:
    """May a draft's documents have other faults now than when they were attached: on another day, or to another claim (R-88)?"""
    attached = [p.attached_at for p in claim.proofs]
    is_draft = claim.submitted_at is None and attached != []
    return is_draft and (min(attached).date() < now.date() or max(attached) < claim.updated_at)


def obstacles(claim: Claim, faults: Faults = NOTHING_NEW) -> tuple[Obstacle, ...]:
    """Everything that stands between the claim and its submission, most important first (R-21). `faults` are those that
    documents have now, where they were looked at again."""
    found: list[Obstacle] = []
    proofs = _looked_at_again(claim, faults)
    if not proofs:
        found.append(Obstacle("poe_missing", "A proof of execution signed by the customer must be attached."))
    elif not any(p.is_usable for p in proofs):
        if any(p.faults == (CheckCode.UNATTESTED,) and p.scan is not Scan.INFECTED for p in proofs):
            return (Obstacle(CheckCode.UNATTESTED, "Somebody must attest that the scan shows what the customer signed."),)
        codes = sorted({f for p in proofs for f in p.faults} | {"poe_infected" for p in proofs if p.scan is Scan.INFECTED})
        found.append(Obstacle("poe_faulty", f"No attached proof can be accepted: {', '.join(codes)}."))
    return tuple(found)


def _looked_at_again(claim: Claim, faults: Faults) -> tuple[Proof, ...]:
    return tuple(replace(p, faults=faults.get(p.document_id, p.faults)) for p in claim.proofs)


def submit(claim: Claim, act: Act, policy: Policy, faults: Faults = NOTHING_NEW) -> Change:
    """Submission: every scope is to be held, screening begins (R-22). After action was required: the claim goes on, its
    clocks do so once the screening is over (R-23). `faults` are those that documents have now, where they were looked at again.
    """
    admits(claim, Event.SUBMIT, act.actor.kind)
    if missing := obstacles(claim, faults):
        raise ClaimIncomplete(missing)
    screen = Due(DueKind.SCREEN, act.at, claim.seq + 1)
    if claim.submitted_at is not None:
        kept = without(claim, DueKind.ACTION_WARNING, DueKind.ACTION_OVERDUE, *SCREENING_WORK, DueKind.SUBMIT)
        fact = Fact(Event.SUBMIT, {"round": claim.rounds})
        fields: dict[str, Any] = {"review": Review.WAITING, "screened": False, "reason_code": None, "held_up_by": ()}
        return moved(claim, act, fact, **fields, dues=(*_unreminded(kept), screen))
    change = _held(claim, act, Fact(Event.SUBMIT), screen, policy)
    return replace(change, after=replace(change.after, proofs=_looked_at_again(claim, faults)))


def contest(
    claim: Claim, act: Act, policy: Policy, taken: Collection[str], evidence: str, faults: Faults = NOTHING_NEW
) -> Change:
    """Submission although another holds some scopes: free ones are held, one contest is opened per taken scope (R-24)."""
    admits(claim, Event.CONTEST, act.actor.kind)
    if not taken or not set(taken) <= {s.scope for s in claim.scopes}:
        raise InvalidInput("scopes", "Name the scopes of this claim that another holds.")
    if missing := obstacles(claim, faults):
        raise ClaimIncomplete(missing)
    screen = Due(DueKind.SCREEN, act.at, claim.seq + 1)
    change = _held(claim, act, Fact(Event.CONTEST, {"scopes": sorted(taken)}, evidence), screen, policy, taken)
    return replace(change, after=replace(change.after, proofs=_looked_at_again(claim, faults)))


def _held(claim: Claim, act: Act, fact: Fact, screen: Due, policy: Policy, contested: Collection[str] = ()) -> Change:
    reservation = Due(DueKind.RESERVATION, add_days(act.at, policy.reservation_days), claim.seq + 1)
    scopes = tuple(replace(s, hold=Hold.CONTESTED if s.scope in contested else Hold.HELD) for s in claim.scopes)
    dues = (*_unreminded(without(claim, DueKind.DRAFT_IDLE, DueKind.SUBMIT)), screen, reservation)
    return moved(claim, act, fact, submitted_at=act.at, screened=False, scopes=scopes, held_up_by=(), dues=dues)


def _unreminded(dues: tuple[Due, ...]) -> tuple[Due, ...]:
    # Submitted with another proof: the request to sign stays open, but nobody is pressed for what is not missing.
    return tuple(d for d in dues if d.mail is not MailKind.SIGNATURE_REMINDER)


def screened(claim: Claim, act: Act, policy: Policy, verdicts: Mapping[str, Scan]) -> Change:
    """What the malware scanner said, by document id: review and mails begin, or the claim goes back to its partner (R-25, R-26).

    A document without a verdict is not clean: while one is awaited the claim stays in screening and the work stays due.
    """
    proofs = tuple(replace(p, scan=verdicts.get(p.document_id, p.scan)) for p in claim.proofs)
    infected = sorted(p.document_id for p in claim.proofs if verdicts.get(p.document_id) is Scan.INFECTED)
    data: dict[str, Json] = {"infected": list(infected)} if infected else {}
    event = Event.SCAN_INFECTED if infected else Event.SCAN_CLEAN
    dues = without(claim, *SCREENING_WORK)
    if not admits(claim, event, act.actor.kind):
        return unmoved(claim, act, event, data, dues=dues)
    if not infected and any(p.scan is Scan.AWAITED for p in proofs):
        dues = (*dues, Due(DueKind.SCREEN, act.at, claim.seq + 1))
        return moved(claim, act, Fact(event, {"awaited": True}), proofs=proofs, dues=dues)
    if claim.screened:
        left = [Due(DueKind.SCREEN, act.at, claim.seq + 1)] if any(p.scan is Scan.AWAITED for p in proofs) else []
        return moved(claim, act, Fact(event, data), proofs=proofs, dues=(*dues, *left))
    if not infected:
        return _review_begins(claim, act, policy, Fact(event, data), proofs, dues)
    if claim.review is Review.NOT_STARTED and not claim.disputed:
        idle = Due(DueKind.DRAFT_IDLE, add_days(act.at, policy.draft_idle_days), claim.seq + 1)
        free = tuple(replace(s, hold=Hold.NONE) for s in claim.scopes)
        # What the signer is asked, or was told, is not about the infected document.
        signing = tuple(d for d in dues if d.kind in (DueKind.MAIL, DueKind.SIGNATURE_OVERDUE))
        return moved(claim, act, Fact(event, data), proofs=proofs, scopes=free, submitted_at=None, dues=(idle, *signing))
    fields = waiting_for_partner(replace(claim, dues=dues), act, policy)
    return moved(claim, act, Fact(event, data), proofs=proofs, screened=True, reason_code="poe_infected", **fields)


def scan_is_late(due: Due, now: datetime) -> bool:
    """Has the scanner had its time for what became due then, and has nobody been told yet? (R-143)"""
    return due.kind is DueKind.SCREEN and now - due.at >= SCAN_LATE_AFTER


def scan_late(claim: Claim, act: Act, due: Due) -> Change:
    """No verdict came in time, and none is not clean: the claim stays where it is, says so, and goes on waiting (R-143)."""
    dues = tuple(d for d in claim.dues if d != due)
    if not admits(claim, Event.SCAN_LATE, act.actor.kind):
        return unmoved(claim, act, Event.SCAN_LATE, dues=dues)
    return moved(claim, act, Fact(Event.SCAN_LATE), dues=(*dues, Due(DueKind.LATE_SCREEN, act.at, claim.seq + 1)))


def _review_begins(
    claim: Claim, act: Act, policy: Policy, fact: Fact, proofs: tuple[Proof, ...], dues: tuple[Due, ...]
) -> Change:
    """The reviewer's clock starts, or goes on with the days that were left; the customer is asked, or its clock goes on."""
    days = policy.review_business_days if claim.review_left_days is None else max(1, claim.review_left_days)
    review_due = add_business_days(act.at, days, policy.holidays)
    dues = (*dues, Due(DueKind.REVIEW_OVERDUE, review_due, claim.seq + 1))
    is_new = any(s.consent is Consent.NOT_ASKED for s in claim.live)
    # The customer's click decides a contest, and nobody approves a claim that contests: it is asked now or never.
    is_contest = any(s.hold is Hold.CONTESTED for s in claim.live)
    if is_new and (is_contest or policy.ask_when is AskWhen.ON_SUBMISSION):
        fields = ask(claim, act.at, policy, dues)
    else:
        fields = go_on(claim, act.at, policy, dues)
    fields |= {"review": Review.WAITING, "review_due_at": review_due, "review_left_days": None}
    return moved(claim, act, fact, screened=True, proofs=proofs, **fields)
