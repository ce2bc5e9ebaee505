"""The last part: the scope is taken, the customer ends it from a mail, and the timeline proves what happened."""

from datetime import timedelta

from infra.local.demo.case import CONTACT, CONTOSO, NORTHWIND, TEAMS, Case, claim_for, signed_proof
from infra.local.demo.stage import money


def claim_what_is_taken(case: Case) -> None:
    stage = case.stage
    stage.step("Partner B claims Teams for the same customer, and learns that it is taken, but not by whom")
    draft = stage.ask(case.northwind, "POST", "/v1/claims", claim_for(TEAMS), expects=201)
    rival = f"/v1/claims/{draft['claimId']}"
    proof = signed_proof(NORTHWIND, (TEAMS,), stage.now().date() - timedelta(days=1))
    stage.ask(
        case.northwind, "POST", f"{rival}/poe?name=proof.pdf", proof, headers={"Content-Type": "application/pdf"}, expects=201
    )
    refused = stage.ask(case.northwind, "POST", f"{rival}/submit", expects=409)
    stage.expect("The problem's code", "scope_taken", refused["code"])
    stage.expect("What is taken", [TEAMS], [taken["scope"] for taken in refused["taken"]])
    named = [word for word in (CONTOSO.name, CONTOSO.partner_id, case.claim_id) if word in refused.text]
    stage.expect("What the refusal tells of partner A", [], named)
    stage.facts({"code": refused["code"], "taken": f"{TEAMS}, since {refused['taken'][0]['since']}"})
    missing = stage.ask(case.northwind, "GET", case.claim, expects=404)
    stage.fact("code", f"{missing['code']}: another partner's claim looks like none at all")


def end_from_the_mail(case: Case) -> None:
    stage = case.stage
    stage.step("The link in the customer's receipt is two months old: a new one is mailed, and with it the customer ends Teams")
    ended = case.associations[TEAMS]
    old = stage.visit(case.manage_link)
    stage.expect("What an old link shows of associations", False, ended in old.text)
    stage.visit(case.manage_link, {"sure": "yes"})
    manage_link = stage.link_in(stage.mails(CONTACT["mail"], {"new": "Your link to the partners of record"})["new"], "/manage/")
    page = stage.visit(manage_link)
    stage.expect("The page's offer to end it", True, f'value="{ended}"' in page.text)
    stage.visit(manage_link, {"end": ended, "reason": "changed_partner", "sure": "yes"})
    stage.mails(CONTACT["mail"], {"ended": "is no longer partner of record"})
    claim = stage.ask(case.contoso, "GET", case.claim, expects=200)
    teams = next(scope for scope in claim["scopes"] if scope["scope"] == TEAMS)
    stage.expect("The reason of the end", "ended_by_customer", teams.get("endReason"))
    stage.facts({"Teams": f"{teams['endReason']} at {teams['endedAt']}", "status": f"{claim['status']}, for Exchange Online"})


def keep_what_was_earned(case: Case) -> None:
    stage = case.stage
    stage.step("Ending takes nothing back: what was earned before stays")
    case.evaluate()
    stage.expect("The earnings after the end", case.earnings, case.read_earnings())
    stage.fact("earned", money(sum(earning["amount"]["amountMinor"] for earning in case.earnings.values())))


def verify_timeline(case: Case) -> None:
    stage = case.stage
    stage.step("The timeline of partner A's claim verifies: every entry carries the hash of the one before")
    timeline = stage.ask(case.contoso, "GET", f"{case.claim}/timeline", expects=200)
    entries = timeline["value"]
    stage.expect("The chain of hashes being intact", True, timeline["intact"])
    stage.expect("The sequence numbers", list(range(1, len(entries) + 1)), [entry["seq"] for entry in entries])
    stage.facts(
        {
            f"{entry['seq']:>4}  {entry['at'][:10]}": f"{entry['event']:<16}{entry['hash'][:16]}…  {_who(entry)}"
            for entry in entries
        }
    )


def _who(entry: dict[str, object]) -> str:
    return f"{entry['actorKind']} {entry.get('actorId') or ''}".strip()
