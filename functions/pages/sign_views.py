"""What the signer's pages show, as plain values. Moments are aware UTC; texts are raw, rendering cleans and escapes them."""

from dataclasses import dataclass
from datetime import datetime

from shared.domain.form_content import Form
from shared.domain.signing import Standing


@dataclass(frozen=True, slots=True)
class SignView:
    """Everything to be read before signing, and where each answer goes: `action_url`, and what was signed by hand to
    `document_url`, which also is where the PDF lies."""

    programme_name: str
    partner_name: str
    customer_domain: str
    signer_name: str
    form: Form
    form_id: str
    sign_by: datetime
    claim_id: str
    action_url: str
    document_url: str
    words: str | None = None
    help_address: str | None = None
    language: str = "en"


@dataclass(frozen=True, slots=True)
class SignOutcomeView:
    """What became of a request. `is_yours`: what was just sent is what settled it; otherwise something else did before.

    `copy_url` is where the sealed document lies, if there is one.
    """

    programme_name: str
    partner_name: str
    customer_domain: str
    standing: Standing
    is_yours: bool
    settled_at: datetime | None
    claim_id: str
    reason: str | None = None
    copy_url: str | None = None
    help_address: str | None = None
    language: str = "en"
