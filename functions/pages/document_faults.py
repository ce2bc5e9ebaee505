"""What is wrong with a document that a signer uploads, in the signer's words: what to mend stands before the person who can.

The checks and their codes are the partner's; its sentences speak of the customer.
"""

from collections.abc import Iterable

from functions.pages.forms import FormFault, FormFaults
from shared.domain.poe_checks import CheckCode
from shared.domain.wording import phrase

NO_DOCUMENT = phrase("Choose the file with the signed document.")
_ANOTHER = phrase("This is not the document of this request. Download it here, sign it, and upload it.")
_DAMAGED = phrase("The file cannot be opened. Save or scan the document as a PDF and upload that.")
_NOT_PLAIN = phrase("The file holds something else besides the document. Print it to a new PDF or scan it, and upload that.")
_CHANGED = phrase("The document was changed after it was signed. Upload the file exactly as it was signed.")
_WORDS = {
    CheckCode.EMPTY: NO_DOCUMENT,
    CheckCode.TOO_LARGE: phrase("The file is too large. Scan with a lower resolution, for instance."),
    CheckCode.WRONG_TYPE: phrase("The file is not a PDF, PNG or JPEG. Save or scan the document as a PDF and upload that."),
    CheckCode.OTHER_CONTENT: _NOT_PLAIN,
    CheckCode.MISNAMED: phrase("The file's name ends as that of another kind of file. Name it as what it is."),
    CheckCode.UNREADABLE: _DAMAGED,
    CheckCode.ENCRYPTED: phrase("The file is protected by a password. Upload it without one."),
    CheckCode.TOO_MANY_PAGES: phrase("The file has too many pages. Upload the signed document only."),
    CheckCode.EXPANDS_TOO_FAR: _NOT_PLAIN,
    CheckCode.TOO_COMPLEX: _NOT_PLAIN,
    CheckCode.ACTIVE_CONTENT: _NOT_PLAIN,
    CheckCode.EMBEDDED_FILES: _NOT_PLAIN,
    CheckCode.UNSIGNED: phrase("The document is not signed. Type your name into it, use a certificate, or scan it signed."),
    CheckCode.SIGNATURE_BROKEN: _CHANGED,
    CheckCode.SIGNATURE_PARTIAL: _CHANGED,
    CheckCode.SIGNATURE_DATE: phrase("The date of the signature is more than 12 months ago or lies in the future."),
    CheckCode.ACTIVITIES_MISSING: phrase("No activity of the partner is ticked in the document."),
    CheckCode.DECLARATION_MISSING: phrase("The declaration of authority is not ticked in the document."),
    CheckCode.SIGNER_INCOMPLETE: phrase("Name, title or date is missing in the document."),
}


def document_faults(codes: Iterable[str]) -> FormFaults:
    """One fault for each thing to mend; what two checks say alike is said once."""
    said = dict.fromkeys(_WORDS.get(CheckCode(code), _ANOTHER) if code in set(CheckCode) else _DAMAGED for code in codes)
    return tuple(FormFault("document", sentence) for sentence in said)
