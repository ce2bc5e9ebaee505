"""`cpor usage`: hand in a file of usage rows and wait until it is worked off."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.progress import Progress, TaskID

from infra.cli.api import Api
from infra.cli.terminal import AsJson, err, progress, show_facts, show_json, show_table, told

app = typer.Typer(help="Usage rows, for operators.", no_args_is_help=True)

LOOKS_EVERY_S = 1.0
CHUNK = 1 << 18
MEDIA_TYPES: Final = {".tsv": "text/tab-separated-values", ".csv": "text/csv", ".ndjson": "application/x-ndjson"}


@app.callback()
def usage() -> None:
    """Usage rows, for operators."""


@app.command("import")
@told
def import_usage(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, readable=True, help="Rows as .tsv, .csv or .ndjson.")],
    exported_at: Annotated[
        datetime | None, typer.Option(help="When the rows were exported; by default, when the file last changed.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Import a file, show what came of its rows, and every line that was refused. The same file again changes nothing."""
    api = Api.from_environment()
    if file.suffix not in MEDIA_TYPES:
        err.print(f"{file.name} is none of {', '.join(MEDIA_TYPES)}.", style="red")
        raise typer.Exit(2)
    when = exported_at.astimezone(UTC) if exported_at else datetime.fromtimestamp(file.stat().st_mtime, UTC)
    size = file.stat().st_size
    headers = {
        "Content-Type": MEDIA_TYPES[file.suffix],
        "Content-Length": str(size),
        "Export-Time": when.isoformat(timespec="seconds").replace("+00:00", "Z"),
    }
    with progress() as bars:
        sending = bars.add_task("sending", total=size)
        job = api.ask("POST", "/v1/usage-imports", content=_read(file, bars, sending), headers=headers)
        address = f"/v1/usage-imports/{job['importId']}"
        working = bars.add_task("working off", total=None)
        while job["status"] not in ("done", "failed"):
            time.sleep(LOOKS_EVERY_S)
            job = api.ask("GET", address)
            bars.update(working, completed=job["rows"])
        bars.update(working, total=job["rows"], completed=job["rows"])
    faults = api.ask("GET", f"{address}/errors")["value"] if job["refused"] else []
    if as_json:
        show_json({"import": job, "errors": faults})
    else:
        names = ("importId", "status", "failure", "rows", "merged", "unchanged", "late", "refused")
        show_facts({name: job.get(name) for name in names})
        if faults:
            show_table(
                ("line", "code", "column", "what is wrong"),
                [(f["line"], f["code"], f.get("column"), f["message"]) for f in faults],
            )
    raise typer.Exit(1 if job["status"] == "failed" or job["refused"] else 0)


def _read(file: Path, bars: Progress, task: TaskID) -> Iterator[bytes]:
    with file.open("rb") as rows:
        while chunk := rows.read(CHUNK):
            bars.advance(task, len(chunk))
            yield chunk
