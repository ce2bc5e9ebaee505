"""Every example of the reference, sent to the running system in the order of a claim's life; the answers are as described.

The partner is the example's: its token is that of the example's application, and the claims are the example's claim.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.reference.programmes import DEFINITION
from infra.local.sample_poe import sample_poe
from infra.local.system import local_system
from shared.domain.dead_letter import Queue
from tests.functions.conformity import nonconformities, operations, resolved
from tests.functions.running import Answer, Caller, Running, form
from tests.functions.test_authentication import signed
from tests.local.hosted import eventually

pytestmark = pytest.mark.system


STALE = '"999999"'


@dataclass
class Story:
    """Sends examples and remembers which. Each that takes If-Match is sent with a version that never was, too (R-380)."""

    running: Running
    callers: dict[str, Caller] = field(default_factory=dict)
    told: set[str] = field(default_factory=set)

    def send(
        self,
        operation_id: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        media_type: str = "",
        **ids: str,
    ) -> Answer:
        """The operation's example; what ids it names are the story's own."""
        method, path, operation = operations()[operation_id]
        headers, asked = {}, dict(query or {})
        for parameter in map(resolved, operation.get("parameters", ())):
            name, example = parameter["name"], parameter["example"]
            if parameter["in"] == "path":
                path = path.replace(f"{{{name}}}", ids.get(name, example))
            elif parameter["in"] == "query" and query is None:
                asked[name] = str(example).lower() if isinstance(example, bool) else example
            elif parameter["in"] == "header" and name != "Acting-For":
                headers[name] = {"Idempotency-Key": str(uuid4()), "If-Match": "*"}.get(name, example)
        media_types = operation.get("requestBody", {}).get("content", {})
        if media_types:
            headers["Content-Type"] = media_type or next(iter(media_types))
            body = media_types[headers["Content-Type"].partition(";")[0]].get("example") if body is None else body
        if isinstance(body, str):
            body = body.encode()
        address = path + "?" * bool(asked) + "&".join(f"{name}={value}" for name, value in asked.items())
        answer = self._answer(operation_id, path, method, address, body, headers)
        assert nonconformities(operation_id, answer) == []
        assert answer.status < 300, answer.content
        self.told.add(operation_id)
        return answer

    def _answer(self, operation_id: str, path: str, method: str, address: str, body: object, headers: dict[str, str]) -> Answer:
        """The answer; the first time that a version can be named to whoever names what stands, once another was refused."""
        caller = self._caller(operations()[operation_id][2])
        if "If-Match" not in headers or operation_id in self.told:
            return caller.send(method, address, body, headers)
        resource = path if operations()[operation_id][1].endswith("}") else path.rpartition("/")[0]
        resource += "/versions" * (operation_id == "publishProgramme")
        # Mails and the like may make another version of a claim in between.
        for _ in range(10):
            read = caller.get(resource)
            stale = caller.send(method, address, body, {**headers, "If-Match": STALE})
            assert (stale.status, stale.document["code"]) == (412, "stale_version"), operation_id
            assert nonconformities(operation_id, stale) == []
            answer = caller.send(method, address, body, {**headers, "If-Match": read.headers.get("etag", "*")})
            if answer.status != 412:
                return answer
        raise AssertionError(operation_id, "no version ever stood still")

    def _caller(self, operation: Mapping[str, Any]) -> Caller:
        roles = [role for scheme in operation["security"] for role in scheme["bearer"]]
        return self.callers[roles[0]] if roles else Caller(self.running, "none")

    def submitted(self, tenant: str) -> str:
        """The id of the example's claim for this customer, under review."""
        claim = {**example_of("createClaim"), "customer": {**example_of("createClaim")["customer"], "tenantId": tenant}}
        claim_id = str(self.send("createClaim", body=claim).document["claimId"])
        self.send("attachProof", query={}, body=self.proof(tenant), claimId=claim_id)
        self.send("submitClaim", query={}, claimId=claim_id)
        self.until_under_review(claim_id)
        return claim_id

    def until_under_review(self, claim_id: str) -> None:
        def is_reviewed() -> bool:
            return bool(self.send("getClaim", claimId=claim_id).document["status"] == "under_review")

        eventually(is_reviewed, "a claim under review")

    def proof(self, tenant: str) -> bytes:
        customer = example_of("createClaim")["customer"]
        return sample_poe(
            tenant_id=tenant,
            domain=customer["domain"],
            customer_name=customer["name"],
            partner_name=example_of("putPartner")["name"],
            partner_id="4711001",
            workloads=["Microsoft Teams"],
            signer_name="Anna Berg",
            signer_title="Head of IT",
            signed_on=self.running.system.clock.now().date() - timedelta(days=1),
        )


