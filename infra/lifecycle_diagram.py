"""Draws `docs/lifecycle.md` from the table of transitions: `python -m infra.lifecycle_diagram`. A test holds it to be current."""

from pathlib import Path
from typing import Final

from shared.domain.lifecycle import CLOSED, TRANSITIONS, Event, Status

DOCUMENT: Final = Path(__file__).resolve().parent.parent / "docs" / "lifecycle.md"

_INTRODUCTION: Final = """# The life of a claim

Drawn from `TRANSITIONS` in `shared/domain/lifecycle.py` by `python -m infra.lifecycle_diagram`; do not edit. The rules are in
[rules.md](rules.md), R-10 and R-11: what is not listed is refused to partners and reviewers, and recorded without effect for the
system and the customer.
"""


def document() -> str:
    """The whole page: a diagram of what changes the status, and a table of everything that is admitted."""
    return f"{_INTRODUCTION}\n```mermaid\n{diagram()}\n```\n\n{table()}\n"


def diagram() -> str:
    """A Mermaid state diagram; events that lead the same way share an arrow."""
    arrows: dict[tuple[Status, Status], list[Event]] = {}
    for (before, event), targets in TRANSITIONS.items():
        for after in targets - {before}:
            arrows.setdefault((before, after), []).append(event)
    order = list(Status)
    ordered = sorted(arrows, key=lambda arrow: (order.index(arrow[0]), order.index(arrow[1])))
    lines = ["stateDiagram-v2", f"    [*] --> {Status.DRAFT}: {Event.CREATE}"]
    lines += [f"    {before} --> {after}: {', '.join(arrows[before, after])}" for before, after in ordered]
    return "\n".join([*lines, *(f"    {end} --> [*]" for end in order if end in CLOSED)])


def table() -> str:
    """One row an event, one column a status; a dot where the event is not admitted, "stays" where the status does not change."""
    rows = [["event", *Status], ["---"] * (len(Status) + 1)]
    rows += [[event, *(_cell(status, event) for status in Status)] for event in Event]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(status: Status, event: Event) -> str:
    targets = TRANSITIONS.get((status, event), frozenset())
    return ", ".join("stays" if after is status else after for after in Status if after in targets) or "·"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
