"""The middle part: months of usage become earnings, once.

The figures are worked out by hand here, from the demo rate card, and never asked of the product.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, time, timedelta

from infra.local.demo.case import EXCHANGE, TENANT_ID, Case
from infra.local.demo.stage import money

SEATS = 1_200
"""From 1,000 to 4,999 seats it is size M, which opens the milestones at 15 % and 40 %: here 180 and 480 users."""

# Users by month. The claim is submitted on the 10th of the third; the two before it set the mark, the highest count until then.
TEAMS_USERS = (90, 96, 204, 516)
# The mark is 96. 204 users are 17 %: the 15 % milestone (size M, teams, 15: 4,000.00). 516 users are 43 %: the 40 % milestone
# (size M, teams, 40: 6,000.00).
EXCHANGE_USERS = (700, 690, 684, 696)
# Far above 40 %, but never above the mark of 700: nothing grew, so nothing is earned. 701 would be growth: 5 more than 696.
EARNED_MINOR = {"teams-15": 400_000, "teams-40": 600_000}
TOTAL_MINOR = 1_000_000
FIRST_EVIDENCE = {"milestone": "teams-15", "size": "M", "baseline": 96, "mau": 204, "seats": 1_200}
NOT_EARNED = {
    "exchange-15": ("no_growth", 5),
    "exchange-40": ("no_growth", 5),
    "exchange-60": ("not_for_this_size", None),
    "exchange-80": ("not_for_this_size", None),
}
COLUMNS = ("CustomerTenantId", "WorkloadName", "Month", "PaidAvailableUnits", "MonthlyActiveUsers")


def import_usage(case: Case) -> None:
    stage = case.stage
    stage.step("Two months pass, and an operator imports the vendor's usage export: four months of two workloads")
    months = _months_around(stage.now().date())
    stage.let_time_pass_until(datetime.combine(months[-1], time(6), UTC) + timedelta(days=1))
    export = _export(months)
    stage.lines(row.split("\t")[1:] for row in export.splitlines())
    tsv = {"Content-Type": "text/tab-separated-values", "Export-Time": stage.now().isoformat()}
    taken = stage.ask(case.operator, "POST", "/v1/usage-imports", export.encode(), headers=tsv, expects=202)
    done = case.finished(f"/v1/usage-imports/{taken['importId']}")
    stage.expect(
        "The counts of rows, rows taken over and rows refused", (8, 8, 0), (done["rows"], done["merged"], done["refused"])
    )
    stage.fact("import", f"{done['status']}: {done['merged']} of {done['rows']} rows taken over, {done['refused']} refused")


def evaluate(case: Case) -> None:
    stage = case.stage
    stage.step("Evaluated: partner A has earned two milestones of Teams, and they are those worked out by hand")
    run = case.evaluate()
    stage.expect("The number of earnings booked", len(EARNED_MINOR), run["earned"])
    stage.fact("evaluation", f"{run['status']}: {run['earned']} earnings booked for {run['associations']} associations")
    case.earnings = case.read_earnings()
    earned = list(case.earnings.values())
    came = {each["milestone"]: each["amount"]["amountMinor"] for each in earned}
    stage.expect("The earnings by milestone, in minor units,", EARNED_MINOR, came)
    stage.expect("Their sum, in minor units,", TOTAL_MINOR, sum(each["amount"]["amountMinor"] for each in earned))
    stage.expect("Their number", len(EARNED_MINOR), len(earned))
    stage.expect("The evidence of the first", FIRST_EVIDENCE, {name: earned[0].get(name) for name in FIRST_EVIDENCE})
    stage.expect("Every currency", {"EUR"}, {each["amount"]["currency"] for each in earned})
    for each in earned:
        use = f"{each['mau']} of {each['seats']:,} users, above the {each['baseline']} there were before"
        stage.fact(each["milestone"], f"{money(each['amount']['amountMinor'])}, reached on {each['reachedOn']}: {use}")
    stage.fact("together", money(TOTAL_MINOR))


def evaluate_twice_at_once(case: Case) -> None:
    stage = case.stage
    stage.step("Evaluated again, twice at once: not one more")
    with ThreadPoolExecutor(2) as both:
        runs = [running.result() for running in [both.submit(case.evaluate, shown=False) for _ in range(2)]]
    stage.expect("The number of different runs", 2, len({run["evaluationId"] for run in runs}))
    for run in runs:
        stage.fact("evaluation", f"{run['status']}: {run['earned']} earnings and {run['reversed']} reversals booked")
        stage.expect("What it booked", (0, 0), (run["earned"], run["reversed"]))
    stage.expect("The earnings", case.earnings, case.read_earnings())
    stage.fact("earned", f"{len(case.earnings)} milestones, {money(TOTAL_MINOR)}: the same entries as before")


def explain(case: Case) -> None:
    stage = case.stage
    stage.step("Exchange Online earned nothing; the partner can read why, and what is missing")
    told = stage.ask(case.contoso, "GET", f"/v1/associations/{case.associations[EXCHANGE]}/explain", expects=200)
    (programme,) = told["value"]
    why = {each["milestone"]: (each.get("reasonCode"), each.get("usersMissing")) for each in programme["milestones"]}
    stage.expect("Why nothing was earned, and how many users are missing,", NOT_EARNED, why)
    for each in programme["milestones"]:
        missing = (
            f" {each['usersMissing']} users more would earn {money(each['potential']['amountMinor'])}."
            if "potential" in each
            else ""
        )
        stage.fact(each["milestone"], f"{each['message']}{missing}")


def _months_around(day: date) -> tuple[date, ...]:
    """The last days of four months; the third is this day's own."""
    ends = []
    first = (day.replace(day=1) - timedelta(days=1)).replace(day=1)
    first = (first - timedelta(days=1)).replace(day=1)
    for _ in range(4):
        following = (first + timedelta(days=32)).replace(day=1)
        ends.append(following - timedelta(days=1))
        first = following
    return tuple(ends)


def _export(months: tuple[date, ...]) -> str:
    lines = ["\t".join(COLUMNS)]
    for name, users in (("MSTeams", TEAMS_USERS), ("EXO", EXCHANGE_USERS)):
        lines += [f"{TENANT_ID}\t{name}\t{month:%Y-%m}\t{SEATS}\t{count}" for month, count in zip(months, users, strict=True)]
    return "\n".join(lines) + "\n"