def example_of(operation_id: str) -> dict[str, Any]:
    example = operations()[operation_id][2]["requestBody"]["content"]["application/json"]["example"]
    assert isinstance(example, dict)
    return example


@pytest.fixture
def running() -> Iterator[Running]:
    """A system of its own: the story's end lets days pass."""
    with local_system() as system:
        yield Running(system)


def test_every_example_works_and_every_answer_is_as_described(running: Running, poison: Callable[[str, str], None]) -> None:
    client = example_of("putPartner")["clients"][0]
    token = signed(running, roles=["Partner"], azp=client["appId"], tid=client["tenantId"])
    partner = Caller(running, token, "4711001")
    story = Story(running, {"Partner": partner, "Reviewer": running.staff("Reviewer"), "Operator": running.staff("Operator")})

    for operation_id in ("health", "ready", "getOpenapi", "putPartner", "getPartner", "whoAmI", "listProgrammes", "getProgramme"):
        story.send(operation_id)
    story.send("publishProgramme", programmeId="centenary", query={})
    story.send("listProgrammeVersions", programmeId="centenary")
    following = {**DEFINITION, "version": 2, "minimumSeats": 200}
    tried = story.send("publishProgramme", programmeId="centenary", query={"dryRun": "true"}, body=following)
    story.send("getProgrammeTrial", programmeId="centenary", trialId=str(tried.document["trialId"]))
    first_claim(story)
    drafts(story)
    other_decisions(story)
    money(story)
    given_up(story, poison)
    story.send("erasePerson")
    story.send("addSuppression")
    listed = story.send("listSuppressions").document["value"]
    story.send("removeSuppression", addressHash=listed[0]["addressHash"])
    reopened(story)
    contested(story)
    settled(story)
    for operation_id in ("listUsage", "listImpact", "listOpportunities"):
        story.send(operation_id, query={})
    batch = str(story.send("createClaimBatch").document["batchId"])
    eventually(lambda: story.send("getClaimBatch", query={}, batchId=batch).document["status"] == "done", "the batch's end")
    for operation_id in ("listAssociations", "getAvailability", "listPartners"):
        story.send(operation_id, query=None if operation_id == "getAvailability" else {})
    association = story.send("getCustomer").document["associations"][0]["associationId"]
    story.send("endAssociation", associationId=association)

    assert operations().keys() - story.told == set(), "send its example, at the point of the story where it belongs"


def first_claim(story: Story) -> None:
    """From the draft to the association."""
    claim_id = str(story.send("createClaim").document["claimId"])
    story.send("getProofForm", claimId=claim_id)
    tenant = example_of("createClaim")["customer"]["tenantId"]
    attached = story.send("attachProof", query={}, body=story.proof(tenant), claimId=claim_id)
    story.send("submitClaim", claimId=claim_id)  # The example only validates.
    story.send("submitClaim", query={}, claimId=claim_id)
    story.until_under_review(claim_id)
    document = str(attached.document["document"]["documentId"])
    story.send("getProof", claimId=claim_id, documentId=document)
    story.send("listProofs", claimId=claim_id)
    story.send("getTimeline", claimId=claim_id)
    story.send("remarkOnClaim", claimId=claim_id)
    story.send("resendConsent", claimId=claim_id)
    story.send("listClaims", query={"status": "under_review", "maxpagesize": "50"})
    story.send("listReviews")
    story.send("listEvents", query={"maxpagesize": "50"})
    webhooks(story)
    story.send("getReview", reviewId=claim_id)
    story.send("assignReview", reviewId=claim_id)
    story.send("listProofsToReview", reviewId=claim_id)
    story.send("getProofToReview", reviewId=claim_id, documentId=document)
    story.send("commentOnClaim", reviewId=claim_id)
    agree(story.running, claim_id)
    approved = story.send("approveClaim", reviewId=claim_id).document
    assert approved["status"] == "active"
    story.send("explainAssociation", associationId=approved["scopes"][0]["associationId"])
    story.send("getAssociation", associationId=approved["scopes"][0]["associationId"])
    story.send("getCustomer", tenantId=tenant)


