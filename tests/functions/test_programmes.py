"""An operator publishes a version: checked, compared, known to partners, and nothing that was reached changes by it."""

import copy
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest

from functions.reference.programmes import DEFINITION
from infra.local.system import local_system
from tests.functions.running import Answer, Caller, Running

pytestmark = pytest.mark.system


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    """A system of its own: what is published here would be met by every other test's evaluation."""
    with local_system() as system:
        yield Running(system)


@pytest.fixture
def operator(running: Running) -> Caller:
    return running.staff("Operator")


@pytest.fixture
def definition() -> dict[str, Any]:
    """A programme of its own for each test."""
    return {**copy.deepcopy(dict(DEFINITION)), "programmeId": f"p{uuid4().hex}"}


def put(operator: Caller, definition: dict[str, Any], query: str = "", **headers: str) -> Answer:
    return operator.send("PUT", f"/v1/programmes/{definition['programmeId']}{query}", definition, headers)


def following(definition: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {**copy.deepcopy(definition), "version": definition["version"] + 1, **changes}


def test_a_published_programme_is_what_partners_read(running: Running, operator: Caller, definition: dict[str, Any]) -> None:
    """R-160 R-164"""
    published = put(operator, definition)
    assert (published.status, published.document["published"], published.headers["etag"]) == (200, True, '"1"')
    shown = running.partner().get(f"/v1/programmes/{definition['programmeId']}")
    assert (shown.status, shown.document["version"], shown.document["name"]) == (200, 1, definition["name"])
    day = running.system.clock.now().date()
    assert day + timedelta(days=1) < date.fromisoformat(published.document["inEffectFrom"])


def test_versions_are_listed_with_their_definitions(running: Running, operator: Caller, definition: dict[str, Any]) -> None:
    """R-161 R-163"""
    put(operator, definition)
    dearer = following(definition, rates=[{**definition["rates"][0], "amountMinor": 130_000}])
    published = put(operator, dearer, "?inEffectFrom=2099-03-01", If_Match='"1"')
    assert published.document["differs"] == [{"where": "rates.S.teams.15", "before": "120000", "after": "130000"}]
    listed = operator.get(f"/v1/programmes/{definition['programmeId']}/versions")
    assert (listed.status, listed.headers["etag"]) == (200, '"2"')
    assert [each["version"] for each in listed.document["value"]] == [1, 2]
    assert listed.document["value"][1]["inEffectFrom"] == "2099-03-01"
    assert listed.document["value"][1]["definition"]["rates"] == dearer["rates"]
    shown = running.partner().get(f"/v1/programmes/{definition['programmeId']}")
    assert shown.document["version"] == 1, "what is not in effect yet is not what partners work by"


def test_the_same_again_is_what_stands(operator: Caller, definition: dict[str, Any]) -> None:
    """R-164"""
    assert put(operator, definition).content == put(operator, definition).content


def test_a_trial_lists_what_would_change_and_does_nothing(operator: Caller, definition: dict[str, Any]) -> None:
    """R-163"""
    trial = put(operator, definition, "?dryRun=true")
    assert (trial.status, trial.document["published"]) == (200, False)
    assert {"where": "milestones.teams-15", "after": "teams 15"} in trial.document["differs"]
    assert "trialId" not in trial.document, "in what is not published nobody is enrolled"
    assert operator.get(f"/v1/programmes/{definition['programmeId']}/versions").status == 404
    assert put(operator, definition, "?dryRun=yes").code == "invalid_input"


@pytest.mark.parametrize("query", ["", "?dryRun=true"])
def test_a_fault_is_told_with_its_place(operator: Caller, definition: dict[str, Any], query: str) -> None:
    """R-70 R-72"""
    definition["sizes"][0]["maxSeats"] = 500
    definition["rates"] = []
    refused = put(operator, definition, query)
    assert (refused.status, refused.code) == (422, "faulty_programme")
    told = {(each["code"], each["field"]) for each in refused.document["errors"]}
    assert told == {("sizes_bounded", "sizes"), ("missing_rate", "rates.S.teams.15")}
    assert all(each["message"].endswith(".") for each in refused.document["errors"])


def _another_meaning(definition: dict[str, Any]) -> None:
    definition["milestones"][0]["milestoneId"] = "teams-first"


@pytest.mark.parametrize(
    ("edit", "query", "code"),
    [
        (_another_meaning, "", "changed"),
        (lambda _: None, "?inEffectFrom=2026-01-01", "too_soon"),
        (lambda each: each.update(currency="USD"), "", "changed"),
    ],
)
def test_what_was_published_keeps_its_meaning(
    operator: Caller, definition: dict[str, Any], edit: Callable[[dict[str, Any]], None], query: str, code: str
) -> None:
    """R-160 R-162"""
    put(operator, definition)
    next_one = following(definition)
    edit(next_one)
    refused = put(operator, next_one, query)
    assert (refused.status, refused.document["errors"][0]["code"]) == (422, code)


def test_a_version_that_stands_is_not_overwritten(operator: Caller, definition: dict[str, Any]) -> None:
    """R-164"""
    put(operator, definition)
    other = {**definition, "name": "Another name"}
    assert put(operator, other).code == "stale_version"
    assert put(operator, following(other), If_Match='"7"').code == "stale_version"
    assert put(operator, {**following(other), "version": 3}).code == "faulty_programme"


def test_the_definition_is_of_the_programme_in_the_address(operator: Caller, definition: dict[str, Any]) -> None:
    wrong = operator.put("/v1/programmes/demo", definition)
    assert (wrong.status, wrong.code) == (400, "invalid_input")
    assert operator.put(f"/v1/programmes/{definition['programmeId']}", [1]).code == "faulty_programme"


def test_only_an_operator_publishes(running: Running, definition: dict[str, Any]) -> None:
    assert put(running.partner(), definition).code == "wrong_role"
    assert running.partner().get("/v1/programmes/demo/versions").code == "wrong_role"
