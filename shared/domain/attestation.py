"""What a person attests of a document that only an eye can compare with its original: that it shows what the customer signed.

The sentences are part of the evidence: one that was attested never changes, a better one gets another name.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from shared.domain.lifecycle import ActorKind
from shared.domain.wording import phrase


class Statement(StrEnum):
    """Which sentence was attested: whose, and in which version."""

    PARTNER_1 = "partner-1"
    CUSTOMER_1 = "customer-1"


OF_PARTNER: Final = Statement.PARTNER_1
OF_CUSTOMER: Final = Statement.CUSTOMER_1
"""What each side attests today."""

SENTENCES: Final = {
    Statement.PARTNER_1: (
        "I have compared this file with the document that the customer signed: it shows that document whole and unchanged."
    ),
    Statement.CUSTOMER_1: phrase(
        "By uploading the file I declare that it shows, whole and unchanged, what I signed for my organisation."
    ),
}


@dataclass(frozen=True, slots=True)
class Attestation:
    """That it was attested, by which side and when (aware UTC). Who it was stands in the timeline's entry `seq`, where it can be
    erased."""

    statement: Statement
    by: ActorKind
    at: datetime
    seq: int

    @property
    def sentence(self) -> str:
        """What was attested, word for word."""
        return SENTENCES[self.statement]
