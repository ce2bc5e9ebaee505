"""One letter of every kind, as it would be written to somebody: for the gallery, and for whoever changes a mail."""

from dataclasses import replace
from datetime import UTC, datetime

from shared.domain.notice import Letter, MailKind, WaitingClaim

ADDRESS = "https://record.example"
_REFERENCES = {MailKind.PAID: "P-2026-11", MailKind.WEBHOOK_DISABLED: "portal"}
_ASKS = (MailKind.CONSENT_REQUEST, MailKind.CONSENT_REMINDER)
_TO_PARTNER = (
    MailKind.ACTION_REQUIRED,
    MailKind.APPROVED,
    MailKind.REJECTED,
    MailKind.CLAIM_NEWS,
    MailKind.SIGNATURE_OUTCOME,
    MailKind.PAID,
    MailKind.WEBHOOK_DISABLED,
)
_UNMANAGED = (*_TO_PARTNER, MailKind.FORWARD_RECEIPT, MailKind.REVIEW_DIGEST)
_SIGNING = (MailKind.SIGNATURE_REQUEST, MailKind.SIGNATURE_REMINDER, MailKind.SIGNATURE_RECEIPT)
_LINKED = {**dict.fromkeys(_SIGNING, "sign"), **dict.fromkeys(_ASKS, "consent")}
_WORDS = {
    MailKind.APPROVED: "The proof is complete.",
    MailKind.ACTION_REQUIRED: "The date beside the signature cannot be read.\nPlease upload the page again.",
    MailKind.REJECTED: "The proof is signed by your company, not by the customer.",
    MailKind.DECISION_RECEIPT: "Another company looks after our mail.",
    MailKind.ASSOCIATION_ENDED: "We no longer work together",
    MailKind.FORWARD_RECEIPT: "",
    MailKind.CLAIM_NEWS: "",
    MailKind.SIGNATURE_RECEIPT: "",
    MailKind.SIGNATURE_OUTCOME: "Please put the Teams work on a page of its own.",
}
HOSTILE = (
    "<script>alert(1)</script><b>Free!</b>\r\nBcc: all@fabrikam.example\r\n\r\n\u202egro.live\u202c "
    "Sign in at https://record.example.evil.example/c/ or p\u0430ypal.example, www.evil.example {{ 7*7 }} %(partner)s "
    + "W"
    * 10_000
)


def sample(kind: MailKind, language: str) -> Letter:
    """What this mail says on an ordinary day."""
    letter = Letter(
        kind=kind,
        operation_id=f"3f-{kind}",
        to_address="anna.berg@fabrikam.example",
        to_name="Contoso Consulting" if kind in _TO_PARTNER else "Anna Berg",
        language=language,
        claim_id=_REFERENCES.get(kind, "3f-8a1c-0042"),
        programme_name="Usage Incentive 2026",
        partner_name="Contoso Consulting",
        customer_domain="fabrikam.example",
        workloads=("Microsoft Teams", "Exchange Online"),
        link=f"{ADDRESS}/{_LINKED.get(kind, 'portal')}/Jx8rW2ksQ0mVt5aLhT3eYw",
        manage_link=None if kind in _UNMANAGED else f"{ADDRESS}/manage/9pQd2LxZ0bTn7sWcVu4kRg",
        answer_by=datetime(2026, 12, 4, 17, tzinfo=UTC),
        check_at=None if kind in (*_TO_PARTNER, MailKind.REVIEW_DIGEST) else f"{ADDRESS}/check",
        words=_WORDS.get(kind, "We moved your mailboxes in May, and train your teams every month."),
        outcome=(("Microsoft Teams", "granted"), ("Exchange Online", "refused")),
        amount=(1_234_500, "EUR"),
        waiting=(
            WaitingClaim("fabrikam.example", "Contoso Consulting", datetime(2026, 12, 1, tzinfo=UTC)),
            WaitingClaim("adatum.example", "Tailspin Toys", datetime(2026, 12, 3, tzinfo=UTC)),
            WaitingClaim("wingtip.example", "Northwind", None),
        ),
        further=2,
    )
    match kind:
        case MailKind.APPROVED:
            return replace(letter, outcome=())
        case MailKind.WEBHOOK_DISABLED:
            return replace(letter, webhook="failing", link=None, manage_link=None)
        case MailKind.CLAIM_NEWS:
            return replace(letter, event="consent_forwarded")
        case MailKind.CONSENT_REQUEST:
            return replace(letter, forwarded=True)
        case MailKind.SIGNATURE_RECEIPT:
            return replace(letter, event="signed")
        case MailKind.SIGNATURE_OUTCOME:
            return replace(letter, event="signature_declined")
    return letter


def hostile(kind: MailKind, language: str) -> Letter:
    """The same mail with everything that strangers write turned against its reader."""
    return replace(
        sample(kind, language),
        to_name=HOSTILE,
        partner_name=HOSTILE,
        customer_domain=HOSTILE,
        workloads=(HOSTILE, "Exchange Online"),
        words=HOSTILE,
        outcome=((HOSTILE, HOSTILE), ("Exchange Online", "refused")),
        waiting=(WaitingClaim(HOSTILE, HOSTILE, datetime(2026, 12, 1, tzinfo=UTC)),),
    )
