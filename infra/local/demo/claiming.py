"""The first part: from two enrolled partners to an active association."""

from collections.abc import Callable
from datetime import datetime, timedelta

from infra.local.demo.case import CONTACT, CONTOSO, EXCHANGE, NAMES, NORTHWIND, TEAMS, Case, claim_for, signed_proof
from infra.local.demo.client import Answer

FIRST_DAY = 10
"""The story begins on the 10th of a month, so that it reads alike whenever it is told: the two months it needs end 18 to 52 days
later, within the life of the links in its mails."""


def begin(case: Case) -> None:
    case.stage.step("The story begins on the 10th of next month")
    case.stage.let_time_pass_until(_the_tenth_after(case.stage.now()))


def enrol(case: Case) -> None:
    stage = case.stage
    stage.step("An operator enrols two partners")
    for company in (CONTOSO, NORTHWIND):
        answer = stage.ask(case.operator, "PUT", f"/v1/partners/{company.partner_id}", company.profile, expects=200)
        stage.fact("partner", f"{answer['name']}, in the programme {', '.join(answer['programmes'])}")


def claim(case: Case) -> None:
    stage = case.stage
    stage.step("Partner A claims Teams and Exchange Online for Fabrikam")
    once = {"Idempotency-Key": "demo-claim-1"}
    answer = stage.ask(case.contoso, "POST", "/v1/claims", claim_for(TEAMS, EXCHANGE), headers=once, expects=201)
    case.claim_id = answer["claimId"]
    stage.facts(_standing(answer))
    again = stage.ask(case.contoso, "POST", "/v1/claims", claim_for(TEAMS, EXCHANGE), headers=once, expects=201)
    stage.expect("The claim made by the same request, sent again,", case.claim_id, again["claimId"])
    stage.fact("sent again", "the same claim; no second one was made")


def submit_without_proof(case: Case) -> None:
    stage = case.stage
    stage.step("Submitting without a proof of execution is refused, and says what is missing")
    problem = stage.ask(case.contoso, "POST", f"{case.claim}/submit", expects=422)
    stage.expect("The problem's code", "claim_incomplete", problem["code"])
    stage.expect("What is missing", ["poe_missing"], [obstacle["code"] for obstacle in problem["errors"]])
    stage.facts({"code": problem["code"], "missing": problem["errors"][0]["message"]})


def attach_proof(case: Case) -> None:
    stage = case.stage
    stage.step("Partner A attaches the proof that the customer signed: a PDF with a digital signature")
    proof = signed_proof(CONTOSO, (TEAMS, EXCHANGE), stage.now().date() - timedelta(days=3))
    pdf = {"Content-Type": "application/pdf"}
    answer = stage.ask(case.contoso, "POST", f"{case.claim}/poe?name=proof.pdf", proof, headers=pdf, expects=201)
    checks = answer["checks"]
    failed = [check["code"] for check in checks if check["result"] == "failed"]
    stage.expect("The list of failed checks", [], failed)
    passed = sum(check["result"] == "passed" for check in checks)
    stage.facts(
        {
            "document": f"{len(proof):,} bytes, SHA-256 {answer['document']['sha256'][:16]}…",
            "checks": f"{passed} passed, {len(failed)} failed, {len(checks) - passed} for the reviewer to look at",
        }
    )


def submit(case: Case) -> None:
    stage = case.stage
    stage.step("Partner A submits; the proof is scanned for malware and the review begins")
    answer = stage.ask(case.contoso, "POST", f"{case.claim}/submit", expects=202)
    stage.fact("status", answer["status"])
    reviewed = _once(case, "a claim under_review", lambda claim: bool(claim["status"] == "under_review"))
    stage.facts(_standing(reviewed))


