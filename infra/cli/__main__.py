"""The commands of `cpor`."""

import typer

from infra.cli import batches, claims, dead_letters, money, usage
from infra.cli.sample_proof import sample_proof
from infra.cli.token import token

app = typer.Typer(
    name="cpor",
    help="The partner-of-record API from a terminal. CPOR_API is its address, CPOR_TOKEN the caller's token.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(claims.app, name="claims")
app.add_typer(batches.app, name="batch")
app.add_typer(usage.app, name="usage")
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(money.evaluate)
app.command()(money.explain)
app.command()(token)
app.command()(sample_proof)

if __name__ == "__main__":
    app()
