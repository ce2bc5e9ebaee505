"""`cpor token`: a token of the local system's own issuer, for the local system only."""

from pathlib import Path
from typing import Annotated

import typer

from infra.cli.terminal import REFUSED, err
from infra.local.folder import LOCAL
from infra.local.issuer import ROLES, Issuer, NoIssuerHere, client_of_partner, person_id


def token(
    role: Annotated[str, typer.Option(help=f"One of {', '.join(ROLES)}.")] = "Partner",
    partner: Annotated[str, typer.Option(help="The partner's id; needed by the role Partner.")] = "",
    person: Annotated[str, typer.Option(help="Any name, to tell two reviewers or operators apart.")] = "",
    keys: Annotated[Path, typer.Option(help="Where the local issuer keeps its keys.")] = LOCAL / "keys",
) -> None:
    """Print a development token: export CPOR_TOKEN=$(cpor token --partner 1234567)."""
    if role not in ROLES or (role == "Partner" and not partner):
        err.print(f"Say --role {' or '.join(ROLES)}, and for the role Partner --partner too.", style="red")
        raise typer.Exit(2)
    try:
        issuer = Issuer(keys)
    except NoIssuerHere as refusal:
        err.print(str(refusal), style="red")
        raise typer.Exit(REFUSED) from refusal
    name = person or ("" if role == "Partner" else role)
    typer.echo(issuer.issue(role, client_of_partner(partner or "staff"), person=person_id(name) if name else None))
