"""`cpor evaluate` and `cpor explain`: what was earned, and why something was not."""

import time
from typing import Annotated, Any

import typer

from infra.cli.api import Api
from infra.cli.terminal import AsJson, money, out, progress, show_facts, show_json, show_table, told

LOOKS_EVERY_S = 1.0


@told
def evaluate(
    watch: Annotated[bool, typer.Option("--watch", help="Wait until every part is done.")] = False, as_json: AsJson = False
) -> None:
    """Evaluate every association now, for operators. Again on the same day takes up what was left undone."""
    api = Api.from_environment()
    started = api.ask("POST", "/v1/evaluations", json={})
    address = f"/v1/evaluations/{started['evaluationId']}"
    run = _watch(api, address) if watch else api.ask("GET", address)
    if as_json:
        show_json(run)
    else:
        names = ("evaluationId", "status", "associations", "earned", "reversed")
        booked = ", ".join(money(amount) for amount in run["amounts"])
        show_facts({name: run[name] for name in names} | {"booked": booked})
    raise typer.Exit(1 if run["status"] == "failed" else 0)


@told
def explain(association_id: Annotated[str, typer.Argument(help="The association's id.")], as_json: AsJson = False) -> None:
    """Every milestone of an association: earned when, or why not and what is missing."""
    told_by_api = Api.from_environment().ask("GET", f"/v1/associations/{association_id}/explain")
    if as_json:
        show_json(told_by_api)
        return
    columns = ("milestone", "from users", "earned", "on", "why not", "users missing", "would earn")
    for programme in told_by_api["value"]:
        out.print(programme["name"], style="bold")
        show_table(columns, [_milestone(each) for each in programme["milestones"]])


def _milestone(each: dict[str, Any]) -> tuple[object, ...]:
    return (
        each["milestone"],
        each["threshold"],
        money(each.get("amount")),
        each.get("reachedOn"),
        each.get("message"),
        each.get("usersMissing"),
        money(each.get("potential")),
    )


def _watch(api: Api, address: str) -> Any:
    with progress() as bars:
        run = api.ask("GET", address)
        task = bars.add_task("evaluating", total=run["bucketsTotal"])
        while run["status"] == "running":
            bars.update(task, completed=run["bucketsDone"] + run["bucketsFailed"])
            time.sleep(LOOKS_EVERY_S)
            run = api.ask("GET", address)
        bars.update(task, completed=run["bucketsDone"] + run["bucketsFailed"])
    return run