def receive_mails(case: Case) -> None:
    stage = case.stage
    stage.step("Two mails reach the customer: one informs, the other asks")
    subjects = {"informs": "wants to be your partner of record", "asks": "Please answer"}
    mails = stage.mails(CONTACT["mail"], subjects)
    case.consent_link = stage.link_in(mails["asks"], "/consent/")
    # A mail may be read before it is noted as sent.
    noted = _once(case, "both mails in the claim's timeline", _notes_two_mails, f"{case.claim}/timeline")
    stage.fact("timeline", f"{len(noted['value'])} entries, the last two: {', '.join(e['event'] for e in noted['value'][-2:])}")
    asked = stage.ask(case.contoso, "GET", case.claim, expects=200)
    stage.facts({"consent": _consent(asked), "answer by": asked["consentWindowEndsAt"]})


def agree(case: Case) -> None:
    stage = case.stage
    stage.step("The customer opens the link, which changes nothing, and agrees to both")
    before = stage.ask(case.contoso, "GET", case.claim, expects=200, shown=False)
    page = stage.visit(case.consent_link)
    stage.expect("The page's naming of partner A", True, CONTOSO.name in page.text)
    after = stage.ask(case.contoso, "GET", case.claim, expects=200, shown=False)
    stage.expect("The claim's version after opening the link", before.headers["etag"], after.headers["etag"])
    # Whoever agrees says which words it has read, as its browser does.
    words = page.text.partition('name="words" value="')[2].partition('"')[0]
    stage.visit(case.consent_link, {"choice": "agree", "words": words})
    agreed = stage.ask(case.contoso, "GET", case.claim, expects=200)
    stage.expect("Every answer", {"granted"}, {scope["consent"] for scope in agreed["scopes"]})
    stage.fact("consent", _consent(agreed))
    receipt = stage.mails(CONTACT["mail"], {"receipt": "is recorded"})["receipt"]
    case.manage_link = stage.link_in(receipt, "/manage/")


def approve(case: Case) -> None:
    stage = case.stage
    stage.step("A reviewer finds the claim in the queue and approves it: partner A is partner of record")
    queue = stage.ask(case.reviewer, "GET", "/v1/reviews", expects=200)
    stage.expect("The queue", [case.claim_id], [review["claimId"] for review in queue["value"]])
    approved = stage.ask(case.reviewer, "POST", f"/v1/reviews/{case.claim_id}/approve", {}, expects=200)
    stage.expect("The status", "active", approved["status"])
    case.associations = {scope["scope"]: scope["associationId"] for scope in approved["scopes"]}
    stage.facts({"status": approved["status"], "active from": approved["scopes"][0]["activeFrom"]})
    stage.mails(CONTOSO.mail, {"approved": "Approved"})


def _the_tenth_after(now: datetime) -> datetime:
    next_month = (now.replace(day=1) + timedelta(days=32)).replace(day=FIRST_DAY)
    return next_month.replace(hour=9, minute=0, second=0, microsecond=0)


def _once(case: Case, what: str, holds: Callable[[Answer], bool], address: str = "") -> Answer:
    """Reads the claim, or what is at another address, until something holds."""

    def read() -> Answer:
        return case.stage.ask(case.contoso, "GET", address or case.claim, expects=200, shown=False)

    def once_it_holds() -> Answer | None:
        answer = read()
        return answer if holds(answer) else None

    return case.stage.eventually(what, once_it_holds, lambda: read().text)


def _notes_two_mails(timeline: Answer) -> bool:
    return [entry["event"] for entry in timeline["value"]].count("mail_accepted") == 2


def _standing(claim: Answer) -> dict[str, object]:
    """Where the claim stands and whose move it is, as every reader sees it first."""
    due = f", by {claim['dueAt']}" if "dueAt" in claim.document else ""
    return {"claim": claim["claimId"], "status": f"{claim['status']}; next: the {claim['nextActor']}, {claim['waitingFor']}{due}"}


def _consent(claim: Answer) -> str:
    return ", ".join(f"{NAMES[scope['scope']]} {scope['consent']}" for scope in claim["scopes"])
