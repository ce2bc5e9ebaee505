"""`cpor dead-letters`: what failed every try, and trying it again."""

from typing import Annotated, Any, Final

import typer

from infra.cli.api import Api
from infra.cli.terminal import AsJson, err, show_json, show_table, told

app = typer.Typer(help="Work that failed every try, for operators.", no_args_is_help=True)

COLUMNS: Final = ("letter", "queue", "kind", "about", "times", "died", "state")


@app.command("list")
@told
def list_letters(
    queue: Annotated[str | None, typer.Option(help="Only work of this queue.")] = None,
    state: Annotated[str, typer.Option(help="waiting, replayed, moot, or all.")] = "waiting",
    as_json: AsJson = False,
) -> None:
    """List dead letters, the last to die first."""
    wanted = {"queue": queue, "state": None if state == "all" else state, "maxpagesize": 500}
    letters = sorted(Api.from_environment().values("/v1/dead-letters", wanted), key=lambda each: each["diedAt"], reverse=True)
    _show(letters, as_json=as_json)


@app.command()
@told
def replay(
    letter: Annotated[list[str] | None, typer.Argument(help="The letters' ids.")] = None,
    every: Annotated[bool, typer.Option("--all", help="Every letter that waits, instead.")] = False,
    queue: Annotated[str | None, typer.Option(help="With --all: only work of this queue.")] = None,
    as_json: AsJson = False,
) -> None:
    """Have work tried again, once what was wrong is mended. Again changes nothing; no mail is sent twice."""
    api = Api.from_environment()
    if bool(letter) == every:
        err.print("Name letters, or say --all.", style="red")
        raise typer.Exit(2)
    # Read whole first: a letter that is replayed leaves the list that is being read.
    waiting = [each["letterId"] for each in api.values("/v1/dead-letters", {"queue": queue, "state": "waiting"})] if every else []
    _show([api.ask("POST", f"/v1/dead-letters/{name}/replay", json={}) for name in letter or waiting], as_json=as_json)


def _show(letters: list[Any], *, as_json: bool) -> None:
    if as_json:
        show_json(letters)
        return
    show_table(COLUMNS, [_row(each) for each in letters])


def _row(letter: dict[str, Any]) -> tuple[object, ...]:
    about = " ".join(f"{name}={value}" for name, value in letter["about"].items())
    return letter["letterId"], letter["queue"], letter.get("kind"), about, letter["times"], letter["diedAt"], letter["state"]
