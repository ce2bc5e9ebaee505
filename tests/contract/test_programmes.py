"""Programme definitions: what ships is sound and says what the sources say; what is misspelt is refused, never defaulted."""

import json
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from shared.adapters.programmes import SHIPPED, read_programme, shipped_programmes, write_programme
from shared.domain.policy import Policy
from shared.domain.programme import Programme
from shared.domain.programme_check import FaultyProgramme

DEMO, FIRST_TERM = shipped_programmes()
TEXT = (SHIPPED / "demo.json").read_text(encoding="utf-8")


def refused(text: str | bytes) -> set[tuple[str, str]]:
    with pytest.raises(FaultyProgramme) as refusal:
        read_programme(text)
    return {(fault.code.value, fault.where) for fault in refusal.value.faults}


def edited(edit: Callable[[dict[str, Any]], object]) -> str:
    document = json.loads(TEXT)
    edit(document)
    return json.dumps(document)


@pytest.mark.parametrize("programme", [DEMO, FIRST_TERM], ids=lambda each: each.programme_id)
def test_what_is_written_is_read_back(programme: Programme) -> None:
    """R-72"""
    assert read_programme(write_programme(programme)) == programme


@pytest.mark.parametrize("programme", [DEMO, FIRST_TERM], ids=lambda each: each.programme_id)
def test_a_shipped_definition_states_the_same_policy_as_the_domains_default(programme: Programme) -> None:
    """R-72"""
    assert programme.policy == Policy()


def test_the_first_term_ran_from_october_to_september() -> None:
    """R-76"""
    assert (FIRST_TERM.programme_id, FIRST_TERM.first_day, FIRST_TERM.last_day) == (
        "fy2020",
        date(2019, 10, 1),
        date(2020, 9, 30),
    )


def test_the_first_terms_thresholds_are_the_published_ones() -> None:
    """R-76"""
    thresholds = {workload.name: workload.thresholds for workload in FIRST_TERM.workloads}
    assert thresholds == {
        "Exchange Online": (15,),
        "SharePoint Online": (15,),
        "Microsoft Teams": (15, 40),
        "Skype for Business": (15,),
        "Office ProPlus": (15, 40),
        "Microsoft Intune": (15, 40),
        "Azure AD Premium": (15,),
        "Azure Information Protection": (15, 40),
        "Yammer": (15,),
        "Office 365 ATP": (15,),
    }


@pytest.mark.parametrize("programme", [DEMO, FIRST_TERM], ids=lambda each: each.programme_id)
def test_invented_figures_are_marked_as_such(programme: Programme) -> None:
    """R-76"""
    assert {"rates", "sizes", "policy", "holdingDays", "correctionWindowDays", "minimumPayoutMinor"} <= set(programme.demo)
    assert set(programme.demo) <= json.loads(TEXT).keys()


@pytest.mark.parametrize(
    "name", ["Teams", "Exchange Online", "SFB", "EXO", "SPO", "Office 365 ProPlus", "Intune", "AADP", "AIP", "Yammer", "OATP"]
)
def test_the_vendors_names_of_workloads_are_known(name: str) -> None:
    """R-43"""
    for programme in (DEMO, FIRST_TERM):
        assert programme.aliases()[name.casefold()] in {workload.workload_id for workload in programme.workloads}


FIELDS: list[tuple[Callable[[dict[str, Any]], object], str, str]] = [
    (lambda d: d.update(holdingDay=30), "unknown_field", "holdingDay"),
    (lambda d: d["policy"].update(reviewDays=5), "unknown_field", "policy.reviewDays"),
    (lambda d: d["sizes"][1].update(note="x"), "unknown_field", "sizes[1].note"),
    (lambda d: d.update(_rateOf={}), "unknown_field", "_rateOf"),
    (lambda d: d.pop("currency"), "missing_field", "currency"),
    (lambda d: d["sizes"][4].pop("maxSeats"), "missing_field", "sizes[4].maxSeats"),
    (lambda d: d["rates"][0].pop("amountMinor"), "missing_field", "rates[0].amountMinor"),
    (lambda d: d.update(version=True), "wrong_type", "version"),
    (lambda d: d.update(version="1"), "wrong_type", "version"),
    (lambda d: d.update(version=1.0), "wrong_type", "version"),
    (lambda d: d.update(version=None), "wrong_type", "version"),
    (lambda d: d["sizes"][0].update(maxSeats="149"), "wrong_type", "sizes[0].maxSeats"),
    (lambda d: d.update(firstDay="2026-1-1"), "wrong_type", "firstDay"),
    (lambda d: d.update(firstDay="20260101"), "wrong_type", "firstDay"),
    (lambda d: d.update(firstDay="2026-02-30"), "wrong_type", "firstDay"),
    (lambda d: d.update(firstDay=20260101), "wrong_type", "firstDay"),
    (lambda d: d.update(sizes={}), "wrong_type", "sizes"),
    (lambda d: d.update(sizes=[[]]), "wrong_type", "sizes[0]"),
    (lambda d: d.update(policy=[]), "wrong_type", "policy"),
    (lambda d: d["policy"].update(askWhen="sometimes"), "wrong_type", "policy.askWhen"),
    (lambda d: d["policy"].update(answerRequired=0), "wrong_type", "policy.answerRequired"),
    (lambda d: d["workloads"][0].update(thresholds=[15, "40"]), "wrong_type", "workloads[0].thresholds[1]"),
    (lambda d: d["workloads"][0].update(thresholds=15), "wrong_type", "workloads[0].thresholds"),
    (lambda d: d.update(currency="eur"), "malformed_currency", "currency"),
]  # fmt: skip


@pytest.mark.parametrize(("edit", "code", "where"), FIELDS, ids=[f"{code} {where}" for _, code, where in FIELDS])
def test_a_wrong_field_is_refused_and_located(edit: Callable[[dict[str, Any]], object], code: str, where: str) -> None:
    """R-72"""
    assert (code, where) in refused(edited(edit))


def test_a_repeated_field_is_refused() -> None:
    """R-72"""
    twice = TEXT.replace('"currency": "EUR",', '"currency": "EUR", "currency": "USD",')
    assert refused(twice) == {("duplicate", "currency")}


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, b"\xff\xfe\x00", '{"a": 1} {}'], ids=["empty", "cut", "deep", "binary", "two"]
)
def test_what_is_not_json_is_refused(text: str | bytes) -> None:
    """R-72"""
    assert refused(text) == {("unreadable", "")}


@pytest.mark.parametrize("text", ["null", "[]", "1", '"demo"'])
def test_json_that_is_no_object_is_refused(text: str) -> None:
    """R-72"""
    assert refused(text) == {("wrong_type", "")}


def test_all_wrong_fields_are_named_at_once() -> None:
    """R-72"""

    def spoil(document: dict[str, Any]) -> None:
        document.update(version="1", surplus=1)
        del document["currency"]

    assert refused(edited(spoil)) == {("wrong_type", "version"), ("unknown_field", "surplus"), ("missing_field", "currency")}
