"""How customers answer one partner, day by day: whoever is refused too often is looked at by a person before it asks again."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Final

from shared.domain.lifecycle import Event
from shared.domain.limit import Limits
from shared.domain.telling import Telling

type Days = Mapping[str, tuple[int, int]]
"""ISO day -> how many claims customers answered, and how many of these answers were a refusal."""

_LOOKED_BACK: Final = timedelta(days=30)
_REFUSAL: Final = f"claim.{Event.REFUSE}"
_ANSWERS: Final = frozenset({_REFUSAL, f"claim.{Event.AGREE}", f"claim.{Event.WINDOW_ENDED}"})


def counted(days: Days, told: Iterable[Telling]) -> Days:
    """The days with these events; days of more than a month before the newest are forgotten."""
    found = dict(days)
    for one in told:
        if one.kind in _ANSWERS and _has_effect(one):
            day = one.at.date().isoformat()
            answers, refusals = found.get(day, (0, 0))
            found[day] = answers + 1, refusals + (one.kind == _REFUSAL)
    oldest = date.fromisoformat(max(found)) - _LOOKED_BACK if found else date.min
    return {day: counts for day, counts in found.items() if date.fromisoformat(day) > oldest}


def have_piled_up(days: Days, limits: Limits) -> bool:
    """Are there so many refusals, and are they so large a share of all answers, that a person should look (R-295)?"""
    answers = sum(each for each, _ in days.values())
    refusals = sum(each for _, each in days.values())
    return refusals >= limits.pause_after_refusals and refusals * 100 >= answers * limits.pause_from_refusal_percent


def _has_effect(one: Telling) -> bool:
    facts = one.data.get("facts")
    return not (isinstance(facts, Mapping) and facts.get("noEffect"))
