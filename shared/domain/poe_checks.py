"""What is asked of a proof, and what was found, in words a person understands.

The codes and their sentences; whoever opens files answers the questions.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.domain.attestation import OF_PARTNER, SENTENCES, Attestation
from shared.domain.lifecycle import ActorKind
from shared.domain.poe import MediaType, media_type_by_name


class CheckResult(StrEnum):
    """`unknown` means that software cannot tell and a reviewer has to look; it is no obstacle."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"


class CheckCode(StrEnum):
    """What can be wrong with a proof. The codes are stable: portals show their own words for them."""

    EMPTY = "poe_empty"
    TOO_LARGE = "poe_too_large"
    WRONG_TYPE = "poe_wrong_type"
    OTHER_CONTENT = "poe_other_content"
    MISNAMED = "poe_misnamed"
    UNREADABLE = "poe_unreadable"
    ENCRYPTED = "poe_encrypted"
    TOO_MANY_PAGES = "poe_too_many_pages"
    EXPANDS_TOO_FAR = "poe_expands_too_far"
    TOO_COMPLEX = "poe_too_complex"
    ACTIVE_CONTENT = "poe_active_content"
    EMBEDDED_FILES = "poe_embedded_files"
    UNSIGNED = "poe_unsigned"
    UNATTESTED = "poe_unattested"
    SIGNATURE_BROKEN = "poe_signature_broken"
    SIGNATURE_PARTIAL = "poe_signature_partial"
    SIGNER_UNTRUSTED = "poe_signer_untrusted"
    SIGNATURE_DATE = "poe_signature_date"
    TENANT_MISSING = "poe_tenant_missing"
    DOMAIN_MISSING = "poe_domain_missing"
    CUSTOMER_MISSING = "poe_customer_missing"
    PARTNER_MISSING = "poe_partner_missing"
    WORKLOADS_MISSING = "poe_workloads_missing"
    FORM_OUTDATED = "poe_form_outdated"
    ACTIVITIES_MISSING = "poe_activities_missing"
    DECLARATION_MISSING = "poe_declaration_missing"
    SIGNER_INCOMPLETE = "poe_signer_incomplete"
    DISCLOSURE_MISSING = "poe_disclosure_missing"


NEVER_ACCEPTABLE: Final = frozenset(
    {
        CheckCode.EMPTY,
        CheckCode.TOO_LARGE,
        CheckCode.WRONG_TYPE,
        CheckCode.OTHER_CONTENT,
        CheckCode.MISNAMED,
        CheckCode.UNREADABLE,
        CheckCode.ENCRYPTED,
        CheckCode.TOO_MANY_PAGES,
        CheckCode.EXPANDS_TOO_FAR,
        CheckCode.TOO_COMPLEX,
        CheckCode.ACTIVE_CONTENT,
        CheckCode.EMBEDDED_FILES,
        CheckCode.SIGNATURE_BROKEN,
        CheckCode.SIGNATURE_PARTIAL,
        CheckCode.SIGNATURE_DATE,
        CheckCode.TENANT_MISSING,
    }
)
"""What no edit of the claim and no reviewer can put right. Such a file is refused and not stored; with any other fault a document
may be attached, as further proof or until a better one comes, and cannot carry a submission (R-85)."""


@dataclass(frozen=True, slots=True)
class Check:
    """One question asked of a document. `finding` says what is wrong and `advice` what to do; both are empty when it passed.

    `page`, counted from 1, is where the answer stands or is missing; None where the question is about the whole file.
    """

    code: CheckCode
    result: CheckResult
    finding: str = ""
    advice: str = ""
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """All that inspection found, in the order it looked. A file that can't be opened is not asked the later questions."""

    checks: tuple[Check, ...]

    def obstacles(self) -> tuple[Check, ...]:
        """What must be put right before the proof can be submitted."""
        return tuple(check for check in self.checks if check.result is CheckResult.FAILED)

    def refusals(self) -> tuple[Check, ...]:
        """Why the file is not even taken."""
        return tuple(check for check in self.obstacles() if check.code in NEVER_ACCEPTABLE)

    def doubts(self) -> tuple[Check, ...]:
        """What a reviewer has to look at with their own eyes."""
        return tuple(check for check in self.checks if check.result is CheckResult.UNKNOWN)

    @property
    def is_of_scan(self) -> bool:
        """Is the document a picture of what was signed? Nobody but a person can compare it with that (R-320)."""
        return any(check.code is CheckCode.UNATTESTED for check in self.checks)


def passed(code: CheckCode, page: int | None = None) -> Check:
    """The check found nothing wrong."""
    return Check(code, CheckResult.PASSED, page=page)


