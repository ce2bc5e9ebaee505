"""Scans: somebody attests that a document shows what the customer signed.

Software cannot see whether a picture bears a signature. So two people answer for it: whoever attests, without whom it carries no
submission (R-320), and the reviewer, who says when approving that it looked (`review`, R-321).
"""

from dataclasses import replace

from shared.domain.attestation import Attestation, Statement
from shared.domain.claim import Change, Claim
from shared.domain.errors import NotFound
from shared.domain.lifecycle import Event
from shared.domain.poe_checks import CheckCode
from shared.domain.submission import idle_again, submits_itself
from shared.domain.timeline import Act, Fact
from shared.domain.transition import admits, moved


def attest(claim: Claim, act: Act, document_id: str, statement: Statement) -> Change:
    """Whoever acts has attested this of the document. Of several attestations the document bears the last, the timeline all.

    Raises NotFound when the claim has no such document, ActionNotAllowed.
    """
    admits(claim, Event.ATTEST, act.actor.kind)
    proof = next((p for p in claim.proofs if p.document_id == document_id), None)
    if proof is None:
        raise NotFound
    attested = replace(
        proof,
        attestation=Attestation(statement, act.actor.kind, act.at, claim.seq + 1),
        faults=tuple(code for code in proof.faults if code != CheckCode.UNATTESTED),
    )
    proofs = tuple(attested if p is proof else p for p in claim.proofs)
    dues = submits_itself(replace(claim, dues=idle_again(claim, act.at)), act.at)
    data = {"document": document_id, "sha256": proof.sha256, "attestation": str(statement)}
    return moved(claim, act, Fact(Event.ATTEST, data), proofs=proofs, dues=dues)
