"""What the commands print with: results on standard output, words for people on standard error; `--json` is for programs."""

import json
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Annotated, Any, Final

import typer
from babel.numbers import get_currency_precision
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from infra.cli.api import NoAnswer, Refused

REFUSED, UNREACHABLE = 1, 3
AsJson = Annotated[bool, typer.Option("--json", help="Print the API's own JSON, for programs.")]

out: Final = Console(highlight=False, markup=False, soft_wrap=True)
err: Final = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)


def told[**P](command: Callable[P, None]) -> Callable[P, None]:
    """Makes a refusal words on standard error and an exit code, instead of a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> None:
        try:
            command(*args, **kwargs)
        except Refused as refusal:
            err.print(str(refusal), style="red")
            raise typer.Exit(REFUSED) from refusal
        except NoAnswer as silence:
            err.print(f"{silence} Is it running (make run), and is CPOR_API right?", style="red")
            raise typer.Exit(UNREACHABLE) from silence

    return wrapped


def show_json(document: Any) -> None:
    """A document as JSON, exactly."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))


def show_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Rows under headings, for a program separated by tabs. What others wrote is printed as it is, never read as markup."""
    if not out.is_terminal:
        for row in (columns, *rows):
            typer.echo("\t".join(_cell(value) for value in row))
        return
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(_cell(value) for value in row))
    out.print(table)


def show_facts(facts: dict[str, object]) -> None:
    """Names and values, one a line; what is not there is left out."""
    width = max(map(len, facts))
    for name, value in facts.items():
        if value not in (None, "", []):
            out.print(f"{name:<{width}}  {_cell(value)}")


def progress() -> Progress:
    """A progress bar on standard error."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=err
    )


def money(amount: dict[str, Any] | None) -> str:
    """An amount of money as people write it."""
    if amount is None:
        return ""
    digits = get_currency_precision(amount["currency"])
    return f"{amount['amountMinor'] / 10**digits:,.{digits}f} {amount['currency']}"


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    # Names come from elsewhere: no control character of theirs reaches the terminal.
    return "".join(c if c.isprintable() else "�" for c in text)
