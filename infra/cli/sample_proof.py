"""`cpor sample-proof`: a proof for a claim as its customer might have signed it, to try the local system with."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from infra.cli.api import Api
from infra.cli.terminal import err, told


@told
def sample_proof(
    claim: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="The claim's JSON file.")],
    proof: Annotated[Path, typer.Argument(dir_okay=False, writable=True, help="Where to write the PDF.")],
) -> None:
    """Write a proof for a claim, signed by a certificate that nobody trusts. For trials; a real one is signed by the customer."""
    from infra.local.sample_poe import sample_poe

    api, wanted = Api.from_environment(), json.loads(claim.read_text(encoding="utf-8"))
    me, programme = api.ask("GET", "/v1/me"), api.ask("GET", f"/v1/programmes/{wanted['programmeId']}")
    names = {workload["scope"]: workload["name"] for workload in programme["workloads"]}
    customer, contact = wanted["customer"], wanted["contact"]
    document = sample_poe(
        tenant_id=customer["tenantId"],
        domain=customer["domain"],
        customer_name=customer["name"],
        partner_name=me["name"],
        partner_id=me["partnerId"],
        workloads=[names[scope] for scope in wanted["scopes"]],
        signer_name=contact["name"],
        signer_title="Head of IT",
        signed_on=(datetime.now(UTC) - timedelta(days=1)).date(),
    )
    proof.write_bytes(document)
    err.print(f"Wrote {proof}: {len(document):,} bytes.")
