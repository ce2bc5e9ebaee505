"""Operations on programmes."""

import json
from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import BOOLEAN, IF_MATCH
from functions.wire.programme_versions import PublicationOut, VersionsOut
from functions.wire.programmes import ProgrammeOut, ProgrammesOut
from functions.wire.trials import TrialOut
from shared.domain.caller import Role

_TAG: Final = "Programmes"

ACTIVE_ON: Final = Parameter(
    "activeOn", "query", "Only terms that this day falls into.", {"type": "string", "format": "date"}, "2026-11-22"
)

DRY_RUN: Final = Parameter(
    "dryRun",
    "query",
    "Check and compare only; a trial reckons what a next version would change for the associations that stand.",
    BOOLEAN,
    "true",
)
IN_EFFECT_FROM: Final = Parameter(
    "inEffectFrom",
    "query",
    "The first day of usage that the version judges; without it the first day that begins 24 hours or more from now.",
    {"type": "string", "format": "date"},
    "2099-01-01",
)

DEFINITION: Final[Mapping[str, object]] = {
    "programmeId": "centenary",
    "version": 1,
    "name": "Centenary term",
    "currency": "EUR",
    "firstDay": "2099-01-01",
    "lastDay": "2099-12-31",
    "workloads": [{"workloadId": "teams", "name": "Microsoft Teams", "thresholds": [15], "aliases": ["MSTeams"]}],
    "milestones": [{"milestoneId": "teams-15", "workload": "teams", "threshold": 15}],
    "sizes": [{"name": "S", "minSeats": 150, "maxSeats": None, "thresholds": [15]}],
    "rates": [{"size": "S", "workload": "teams", "threshold": 15, "amountMinor": 120000}],
    "minimumSeats": 150,
    "baselineWindowDays": 60,
    "holdingDays": 30,
    "correctionWindowDays": 90,
    "minimumPayoutMinor": 10000,
    "policy": {},
    "demo": ["rates", "sizes"],
}

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_programmes": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(ACTIVE_ON,),
        answers={200: Answer("The terms.", ProgrammesOut)},
        problems=("invalid_input",),
    ),
    "get_programme": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: Answer("The term.", ProgrammeOut)}, problems=("invalid_input", "not_found")
    ),
    "list_programme_versions": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        answers={200: Answer("The versions.", VersionsOut, headers=("ETag",))},
        problems=("invalid_input", "not_found"),
    ),
    "publish_programme": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(DRY_RUN, IN_EFFECT_FROM, IF_MATCH),
        body=Body(raw={"application/json": json.dumps(DEFINITION)}),
        answers={200: Answer("The version and what it says differently.", PublicationOut)},
        problems=("invalid_input", "body_too_large", "faulty_programme"),
    ),
    "get_programme_trial": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        answers={200: Answer("The trial.", TrialOut)},
        problems=("invalid_input", "not_found"),
    ),
}
