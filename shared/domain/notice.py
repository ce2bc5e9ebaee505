"""A letter: what a mail has to say, before anybody decides how it looks or how it travels.

A use case fills a `Letter` when the mail leaves the outbox; the mail adapter renders and sends it. A letter is never stored:
it carries an address and, where the mail asks for something, the only copy of the link.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final


class MailKind(StrEnum):
    """Every mail the programme sends; each has a folder of templates named after its value."""

    NOTIFICATION = "notification"
    CONSENT_REQUEST = "consent_request"
    CONSENT_REMINDER = "consent_reminder"
    DECISION_RECEIPT = "decision_receipt"
    FORWARD_RECEIPT = "forward_receipt"
    ASSOCIATION_ENDED = "association_ended"
    MANAGE_LINK = "manage_link"
    ACTION_REQUIRED = "action_required"
    APPROVED = "approved"
    REJECTED = "rejected"
    CLAIM_NEWS = "claim_news"
    SIGNATURE_REQUEST = "signature_request"
    SIGNATURE_REMINDER = "signature_reminder"
    SIGNATURE_RECEIPT = "signature_receipt"
    SIGNATURE_OUTCOME = "signature_outcome"
    PAID = "paid"
    WEBHOOK_DISABLED = "webhook_disabled"
    REVIEW_DIGEST = "review_digest"


# What goes out when a customer is asked.
ASKING: Final = (MailKind.NOTIFICATION, MailKind.CONSENT_REQUEST)
# What wants an answer, or a signature: moot once there is nothing left to answer, or to sign.
ASKS_FOR_ANSWER: Final = frozenset({MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER})
ASKS_TO_SIGN: Final = frozenset({MailKind.SIGNATURE_REQUEST, MailKind.SIGNATURE_REMINDER})


@dataclass(frozen=True, slots=True)
class WaitingClaim:
    """A claim as a reviewer's digest lists it; `due_at` (aware UTC) is the end of its review time, if it has one."""

    customer_domain: str
    partner_name: str
    due_at: datetime | None


@dataclass(frozen=True, slots=True)
class Letter:
    """One mail to one person.

    `workloads` are display names ("Microsoft Teams"). `words` are somebody's own words (the partner's note to the customer, a
    reviewer's reason) and are shown as quoted, escaped text. `link` is the consent page, `manage_link` the page where
    associations are seen and ended; either is None where the mail has none. `answer_by` (aware UTC) is the end of the
    consent window, or of whatever time the reader has.
    `outcome` says, on a receipt, what was decided per workload: its display name and a `Consent` value. `silence_counts` is false
    where an answer is required, or the contact is not verified, so that no mail promises an effect silence won't have.
    `amount` is what was paid, as whole minor units and an ISO currency; `waiting` is what a digest lists, most urgent first, and
    `further` is how many more wait.
    `help_address` is whom this reader asks for help, where that is somebody else than whom all readers ask.
    `event` is the entry of the timeline that the mail tells of; `forwarded` says that a colleague of the reader was asked first.
    `check_at` is the address of the page that says whether a mail is real, None in a mail that is to nobody of the customer.
    `submits_itself` says, in a mail about a signature, that the claim goes on by itself then.
    In a mail about a payment `claim_id` is the payment's reference, in one about a webhook its name, in a digest there is
    none. `webhook` is why that one is called no more.
    """

    kind: MailKind
    operation_id: str
    to_address: str
    to_name: str
    language: str
    claim_id: str
    programme_name: str
    partner_name: str
    customer_domain: str
    workloads: tuple[str, ...]
    link: str | None = None
    manage_link: str | None = None
    answer_by: datetime | None = None
    words: str | None = None
    outcome: tuple[tuple[str, str], ...] = ()
    silence_counts: bool = True
    amount: tuple[int, str] | None = None
    waiting: tuple[WaitingClaim, ...] = ()
    further: int = 0
    help_address: str | None = None
    event: str | None = None
    forwarded: bool = False
    check_at: str | None = None
    webhook: str | None = None
    submits_itself: bool = False

    @property
    def wording(self) -> str:
        """What its words are called; kept are those of the mails that ask for an answer."""
        return self.kind + "_forwarded" * self.forwarded + "_answer_required" * (not self.silence_counts)


@dataclass(frozen=True, slots=True)
class MailReceipt:
    """A server took a letter at `accepted_at` (aware UTC); accepted is not yet delivered. `provider_id` is its name there."""

    operation_id: str
    accepted_at: datetime
    provider_id: str


class MailFailure(Exception):
    """A letter did not verifiably leave. The text names the step and the server's code, never an address or a link."""


class PermanentMailFailure(MailFailure):
    """The server refused this letter for good: sending it again can't help, somebody must correct it."""


class RecipientRefused(PermanentMailFailure):
    """There is no such mailbox, says the server while it is being told whom the letter is for: a bounce that came at once."""


class TransientMailFailure(MailFailure):
    """The letter certainly did not leave, and the same letter may well go through later."""


class ProviderUnavailable(TransientMailFailure):
    """The provider takes no letter at all just now: it is down, or asks for patience (`retry_after`). No fault of this one."""

    def __init__(self, text: str, retry_after: timedelta | None = None) -> None:
        super().__init__(text)
        self.retry_after = retry_after


class MailFateUnknown(MailFailure):
    """The whole letter was handed over and no answer came: it may have left, so it must not be sent again blindly."""