def failed(code: CheckCode, page: int | None = None, **facts: int | str) -> Check:
    """The check found what its code says; `facts` are what its sentences name."""
    finding, advice = _WORDS[CheckResult.FAILED, code]
    return Check(code, CheckResult.FAILED, finding.format(**facts), advice.format(**facts), page)


def unknown(code: CheckCode, page: int | None = None, **facts: str) -> Check:
    """The check could not tell; `facts` are what its sentences name."""
    finding, advice = _WORDS[CheckResult.UNKNOWN, code]
    return Check(code, CheckResult.UNKNOWN, finding.format(**facts), advice, page)


def with_attestation(report: Report, attestation: Attestation | None, user: str | None = None) -> Report:
    """The report of a document of which this was attested: what stood in the way is now for the reviewer's eye (R-321).

    `user` is whom the partner names as the person who attested.
    """
    if attestation is None:
        return report
    who = "the customer" if attestation.by is ActorKind.CUSTOMER else f"the partner ({user})" if user else "the partner"
    day = f"{attestation.at:%d %B %Y}"
    seen = unknown(CheckCode.UNATTESTED, day=day, who=who, sentence=attestation.sentence.rstrip("."))
    return Report(tuple(seen if check.code is CheckCode.UNATTESTED else check for check in report.checks))


def name_refusals(name: str, content: MediaType | None) -> tuple[Check, ...]:
    """Why a file of this kind may not bear this name. The content alone says what it is; a name that says otherwise deceives
    somebody: whoever sends the wrong file, or whoever opens it."""
    said = media_type_by_name(name)
    if content is None or said is None or said is content:
        return ()
    return (failed(CheckCode.MISNAMED, content=_KINDS[content]),)


_KINDS = {MediaType.PDF: "a PDF", MediaType.PNG: "a PNG picture", MediaType.JPEG: "a JPEG picture"}
_ASK = "Please ask the customer for"

