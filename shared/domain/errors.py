"""Refusals of the domain: each has a stable code and carries its facts; none knows about HTTP.

The edge maps the classes to status codes in one table. A message is a sentence for the person who reads the answer and never
holds another party's data.
"""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.wording import phrase


class DomainError(Exception):
    """A refusal with a stable `code` and a sentence; subclasses carry the facts."""

    code: str = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class InvalidInput(DomainError):
    """One field of the request is wrong."""

    code = "invalid_input"

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class NotFound(DomainError):
    """There is nothing here for this caller: missing and somebody else's look alike."""

    code = "not_found"

    def __init__(self) -> None:
        super().__init__(phrase("There is nothing at this address."))


class ActionNotAllowed(DomainError):
    """The claim's status does not admit this move."""

    code = "action_not_allowed"

    def __init__(self, event: str, status: str) -> None:
        super().__init__(f"A claim that is {status.replace('_', ' ')} does not admit '{event.replace('_', ' ')}'.")
        self.event, self.status = event, status


class ClaimRefused(DomainError):
    """The customer has refused; no review can approve over that."""

    code = "claim_refused"

    def __init__(self) -> None:
        super().__init__("The customer has refused this claim; it cannot be approved.")


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that stands between a claim and its submission."""

    code: str
    sentence: str


class ClaimIncomplete(DomainError):
    """The claim cannot be submitted yet; `obstacles` names everything that is missing."""

    code = "claim_incomplete"

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__("The claim is not complete: " + " ".join(o.sentence for o in obstacles))
        self.obstacles = obstacles


class ProofRefused(DomainError):
    """The file can never be a proof for this claim and was not stored; `obstacles` names every reason."""

    code = "proof_refused"

    def __init__(self, obstacles: tuple[Obstacle, ...]) -> None:
        super().__init__("The document was refused and not stored. " + " ".join(o.sentence for o in obstacles))
        self.obstacles = obstacles


@dataclass(frozen=True, slots=True)
class Taken:
    """A scope that somebody holds, and since when (aware UTC); never by whom."""

    scope: str
    since: datetime


class ScopeTaken(DomainError):
    """At least one scope of the claim is held by another claim or association; no hold was taken."""

    code = "scope_taken"

    def __init__(self, taken: tuple[Taken, ...]) -> None:
        names = ", ".join(t.scope for t in taken)
        super().__init__(f"Already taken by another claim or association: {names}. No scope of this claim was taken.")
        self.taken = taken


class ScopeContested(DomainError):
    """Another claim contests the scope already, or the contest would concern more claims than are decided at once."""

    code = "scope_contested"


class ContactUnverified(DomainError):
    """The address of whoever is to be asked is not in a verified domain of the customer."""

    code = "contact_unverified"

    def __init__(self) -> None:
        super().__init__(phrase("Only somebody with a mail address of your organisation can answer for it."))


class SignerUnverified(DomainError):
    """The signer's address is not in a verified domain of the customer: nobody vouches that it is the customer who signs."""

    code = "signer_unverified"

    def __init__(self) -> None:
        super().__init__("The signer's mail domain is not verified for this tenant: only the customer can sign online.")


class SigningOff(DomainError):
    """This system has no key to seal with, so nothing can be signed online here."""

    code = "signing_off"

    def __init__(self) -> None:
        super().__init__("Nothing can be signed online here. Let the customer sign the form, and upload it.")


class FormChanged(DomainError):
    """The claim was edited since the signer read the form: it would sign something else than it has read."""

    code = "form_changed"

    def __init__(self) -> None:
        super().__init__(phrase("The document has changed since you opened this page. Please read it again."))


class TooManyRounds(DomainError):
    """The partner was asked for action as often as the programme allows."""

    code = "too_many_rounds"


class ScanUnconfirmed(DomainError):
    """The customer's signature is to be seen on scans only, and the reviewer has not said that it saw it."""

    code = "scan_unconfirmed"

    def __init__(self) -> None:
        super().__init__("Only a scan shows the customer's signature: whoever approves must have looked at it and say so.")


class ContactUnconfirmed(DomainError):
    """The contact's address is not in a verified domain of the customer, and no reviewer has confirmed the person."""

    code = "contact_unconfirmed"

    def __init__(self) -> None:
        super().__init__("The contact's mail domain is not verified for this tenant: confirm the person to approve.")


class OtherReviewerNeeded(DomainError):
    """A disputed claim is decided by another reviewer than the one who rejected it."""

    code = "other_reviewer_needed"

    def __init__(self) -> None:
        super().__init__("Whoever rejected this claim does not decide its dispute: that is for another reviewer.")


class ReviewAssigned(DomainError):
    """The review stands with another reviewer, and this one has not said that it takes it over."""

    code = "review_assigned"

    def __init__(self) -> None:
        super().__init__("Another reviewer has this review: leave it to them, or take it over first.")


class ConsentMissing(DomainError):
    """A contest cannot be won on silence: the customer has not clicked for these contested scopes, or still owes an answer."""

    code = "consent_missing"

    def __init__(self, scopes: tuple[str, ...]) -> None:
        super().__init__(f"The customer has not agreed to this partner yet for: {', '.join(scopes)}.")
        self.scopes = scopes


class TooLate(DomainError):
    """A move that is possible for a limited time only came after it."""

    code = "too_late"


class AskedTooSoon(DomainError):
    """The customer refused this partner for a scope, and the wait before asking again is not over."""

    code = "asked_too_soon"


class PartnerSuspended(DomainError):
    """The partner is suspended: it reads, but does not act."""

    code = "partner_suspended"

    def __init__(self) -> None:
        super().__init__("This partner is suspended; it can read but not act.")


class PartnerPaused(DomainError):
    """So many customers refused the partner lately that a person has to look before it asks further ones."""

    code = "partner_paused"

    def __init__(self) -> None:
        super().__init__("Many customers refused this partner lately: the operator has to look before it asks further ones.")


class NotEnrolled(DomainError):
    """The partner is not enrolled in the programme."""

    code = "not_enrolled"


class StaleVersion(DomainError):
    """The caller's If-Match names a version that is no longer the current one."""

    code = "stale_version"

    def __init__(self, sentence: str = "This has changed since you read it: read it again.") -> None:
        super().__init__(sentence)


class BusyRecord(DomainError):
    """So many writers changed the record at once that this call gave up; nothing was done."""

    code = "busy"

    def __init__(self) -> None:
        super().__init__(phrase("The record is being changed by others: try again."))


class KeyReused(DomainError):
    """The idempotency key was used before, for another request."""

    code = "idempotency_key_reused"

    def __init__(self) -> None:
        super().__init__("This Idempotency-Key was used for a different request.")
