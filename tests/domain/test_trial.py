"""A trial counts what the rules themselves would say of the first day that a version judges, before it and after."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from shared.domain.association import Suspension
from shared.domain.programme import Milestone, Rate, Size
from shared.domain.programme_versions import only
from shared.domain.trial import Change, Comparison, Sum, Trial, compare, trial_id_of
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, at, history, snapshot, tenure

FIRST_DAY = date(2026, 4, 1)
ANNAS = tenure("2026-02-01")
CLOSE = history(snapshot("2026-01-31", 100), snapshot("2026-03-31", 130))
SMALL = history(snapshot("2026-01-31", 10, 100), snapshot("2026-03-31", 14, 100))


def tried(changes: dict[str, Any], used: Any = CLOSE, held: Any = ANNAS, *, enrolled: set[str] | None = None) -> Comparison:
    trial = Trial("trial", replace(PROGRAMME, version=2, **changes), FIRST_DAY, at("2026-03-20"))
    return compare(*trial.held_against(only(PROGRAMME)), FIRST_DAY, used, [held], {ANNA} if enrolled is None else enrolled)


def dearer(minor: int) -> tuple[Rate, ...]:
    return tuple(replace(rate, amount_minor=rate.amount_minor + minor) for rate in PROGRAMME.rates)


LOWER = {
    "milestones": (Milestone("teams-10", "teams", 10), *PROGRAMME.milestones),
    "sizes": tuple(replace(each, thresholds=(10, *each.thresholds)) for each in PROGRAMME.sizes),
    "rates": (Rate("M", "teams", 10, 700), *PROGRAMME.rates),
}
CASES: list[tuple[str, dict[str, Any], Any, dict[Change, Sum]]] = [
    ("nothing", {}, CLOSE, {Change.UNCHANGED: Sum(3, 6_000, 6_000, 290)}),
    ("other rates", {"rates": dearer(7)}, CLOSE, {Change.OTHER_AMOUNT: Sum(2, 6_000, 6_014, 290), Change.UNCHANGED: Sum(1)}),
    (
        "a higher minimum",
        {"minimum_seats": 1_001},
        CLOSE,
        {Change.NO_LONGER_REACHABLE: Sum(2, 6_000, 0, 290), Change.UNCHANGED: Sum(1)},
    ),
    ("a lower minimum", {"minimum_seats": 10}, SMALL, {Change.BECOMES_REACHABLE: Sum(1, 0, 100, 1), Change.UNCHANGED: Sum(2)}),
    (
        "fewer milestones of a size",
        {"sizes": tuple(Size(s.name, s.min_seats, s.max_seats, (15,)) for s in PROGRAMME.sizes)},
        CLOSE,
        {Change.NO_LONGER_REACHABLE: Sum(1, 4_000, 0, 270), Change.UNCHANGED: Sum(2, 2_000, 2_000, 20)},
    ),
    (
        "a milestone that is reached already",
        LOWER,
        CLOSE,
        {Change.EARNED_AT_ONCE: Sum(1, 0, 700, 0), Change.UNCHANGED: Sum(3, 6_000, 6_000, 290)},
    ),
    (
        "a shorter term",
        {"last_day": date(2026, 3, 31)},
        CLOSE,
        {Change.NO_LONGER_REACHABLE: Sum(2, 6_000, 0, 290), Change.UNCHANGED: Sum(1)},
    ),
    (
        "what is earned already",
        {"rates": dearer(7)},
        history(snapshot("2026-01-31", 100), snapshot("2026-03-31", 160)),
        {Change.OTHER_AMOUNT: Sum(1, 4_000, 4_007, 240), Change.UNCHANGED: Sum(1)},
    ),
    (
        "an unknown baseline",
        {"rates": dearer(7)},
        history(snapshot("2026-03-31", 160)),
        {Change.OTHER_AMOUNT: Sum(2, 6_000, 6_014, 1 + 240), Change.UNCHANGED: Sum(1)},
    ),
]


@pytest.mark.parametrize(("changes", "used", "sums"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_it_tells_every_milestone_that_is_not_earned_yet(changes: dict[str, Any], used: Any, sums: dict[Change, Sum]) -> None:
    """R-360"""
    assert tried({**changes}, used) == Comparison(1, sums)


def test_what_would_be_earned_that_day_as_it_stands_and_no_more_by_the_version_is_told() -> None:
    """R-360: the customer has reached it, but no snapshot of the tenure's own days says so yet."""
    lately = tenure("2026-03-15", submitted="2026-03-01")
    used = history(snapshot("2026-02-28", 100), snapshot("2026-03-10", 160))
    found = tried({"minimum_seats": 1_001}, used, lately)
    assert found.sums[Change.NO_LONGER_EARNED] == Sum(1, 2_000, 0, 0)
    assert tried({"rates": dearer(7)}, used, lately).sums[Change.OTHER_AMOUNT] == Sum(2, 6_000, 6_014, 240)


@pytest.mark.parametrize(
    "held",
    [
        tenure("2026-02-01", ended="2026-03-31"),
        tenure("2026-02-01", partner=BERT),
        replace(ANNAS, suspensions=(Suspension(at("2026-03-15")),)),
    ],
    ids=["ended", "not enrolled", "suspended"],
)
def test_only_what_stands_and_can_earn_is_counted(held: Any) -> None:
    """R-360"""
    assert tried({"rates": dearer(7)}, held=held) == Comparison()
    assert tried({"rates": dearer(7)}, history()) == Comparison()


def test_sums_add_up_in_any_order() -> None:
    """R-360"""
    one, other = tried({"rates": dearer(7)}), tried({"minimum_seats": 10}, SMALL)
    assert one.plus(other) == other.plus(one)
    assert one.plus(other).associations == 2
    assert one.plus(other).sums[Change.UNCHANGED] == Sum(3)


def test_the_same_definition_effect_and_day_are_the_same_trial() -> None:
    """R-361"""
    named = trial_id_of(PROGRAMME, FIRST_DAY, date(2026, 3, 20))
    assert named == trial_id_of(replace(PROGRAMME, rates=PROGRAMME.rates[::-1]), FIRST_DAY, date(2026, 3, 20))
    others = {
        trial_id_of(replace(PROGRAMME, minimum_seats=10), FIRST_DAY, date(2026, 3, 20)),
        trial_id_of(PROGRAMME, date(2026, 4, 2), date(2026, 3, 20)),
        trial_id_of(PROGRAMME, FIRST_DAY, date(2026, 3, 21)),
    }
    assert len(others | {named}) == 4


def test_a_version_published_meanwhile_takes_no_part() -> None:
    """R-361: every bucket is held against the same versions."""
    trial = Trial("trial", replace(PROGRAMME, version=2, minimum_seats=10), FIRST_DAY, at("2026-03-20"))
    standing = only(PROGRAMME)
    published = replace(
        standing, all=(*standing.all, replace(standing.latest, programme=replace(PROGRAMME, version=2), in_effect_from=FIRST_DAY))
    )
    assert trial.held_against(published) == trial.held_against(standing)