def webhooks(story: Story) -> None:
    """The example's receiver does not exist, which its deliveries say."""
    story.send("putWebhook")
    story.send("getWebhook")
    story.send("listWebhooks")
    story.send("testWebhook")

    def tried() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = story.send("listDeliveries", query={"maxpagesize": "50"}).document["value"]
        return found

    delivery = eventually(tried, "a delivery that was tried")[0]
    assert delivery["failure"] == "name_unknown"
    story.send("replayDelivery", deliveryId=delivery["deliveryId"])
    story.send("deleteWebhook")


def given_up(story: Story, poison: Callable[[str, str], None]) -> None:
    """A message that failed every try."""
    poison(Queue.RECONCILIATION, json.dumps({"reconciliationId": "gone", "bucket": "zz"}))
    letter = eventually(lambda: story.send("listDeadLetters", query={}).document["value"], "the letter of what failed")[0]
    story.send("getDeadLetter", letterId=letter["letterId"])
    story.send("replayDeadLetter", letterId=letter["letterId"])


def agree(running: Running, claim_id: str) -> None:
    """What the customer does, which is no part of the reference."""
    address, contact = running.system.api, example_of("createClaim")["contact"]["mail"]

    def link() -> str | None:
        links = [link for mail in running.system.mailbox.mails(contact) for link in mail.links if "/consent/" in link]
        pages = (link.removeprefix(address) for link in links)
        return next((page for page in pages if claim_id.encode() in running.send("GET", page).content), None)

    page = eventually(link, "a mail with a link to the question about this claim")
    running.agree(page)


def other_decisions(story: Story) -> None:
    returned, rejected = story.submitted(str(uuid4())), story.submitted(str(uuid4()))
    story.send("requestAction", reviewId=returned)
    story.send("withdrawClaim", claimId=returned)
    tenant = str(uuid4())
    claim = {**example_of("createClaim"), "customer": {**example_of("createClaim")["customer"], "tenantId": tenant}}
    body, media_type = form(("claim", None, json.dumps(claim).encode()), ("poe", "proof.pdf", story.proof(tenant)))
    assert story.send("createClaim", body=body, media_type=media_type).status == 202
    story.send("rejectClaim", reviewId=rejected)
    story.send("disputeRejection", claimId=rejected)


def drafts(story: Story) -> None:
    """What is still to be done before a claim is submitted."""
    tenant = str(uuid4())
    claim = {**example_of("createClaim"), "customer": {**example_of("createClaim")["customer"], "tenantId": tenant}}
    claim_id = str(story.send("createClaim", body=claim).document["claimId"])
    attached = story.send("attachProof", query={}, body=story.proof(tenant), claimId=claim_id)
    story.send("editClaim", claimId=claim_id)
    document = str(attached.document["document"]["documentId"])
    story.send("attestProof", claimId=claim_id, documentId=document)
    story.send("removeProof", claimId=claim_id, documentId=document, query={})
    story.send("requestSignature", claimId=claim_id)


def reached(story: Story) -> str:
    """The id of an earning: the customer's use has grown since the association began."""
    tenant, day = example_of("createClaim")["customer"]["tenantId"], story.running.system.clock.now().date().isoformat()
    header = "CustomerTenantId,WorkloadName,Date,PaidAvailableUnits,MonthlyActiveUsers"
    rows = f"{header}\n{tenant},Microsoft Teams,{day},500,400\n"
    import_id = str(story.send("importUsage", media_type="text/csv", body=rows).document["importId"])
    eventually(lambda: story.send("getUsageImport", importId=import_id).document["status"] == "done", "the import's end", 60)
    run = str(story.send("startEvaluation").document["evaluationId"])
    eventually(lambda: story.send("getEvaluation", evaluationId=run).document["status"] == "done", "the run's end", 120)
    return str(story.send("listEarnings", query={}).document["value"][0]["earningId"])


def settled(story: Story) -> None:
    """What was earned is queried, added up and settled."""
    earning = reached(story)
    story.send("queryEarning", earningId=earning)
    story.send("listEarningQueries")
    story.send("answerEarningQuery", earningId=earning)
    story.send("getEarningQuery", earningId=earning)
    adjusted = story.send("makeAdjustment").document
    story.send("getStatement", query={}, month=adjusted["month"])
    story.send("getPeriod", month=adjusted["month"])
    story.running.system.clock.advance(timedelta(days=31))
    story.send("closePeriod", month=adjusted["month"])
    story.send("listStatements")
    paid_out(story, adjusted["month"])


