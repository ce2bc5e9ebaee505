"""Versions of a programme on the wire: what stands published, and what publishing would change."""

import json
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, Self

from functions.wire import Wire
from shared.domain.programme import Programme
from shared.domain.programme_versions import SINCE_EVER, Difference, Version, Versions, differences
from shared.domain.trial import Trial
from shared.usecases.programmes import Plan


class VersionOut(Wire):
    """One version. A first version that came with the product has no day from which it counts: it always did."""

    version: int
    in_effect_from: date | None
    published_at: datetime | None
    published_by: str | None
    definition: dict[str, Any]


class VersionsOut(Wire):
    programme_id: str
    value: list[VersionOut]

    @classmethod
    def of(cls, versions: Versions, written: Callable[[Programme], str]) -> Self:
        return cls(
            programme_id=versions.programme_id,
            value=[
                VersionOut(
                    version=each.programme.version,
                    in_effect_from=_counts_from(each),
                    published_at=each.published_at,
                    published_by=each.published_by,
                    definition=json.loads(written(each.programme)),
                )
                for each in versions.all
            ],
        )


class DifferenceOut(Wire):
    """One thing said differently, by place: `rates.M.teams.15`. Absent where one of the two says nothing."""

    where: str
    before: str | None
    after: str | None


class PublicationOut(Wire):
    """A version as it is, or would be, published, and how it differs from the one that it follows.

    `trialId` names the trial that reckons what a version not yet published would change for the associations that stand.
    """

    programme_id: str
    version: int
    published: bool
    in_effect_from: date | None
    differs: list[DifferenceOut]
    trial_id: str | None = None

    @classmethod
    def planned(cls, plan: Plan, trial: Trial | None) -> Self:
        shown = cls._of(plan.version, plan.differs, published=False)
        return shown if trial is None else shown.model_copy(update={"trial_id": trial.trial_id})

    @classmethod
    def standing(cls, versions: Versions, programme: Programme) -> Self:
        standing = next(each for each in versions.all if each.programme.version == programme.version)
        before = next((each.programme for each in versions.all if each.programme.version == programme.version - 1), None)
        return cls._of(standing, differences(before, programme), published=True)

    @classmethod
    def _of(cls, version: Version, differs: Iterable[Difference], *, published: bool) -> Self:
        return cls(
            programme_id=version.programme.programme_id,
            version=version.programme.version,
            published=published,
            in_effect_from=_counts_from(version),
            differs=[DifferenceOut(where=each.where, before=each.before, after=each.after) for each in differs],
        )


def _counts_from(version: Version) -> date | None:
    return None if version.in_effect_from == SINCE_EVER else version.in_effect_from
