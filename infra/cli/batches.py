"""`cpor batch`: hand in a file of claims, wait until it is worked off, and read what came of each line."""

import csv
import io
import json
import time
from collections import Counter
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from infra.cli.api import Api, NoAnswer
from infra.cli.terminal import AsJson, err, out, progress, show_facts, show_json, show_table, told

app = typer.Typer(help="Files of claims, a line a claim.", no_args_is_help=True)

LOOKS_EVERY_S = 1.0
SILENT_AT_MOST_S = 60.0
MEDIA_TYPE: Final = "application/x-ndjson"


@app.command()
@told
def upload(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Claims as .ndjson or .csv.")],
    key: Annotated[str, typer.Option(help="Idempotency key; by default made of the file's content.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a draft of every line of a file, and show what came of them: exit code 0 if every line has its claim.

    A line of .ndjson is a claim as the API takes it. The first line of a .csv names the fields (customer.tenantId, scopes, ...);
    more than one scope stands in a cell with blanks between. Run it again after whatever went wrong: the same file is the same
    batch, which goes on where it ended. To make the same claims again, give another --key.
    """
    content = _lines_of(file)
    once = {"Idempotency-Key": key or f"cpor-{sha256(content).hexdigest()[:40]}", "Content-Type": MEDIA_TYPE}
    api = Api.from_environment()
    accepted = api.ask("POST", "/v1/claim-batches", content=content, headers=once)
    err.print(f"Batch {accepted['batchId']}")
    _tell(api, _watch(api, accepted), as_json=as_json)


@app.command()
@told
def show(batch_id: Annotated[str, typer.Argument(help="The batch's id.")], as_json: AsJson = False) -> None:
    """Show how far a batch has come, and every line that was refused: exit code 0 if every line has its claim."""
    api = Api.from_environment()
    _tell(api, api.ask("GET", _address(batch_id), params={"maxpagesize": 1}), as_json=as_json)


def _watch(api: Api, batch: Any) -> Any:
    answered_at = time.monotonic()
    with progress() as bars:
        task = bars.add_task("working off", total=batch["lines"])
        while batch["status"] not in ("done", "failed"):
            bars.update(task, completed=batch["created"] + batch["refused"])
            time.sleep(LOOKS_EVERY_S)
            try:
                batch = api.ask("GET", _address(batch["batchId"]), params={"maxpagesize": 1})
                answered_at = time.monotonic()
            except NoAnswer:
                # The batch goes on whoever watches, and large ones take minutes: a host that restarts is no reason to stop.
                if time.monotonic() - answered_at > SILENT_AT_MOST_S:
                    raise
        bars.update(task, completed=batch["created"] + batch["refused"])
    return batch


def _tell(api: Api, batch: Any, *, as_json: bool) -> None:
    results = list(api.values(_address(batch["batchId"]), {"maxpagesize": 500}))
    facts = {name: batch[name] for name in ("batchId", "status", "lines", "created", "refused", "acceptedAt")}
    failed = [(each["line"], each["problem"]) for each in results if "problem" in each]
    if as_json:
        show_json({**facts, "value": results})
    else:
        show_facts(facts)
    if failed and not as_json:
        out.print()
        show_table(("code", "lines"), Counter(problem["code"] for _, problem in failed).most_common())
        out.print()
        show_table(("line", "code", "what is wrong"), [(line, problem["code"], _words(problem)) for line, problem in failed])
    raise typer.Exit(0 if batch["status"] == "done" and not failed else 1)


def _words(problem: Any) -> str:
    found = [f"{e.get('field') or e.get('code') or ''}: {e.get('message', '')}" for e in problem.get("errors", [])]
    return "; ".join(found) or str(problem.get("detail") or problem.get("title"))


def _address(batch_id: str) -> str:
    return f"/v1/claim-batches/{batch_id}"


def _lines_of(file: Path) -> bytes:
    content = file.read_bytes()
    if file.suffix == ".ndjson":
        return content
    if file.suffix == ".csv":
        try:
            return _from_csv(content.decode("utf-8-sig"))
        except (UnicodeDecodeError, csv.Error) as error:
            err.print(f"{file.name} is no CSV in UTF-8: {error}", style="red")
            raise typer.Exit(2) from error
    err.print(f"{file.name} is neither .ndjson nor .csv.", style="red")
    raise typer.Exit(2)


def _from_csv(text: str) -> bytes:
    """A claim a row, on the line on which the row ends, so that results name the lines of the file as they are."""
    heading = text.partition("\n")[0]
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=heading.count), strict=True)
    names, lines = next(rows, []), list[str]()
    for row in rows:
        lines += [""] * (rows.line_num - len(lines))
        lines[-1] = json.dumps(_claim(names, row)) if row else ""
    return "\n".join(lines).encode()


def _claim(names: list[str], row: list[str]) -> dict[str, Any]:
    claim: dict[str, Any] = {}
    # A cell too many has no name, which is a field that the API does not know: it says so.
    for name, text in zip_longest(names, row, fillvalue=""):
        outer, _, inner = name.strip().partition(".")
        within = claim.setdefault(outer, {}) if text and inner else None
        if isinstance(within, dict):
            within[inner] = text
        elif text:
            claim[outer] = text.split() if outer == "scopes" else text
    return claim