def reconciled(story: Story) -> None:
    """All books are compared, and agree."""
    begun = story.send("startReconciliation").document["reconciliationId"]

    def is_done() -> bool:
        return bool(story.send("getReconciliation", reconciliationId=begun).document["status"] != "running")

    eventually(is_done, "the end of the reconciliation", 120)
    assert story.send("getReconciliation", reconciliationId=begun).document["found"] == []


def paid_out(story: Story, month: str) -> None:
    """One operator proposes, another approves; the bank pays one month and not the other."""
    first, operator = story.callers["Operator"], Caller(story.running, story.running.system.token("Operator", person="second"))
    dear = {"partnerId": "4711001", "amount": {"amountMinor": 50_000, "currency": "EUR"}, "reason": "Enough for a transfer."}
    following = str(story.send("makeAdjustment", body=dear).document["month"])
    story.running.system.clock.advance(timedelta(days=31))
    story.send("closePeriod", month=following)
    story.send("proposePayout", body={"month": following})
    story.callers["Operator"] = operator
    story.send("approvePayout", payoutId=following)
    story.send("getPayoutExport", payoutId=following)
    story.send("getPayout", payoutId=following)
    story.callers["Operator"] = first
    story.send("markPayoutPaid", payoutId=following)
    story.send("listPayouts")
    dearer = {**dear, "amount": {"amountMinor": 60_000, "currency": "EUR"}}
    last = str(story.send("makeAdjustment", body=dearer).document["month"])
    assert month < following < last
    story.running.system.clock.advance(timedelta(days=31))
    story.send("closePeriod", month=last)
    story.send("proposePayout", body={"month": last})
    story.send("markPayoutFailed", body={"reason": "A wrong month."}, payoutId=last)
    reconciled(story)


def contested(story: Story) -> None:
    """Another partner holds what the example's claim asks for; the customer decides with a click, a reviewer with a reason."""
    tenant, rival = str(uuid4()), story.running.partner()
    held = rival.complete_draft(tenant)
    assert rival.post(f"/v1/claims/{held}/submit").status == 202
    claim = {**example_of("createClaim"), "customer": {**example_of("createClaim")["customer"], "tenantId": tenant}}
    claim_id = str(story.send("createClaim", body=claim).document["claimId"])
    story.send("attachProof", body=story.proof(tenant), claimId=claim_id)
    story.send("contestScopes", claimId=claim_id)

    def is_contesting() -> bool:
        listed = story.send("listContests").document["value"]
        return claim_id in {each["contestId"] for each in listed}

    eventually(is_contesting, "the contest in the list")
    found = story.send("getContest", contestId=claim_id).document
    assert [claim["claimId"] for claim in found["incumbents"]] == [held]
    agree(story.running, claim_id)
    assert story.send("decideContest", contestId=claim_id).document["status"] == "active"
    assert rival.get(f"/v1/claims/{held}").document["status"] == "rejected"


def reopened(story: Story) -> None:
    """The partner comes back after it let its deadline pass."""
    lapsed = story.submitted(str(uuid4()))
    story.send("requestAction", reviewId=lapsed)
    story.running.system.clock.advance(timedelta(days=9))
    eventually(lambda: story.send("getClaim", claimId=lapsed).document["status"] == "expired", "the end of the deadline")
    story.send("reopenClaim", claimId=lapsed)


def money(story: Story) -> None:
    """From the vendor's export to the earnings."""
    story.send("importUsage", media_type="text/csv")
    import_id = str(story.send("importUsage", media_type="text/tab-separated-values").document["importId"])
    eventually(lambda: story.send("getUsageImport", importId=import_id).document["status"] == "done", "the import's end", 60)
    assert story.send("getUsageImport", importId=import_id).document["refused"] == 0
    story.send("getUsageImportErrors", importId=import_id)
    run = str(story.send("startEvaluation").document["evaluationId"])
    eventually(lambda: story.send("getEvaluation", evaluationId=run).document["status"] == "done", "the run's end", 120)
    story.send("listEarnings", query={"workload": "teams"})
