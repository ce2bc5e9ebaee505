"""`cpor claims`: submit a claim with its proof, find claims, look at one, and watch it move."""

import mimetypes
import time
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.live import Live
from rich.text import Text

from infra.cli.api import Api
from infra.cli.terminal import AsJson, err, out, show_facts, show_json, show_table, told

app = typer.Typer(help="Claims of the partner whose token it is.", no_args_is_help=True)

DRAFT = "draft"
LOOKS_EVERY_S = 2.0
ClaimId = Annotated[str, typer.Argument(help="The claim's id.")]
File = Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True)]


class Until(StrEnum):
    """What watching waits for."""

    REVIEWED = "reviewed"
    ACTIVE = "active"
    CLOSED = "closed"


# The statuses in which a claim has got there, or will never.
_OVER = ("rejected", "refused", "withdrawn", "expired", "ended")


@app.command()
@told
def submit(
    claim: File,
    proof: Annotated[list[Path] | None, typer.Argument(exists=True, dir_okay=False, readable=True)] = None,
    key: Annotated[str, typer.Option(help="Idempotency key; by default made of the claim's content.")] = "",
    attested_by: Annotated[
        str, typer.Option(help="Who has compared the files with what the customer signed: a scan carries no claim without.")
    ] = "",
    validate_only: Annotated[bool, typer.Option("--validate-only", help="Say every obstacle; leave the claim a draft.")] = False,
) -> None:
    """Create a claim from a JSON file, attach its proofs and submit it.

    Run it again after whatever went wrong: the same file is the same claim, the same document is the same proof, and what is
    submitted stays submitted. To claim the same again after it was closed, give another --key.
    """
    api, content = Api.from_environment(), claim.read_bytes()
    once = {"Idempotency-Key": key or f"cpor-{sha256(content).hexdigest()[:40]}", "Content-Type": "application/json"}
    made = api.ask("POST", "/v1/claims", content=content, headers=once)
    address = f"/v1/claims/{made['claimId']}"
    err.print(f"Claim {made['claimId']}")
    standing = api.ask("GET", address)
    if standing["status"] != DRAFT:
        err.print("It was submitted before.")
        _show(standing)
        return
    for file in proof or []:
        headers = {"Content-Type": mimetypes.guess_type(file.name)[0] or "application/octet-stream"}
        params = {"name": file.name}
        if attested_by:
            headers["Acting-User"], params["attestation"] = attested_by, "partner-1"
        attached = api.ask("POST", f"{address}/poe", params=params, content=file.read_bytes(), headers=headers)
        err.print(f"Attached {file.name}")
        for check in attached["checks"]:
            if check["result"] != "passed":
                err.print(f"  {check['result']}: {check['finding']} {check['advice']}")
    if validate_only:
        obstacles = api.ask("POST", f"{address}/submit", params={"validateOnly": "true"})["obstacles"]
        show_table(("code", "what is missing"), [(each["code"], each["message"]) for each in obstacles])
        raise typer.Exit(1 if obstacles else 0)
    _show(api.ask("POST", f"{address}/submit"))


@app.command("list")
@told
def list_claims(
    status: Annotated[str | None, typer.Option(help="Only claims in this status.")] = None,
    tenant: Annotated[str | None, typer.Option(help="Only claims about this customer.")] = None,
    scope: Annotated[str | None, typer.Option(help="Only claims that name this scope.")] = None,
    next_actor: Annotated[
        str | None, typer.Option(help="Only claims that wait for partner, reviewer, customer or system.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """List claims, the newest first."""
    wanted = {"status": status, "tenantId": tenant, "scope": scope, "nextActor": next_actor}
    found = list(Api.from_environment().values("/v1/claims", wanted))
    if as_json:
        show_json(found)
        return
    columns = ("claim", "status", "customer", "scopes", "waits for", "until")
    show_table(
        columns,
        [
            (
                each["claimId"],
                each["status"],
                each["customerName"],
                ", ".join(named["scope"].removeprefix("workload:") for named in each["scopes"]),
                each.get("waitingFor") or each["nextActor"],
                each.get("dueAt", ""),
            )
            for each in found
        ],
    )


@app.command()
@told
def show(claim_id: ClaimId, as_json: AsJson = False) -> None:
    """Show a claim and all that happened to it."""
    api = Api.from_environment()
    claim, timeline = api.ask("GET", f"/v1/claims/{claim_id}"), api.ask("GET", f"/v1/claims/{claim_id}/timeline")
    if as_json:
        show_json({"claim": claim, "timeline": timeline})
        return
    _show(claim)
    out.print()
    show_table(
        ("when", "what", "who", "words"), [(e["at"], e["event"], e["actorKind"], e.get("words")) for e in timeline["value"]]
    )
    if not timeline["intact"]:
        err.print("The timeline's chain of hashes is broken.", style="red")
        raise typer.Exit(1)


@app.command()
@told
def watch(
    claim_id: ClaimId,
    until: Annotated[Until, typer.Option(help="End once the claim has come this far.")] = Until.ACTIVE,
    at_most: Annotated[float, typer.Option(help="Give up after so many seconds.")] = 24 * 3600,
) -> None:
    """Follow a claim until it is active, or until it is closed: exit code 0 if it came as far as was asked."""
    api, give_up = Api.from_environment(), time.monotonic() + at_most
    with Live(console=err, auto_refresh=False) as live:
        while True:
            claim = api.ask("GET", f"/v1/claims/{claim_id}")
            live.update(Text(_in_a_line(claim)), refresh=True)
            if _is_reached(claim, until) or claim["status"] in _OVER or time.monotonic() > give_up:
                break
            time.sleep(LOOKS_EVERY_S)
    _show(claim)
    raise typer.Exit(0 if _is_reached(claim, until) else 1)


def _is_reached(claim: dict[str, Any], until: Until) -> bool:
    if until is Until.REVIEWED:
        return bool(claim["review"] == "approved")
    return bool(claim["status"] == "active") if until is Until.ACTIVE else claim["status"] in _OVER


def _in_a_line(claim: dict[str, Any]) -> str:
    waits = claim.get("waitingFor") or claim["nextActor"]
    return f"{claim['claimId']}  {claim['status']}, waits for {waits}" + (
        f" until {claim['dueAt']}" if claim.get("dueAt") else ""
    )


def _show(claim: dict[str, Any]) -> None:
    show_facts(
        {
            "claim": claim["claimId"],
            "status": claim["status"],
            "reason": claim.get("reasonCode"),
            "customer": f"{claim['customerName']} ({claim['tenantId']})",
            "waits for": claim.get("waitingFor") or claim["nextActor"],
            "until": claim.get("dueAt"),
            "review": claim["review"],
            "your reference": claim.get("externalReference"),
        }
    )
    columns = ("scope", "consent", "association", "active from", "ended")
    names = ("scope", "consent", "associationId", "activeFrom", "endedAt")
    show_table(columns, [[scope.get(name) for name in names] for scope in claim["scopes"]])
