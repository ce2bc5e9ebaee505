"""What a signer's form means: nothing is a signature unless the signer ticked and typed all of it, and nothing is guessed."""

import pytest

from functions.pages.colleague import Colleague
from functions.pages.document_faults import document_faults
from functions.pages.render import sign_page
from functions.pages.sign_forms import Declining, Signing, parse_signing
from shared.domain.poe_checks import NEVER_ACCEPTABLE, CheckCode
from shared.domain.proof_form import Activity
from tests.functions.test_pages import Elements
from tests.journeys.test_pages_accessible import sign_view

COMPLETE = {
    "do": ["sign"],
    "form_id": ["a-form"],
    "activity": ["adoption", "support"],
    "authority": ["yes"],
    "name": ["  Anna   Berg "],
    "title": ["Head of IT"],
    "typed": ["anna berg"],
    "electronically": ["yes"],
}


def fields(form: dict[str, list[str]]) -> list[str]:
    faults = parse_signing(form)
    assert isinstance(faults, tuple), faults
    return [fault.field for fault in faults]


def test_a_complete_form_is_a_signature() -> None:
    """R-120"""
    signed = parse_signing(COMPLETE)
    assert signed == Signing("a-form", "Anna Berg", "Head of IT", "anna berg", frozenset({Activity.ADOPTION, Activity.SUPPORT}))


@pytest.mark.parametrize("left_out", ["activity", "authority", "name", "title", "typed", "electronically"])
def test_whatever_is_left_out_is_asked_for(left_out: str) -> None:
    """R-120"""
    for value in ([], [""], ["  "]):
        assert fields({**COMPLETE, left_out: value}) == [left_out]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("activity", ["selling"]),
        ("authority", ["no"]),
        ("authority", ["yes", "no"]),
        ("electronically", ["on"]),
        ("typed", ["Carl Dorn"]),
        ("title", ["x" * 101]),
        ("title", ["Head\u202eTI fo"]),
        ("name", ["Anna Berg\x07"]),
    ],
)
def test_what_means_something_else_is_no_signature(field: str, value: list[str]) -> None:
    """R-120"""
    assert field in fields({**COMPLETE, field: value})


@pytest.mark.parametrize("do", [[], ["sign", "decline"], ["Sign"], ["submit"]])
def test_without_one_button_nothing_is_done(do: list[str]) -> None:
    assert fields({**COMPLETE, "do": do}) == [""]


def test_declining_needs_no_reason_and_takes_no_endless_one() -> None:
    assert parse_signing({"do": ["decline"], "sure": ["yes"]}) == Declining(None)
    assert parse_signing({"do": ["decline"], "sure": ["yes"], "reason": [" Not us. "]}) == Declining("Not us.")
    assert fields({"do": ["decline"], "reason": ["x" * 501]}) == ["sure", "reason"]


def test_a_colleague_has_a_name_and_an_address() -> None:
    asked = {"do": ["delegate"], "colleague": ["Carl Dorn"], "mail": ["carl@fabrikam.example"]}
    assert parse_signing(asked) == Colleague("Carl Dorn", "carl@fabrikam.example")
    assert fields({"do": ["delegate"]}) == ["colleague", "mail"]


def test_nothing_is_ticked_in_advance_and_what_was_typed_is_kept() -> None:
    """R-120"""
    first = Elements(sign_page(sign_view("en")))
    assert not [each for each in first.all("input") if "checked" in each]
    form = {**COMPLETE, "typed": ["Carl"], "title": ['"><script>']}
    faults = parse_signing(form)
    assert isinstance(faults, tuple)
    again = Elements(sign_page(sign_view("en"), faults=faults, form=form))
    ticked = {each["id"] for each in again.all("input") if "checked" in each}
    assert ticked == {"activity-adoption", "activity-support", "authority", "electronically"}
    assert [each["value"] for each in again.all("input") if each.get("id") == "title"] == ['"><script>']
    assert not again.all("script")


def test_whatever_is_wrong_with_an_upload_is_said_to_whoever_can_mend_it() -> None:
    """R-123: not in words meant for the partner."""
    for code in CheckCode:
        (fault,) = document_faults([code])
        assert fault.field == "document"
        assert "customer" not in fault.message.casefold()
    assert len(document_faults(NEVER_ACCEPTABLE)) < len(NEVER_ACCEPTABLE), "what two checks say alike is said once"
    assert len(document_faults(["no_code_of_ours"])) == 1
