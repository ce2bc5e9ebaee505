"""Claims for the record store's contract: values of the domain that state only what matters, each for a customer of its own."""

from collections.abc import Mapping
from datetime import timedelta
from secrets import token_hex
from uuid import uuid4

from shared.domain import review, submission
from shared.domain.claim import Change, Claim, Proof, Scan, ScopeClaim
from shared.domain.identity import new_claim_id
from shared.domain.lifecycle import ActorKind
from shared.domain.policy import Policy
from shared.domain.timeline import Act, Actor
from shared.ports.records import Call, Records, Stored
from tests.usecases.system import CUSTOMER, DOMAIN, MONDAY, PARTNER, wanted

POLICY = Policy()


def act(kind: ActorKind = ActorKind.PARTNER, *, minutes: int = 0) -> Act:
    """An attempt, so many minutes after that Monday's beginning."""
    return Act(Actor(kind, "somebody"), MONDAY + timedelta(minutes=minutes), token_hex(12), token_hex(12))


def a_call() -> Call:
    return Call(token_hex(32), token_hex(32))


def creation(tenant: str = "", *scopes: str) -> Change:
    """A new draft with a proof; of a new customer, unless the test names one."""
    tenant = tenant or str(uuid4())
    proof = Proof("proof", "00", 1, "application/pdf", "poe.pdf", MONDAY)
    claim = Claim(
        claim_id=new_claim_id(tenant, PARTNER.partner_id, token_hex(8)),
        tenant_id=tenant,
        domain=DOMAIN,
        customer_name=CUSTOMER,
        country="DE",
        partner_id=PARTNER.partner_id,
        partner_name=PARTNER.name,
        programme_id="demo",
        language="en",
        contact_id="contact",
        contact_verified=True,
        created_at=MONDAY,
        updated_at=MONDAY,
        scopes=tuple(ScopeClaim(scope) for scope in scopes or wanted().scopes),
        proofs=(proof,),
    )
    return submission.create(claim, act(), POLICY, "commitment")


def submission_of(stored: Stored) -> Change:
    return submission.submit(stored.claim, act(minutes=1), POLICY)


def remark(stored: Stored, words: str = "Called the customer.") -> Change:
    """A change of a submitted claim that concerns nothing but its timeline."""
    return review.comment(stored.claim, act(ActorKind.REVIEWER, minutes=9), words)


def screening_of(stored: Stored, verdicts: Mapping[str, Scan] | None = None) -> Change:
    return submission.screened(stored.claim, act(ActorKind.SYSTEM, minutes=2), POLICY, verdicts or {"proof": Scan.CLEAN})


async def a_draft(records: Records, tenant: str = "", *scopes: str) -> Stored:
    """A stored draft."""
    change = creation(tenant, *scopes)
    await records.commit(None, change)
    return await records.claim(change.after.claim_id)


async def a_submitted_claim(records: Records, tenant: str = "", *scopes: str) -> Stored:
    """A stored claim that holds its scopes."""
    draft = await a_draft(records, tenant, *scopes)
    await records.commit(draft.etag, submission_of(draft))
    return await records.claim(draft.claim.claim_id)
