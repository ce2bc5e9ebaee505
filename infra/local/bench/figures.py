"""A measured figure beside its target, as a line that a person reads."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured. `holds` is None where there is no target."""

    what: str
    measured: str
    target: str = ""
    holds: bool | None = None

    def __str__(self) -> str:
        verdict = {None: "", True: "held", False: "NOT HELD"}[self.holds]
        target = f"target {self.target}" if self.target else ""
        return f"  {self.what:<66} {self.measured:>22}   {target:<22} {verdict}"


def at_most(what: str, measured: float, limit: float, digits: int = 3) -> Figure:
    """A figure that must not exceed its limit."""
    return Figure(what, f"{measured:.{digits}f}", f"<= {limit}", measured <= limit)


def at_least(what: str, measured: float, limit: float, digits: int = 3) -> Figure:
    """A figure that must reach its limit."""
    return Figure(what, f"{measured:.{digits}f}", f">= {limit}", measured >= limit)


def told(title: str, figures: Iterable[Figure]) -> None:
    """Prints one part of the report."""
    print(f"\n{title}")  # The report is what the command is for.
    for figure in figures:
        print(figure)
