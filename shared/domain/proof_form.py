"""What a proof has to be about, and our own form for it: its fields, and the id that ties a copy of it to one claim.

The same facts are printed on the form and asked of whatever document comes back. How the form looks, and how a file is read, is
left to adapters.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Final

from shared.domain.association import WORKLOAD_SCOPE
from shared.domain.claim import Claim
from shared.domain.errors import DomainError
from shared.domain.programme import Programme

TEXT_VERSION: Final = 1
"""Goes up with every change of what the form's words mean; whoever signed agreed to one version in one language."""

DISCLOSING_COUNTRIES: Final = frozenset({"US", "PR"})
"""Where the vendor's programme asks that a customer of the public sector be told of the payment."""


class Activity(StrEnum):
    """What a partner did for the customer; the form has a check box for each, named after its value."""

    PRE_SALES = "pre_sales"
    DEPLOYMENT = "deployment"
    ADOPTION = "adoption"
    MAINTENANCE = "maintenance"
    SUPPORT = "support"


class FormField(StrEnum):
    """The form's other fields. The names are part of every copy in the world and never change."""

    FORM_ID = "form_id"
    AUTHORITY = "authority"
    SIGNER_NAME = "signer_name"
    SIGNER_TITLE = "signer_title"
    SIGNED_ON = "signed_on"
    TYPED_SIGNATURE = "typed_signature"
    DIGITAL_SIGNATURE = "digital_signature"


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom and what a proof must be about. `workloads` are display names in the order of the claim's scopes; `discloses` says
    whether the customer must have been told, as a body of the public sector, that the partner may be paid (R-147)."""

    claim_id: str
    tenant_id: str
    domain: str
    customer_name: str
    partner_id: str
    partner_name: str
    programme_name: str
    workloads: tuple[str, ...]
    discloses: bool = False

    @property
    def form_id(self) -> str:
        """The claim's id and a digest of what the form states: a claim that was edited has another form."""
        facts = {name: fact for name, fact in asdict(self).items() if fact is not False}
        stated = json.dumps([TEXT_VERSION, facts], ensure_ascii=False, sort_keys=True)
        return f"{self.claim_id}.{sha256(stated.encode()).hexdigest()[:12]}"


def subject_of(claim: Claim, programme: Programme) -> Subject:
    """What a proof for this claim must be about."""
    names = {WORKLOAD_SCOPE + workload.workload_id: workload.name for workload in programme.workloads}
    return Subject(
        claim_id=claim.claim_id,
        tenant_id=claim.tenant_id,
        domain=claim.domain,
        customer_name=claim.customer_name,
        partner_id=claim.partner_id,
        partner_name=claim.partner_name,
        programme_name=programme.name,
        workloads=tuple(names.get(scope.scope, scope.scope) for scope in claim.scopes),
        discloses=claim.public_sector and claim.country in DISCLOSING_COUNTRIES,
    )


class FormNotPrintable(DomainError):
    """A name of the claim has characters that the form's font cannot show."""

    code = "form_not_printable"

    def __init__(self, characters: str) -> None:
        shown = " ".join(f"{character} (U+{ord(character):04X})" for character in characters[:5] if character.isprintable())
        told = shown or "invisible ones"
        super().__init__(f"The form cannot show these characters: {told}. Let the customer sign a document of its own instead.")
        self.characters = characters