_WORDS: dict[tuple[CheckResult, CheckCode], tuple[str, str]] = {
    (CheckResult.FAILED, CheckCode.EMPTY): ("The file is empty.", "Please upload it again."),
    (CheckResult.FAILED, CheckCode.TOO_LARGE): (
        "The file is larger than {max_megabytes} MB.",
        "Please make it smaller, for instance by scanning with a lower resolution.",
    ),
    (CheckResult.FAILED, CheckCode.WRONG_TYPE): (
        "The file is not a PDF, PNG or JPEG, whatever its name says.",
        "Please save or scan the document as a PDF and upload that.",
    ),
    (CheckResult.FAILED, CheckCode.OTHER_CONTENT): (
        "The file holds something else besides the document.",
        "Please save or scan the document anew and upload the new file.",
    ),
    (CheckResult.FAILED, CheckCode.MISNAMED): (
        "The file is {content}, and its name says that it is something else.",
        "Please look whether it is the right file, and upload it under a name that ends as its kind does.",
    ),
    (CheckResult.FAILED, CheckCode.UNREADABLE): (
        "The file is damaged or cut short and cannot be opened.",
        "Please open it yourself; if it looks right, upload it again, otherwise ask for it once more.",
    ),
    (CheckResult.FAILED, CheckCode.ENCRYPTED): (
        "The document is protected by a password or by restrictions.",
        f"{_ASK} the document without protection: a reviewer must be able to read it.",
    ),
    (CheckResult.FAILED, CheckCode.TOO_MANY_PAGES): (
        "The document has more than {max_pages} pages.",
        "Please upload only the pages that prove the work.",
    ),
    (CheckResult.FAILED, CheckCode.EXPANDS_TOO_FAR): (
        "The document unpacks to far more data than a document of its kind needs.",
        "Please print it to a new PDF or scan it, have that signed, and upload it.",
    ),
    (CheckResult.FAILED, CheckCode.TOO_COMPLEX): (
        "The document takes far more memory or time to open than a document of its kind needs.",
        "Please print it to a new PDF or scan it, have that signed, and upload it.",
    ),
    (CheckResult.FAILED, CheckCode.ACTIVE_CONTENT): (
        "The document contains scripts or actions that start by themselves.",
        "Please print it to a new PDF, have that signed, and upload it.",
    ),
    (CheckResult.FAILED, CheckCode.EMBEDDED_FILES): (
        "Other files are attached inside the document.",
        "Please remove them, have the document signed, and upload further proof separately.",
    ),
    (CheckResult.FAILED, CheckCode.UNSIGNED): (
        "The document carries no digital signature, and no name was typed as one into our form.",
        "Please let the customer sign it, or upload a scan of the page signed by hand.",
    ),
    (CheckResult.FAILED, CheckCode.UNATTESTED): (
        "The document is a picture, and nobody has attested that it shows what the customer signed.",
        f"Please have somebody compare the two and attest: “{SENTENCES[OF_PARTNER].rstrip('.')}”.",
    ),
    (CheckResult.UNKNOWN, CheckCode.UNATTESTED): (
        "The document is a picture. On {day} {who} attested: “{sentence}”.",
        "A reviewer will look at it, and say so when approving.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNATURE_BROKEN): (
        "The document was changed after it was signed, or its signature is damaged.",
        f"{_ASK} the original file, exactly as it was signed.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNATURE_PARTIAL): (
        "The signature does not cover the whole document: something was added or changed later.",
        f"{_ASK} the original file, or have the document signed again as it is now.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNATURE_DATE): (
        "The document was signed more than 12 months ago, or its date of signature lies in the future.",
        "Please have it signed again with today's date.",
    ),
    (CheckResult.FAILED, CheckCode.TENANT_MISSING): (
        "The document names another tenant id than the claim.",
        "Please compare the two, and correct the claim or have the right document signed.",
    ),
    (CheckResult.UNKNOWN, CheckCode.UNSIGNED): (
        "The document carries no digital signature: it is a picture, or a name was typed into the form.",
        "A reviewer will look for the signature, the name, the title and the date.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNATURE_PARTIAL): (
        "After one signature, form fields were filled in or another signature was added.",
        "A reviewer will compare what was signed with what the document says now.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNER_UNTRUSTED): (
        "By its own account it was signed by {signers}.",
        "A reviewer will check who signed.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNATURE_DATE): (
        "The signature does not say when it was made.",
        "A reviewer will look for the date in the document.",
    ),
    (CheckResult.UNKNOWN, CheckCode.TENANT_MISSING): (
        "The tenant id was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.UNKNOWN, CheckCode.DOMAIN_MISSING): (
        "The customer's domain was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.UNKNOWN, CheckCode.CUSTOMER_MISSING): (
        "The customer's name was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.UNKNOWN, CheckCode.PARTNER_MISSING): (
        "The partner's name was not found in the document's text.",
        "A reviewer will look for it.",
    ),
    (CheckResult.FAILED, CheckCode.DOMAIN_MISSING): (
        "The form does not name the customer's domain as the claim does.",
        "Please get the form for this claim anew and have that signed.",
    ),
    (CheckResult.FAILED, CheckCode.CUSTOMER_MISSING): (
        "The form does not name the customer's name as the claim does.",
        "Please get the form for this claim anew and have that signed.",
    ),
    (CheckResult.FAILED, CheckCode.PARTNER_MISSING): (
        "The form does not name the partner's name as the claim does.",
        "Please get the form for this claim anew and have that signed.",
    ),
    (CheckResult.FAILED, CheckCode.WORKLOADS_MISSING): (
        "The form does not name these workloads of the claim: {workloads}.",
        "Please get the form for this claim anew and have that signed.",
    ),
    (CheckResult.UNKNOWN, CheckCode.WORKLOADS_MISSING): (
        "Not every workload of the claim was found in the document's text.",
        "A reviewer will look for them.",
    ),
    (CheckResult.FAILED, CheckCode.FORM_OUTDATED): (
        "The form was made for another claim, or for this one before it was edited.",
        "Please get the form for this claim anew and have that signed.",
    ),
    (CheckResult.FAILED, CheckCode.ACTIVITIES_MISSING): (
        "No activity of the partner is ticked.",
        f"{_ASK} the form with at least one activity ticked.",
    ),
    (CheckResult.UNKNOWN, CheckCode.ACTIVITIES_MISSING): (
        "Software cannot see which activities of the partner the document confirms.",
        "A reviewer will look for them.",
    ),
    (CheckResult.FAILED, CheckCode.DECLARATION_MISSING): (
        "The declaration of authority is not ticked.",
        f"{_ASK} the form with the declaration ticked.",
    ),
    (CheckResult.UNKNOWN, CheckCode.DECLARATION_MISSING): (
        "Software cannot see whether the signer declares to be authorised.",
        "A reviewer will look for it.",
    ),
    (CheckResult.FAILED, CheckCode.DISCLOSURE_MISSING): (
        "The form does not say that the partner may be paid, as it must to a customer of the public sector.",
        "Please get the form for this claim anew and have that signed.",
    ),
    (CheckResult.UNKNOWN, CheckCode.DISCLOSURE_MISSING): (
        "Software cannot see whether the document tells the customer, who is of the public sector, that the partner may be paid.",
        "A reviewer will look for it.",
    ),
    (CheckResult.FAILED, CheckCode.SIGNER_INCOMPLETE): (
        "The signer left these lines empty: {lines}.",
        f"{_ASK} the form with every line filled in.",
    ),
    (CheckResult.UNKNOWN, CheckCode.SIGNER_INCOMPLETE): (
        "Software cannot see whether the signer's name, title and date are there.",
        "A reviewer will look for them.",
    ),
}
