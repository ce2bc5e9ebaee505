"""Our own form comes back filled in: complete, it has no fault; every line left out is named, with its page and what to do.

Forms are filled in by another library than the one that made them, as a customer's viewer would.
"""

import asyncio
import io
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pypdf import PdfWriter

from infra.local import sample_poe as sample
from shared.adapters.poe_form import make_form
from shared.adapters.poe_inspector import inspect
from shared.domain.poe_checks import CheckCode, CheckResult, Report
from shared.domain.proof_form import Activity, FormField, Subject
from tests.contract.test_poe_form import SUBJECT

NOW = datetime(2020, 3, 10, 9, tzinfo=UTC)
COMPLETE: Mapping[str, str] = {
    Activity.ADOPTION: "/Yes",
    FormField.AUTHORITY: "/Yes",
    FormField.SIGNER_NAME: "Ada Kowalski",
    FormField.SIGNER_TITLE: "Head of IT",
    FormField.SIGNED_ON: "2020-03-02",
    FormField.TYPED_SIGNATURE: "Ada Kowalski",
}


@cache
def blank_form(language: str = "en") -> bytes:
    return make_form(SUBJECT, language)


def filled(answers: Mapping[str, str], form: bytes = b"") -> bytes:
    writer = PdfWriter(clone_from=io.BytesIO(form or blank_form()))
    for page in writer.pages:
        writer.update_page_form_field_values(page, dict(answers), auto_regenerate=False)
    file = io.BytesIO()
    writer.write(file)
    return file.getvalue()


def without(name: str) -> dict[str, str]:
    return {field: value for field, value in COMPLETE.items() if field != name}


def report(content: bytes, subject: Subject = SUBJECT, now: datetime = NOW) -> Report:
    return inspect(content, now=now, subject=subject)


def failures(found: Report) -> list[tuple[CheckCode, int | None]]:
    return [(check.code, check.page) for check in found.obstacles()]


@pytest.mark.parametrize("language", ["en", "de", "fr"])
def test_a_completed_form_has_no_fault_and_leaves_the_typed_signature_to_a_person(language: str) -> None:
    found = report(filled(COMPLETE, blank_form(language)))
    assert failures(found) == []
    assert [check.code for check in found.doubts()] == [CheckCode.UNSIGNED]
    assert [check.code for check in found.checks if check.page == 2] == [
        CheckCode.UNSIGNED,
        CheckCode.SIGNATURE_DATE,
        CheckCode.ACTIVITIES_MISSING,
        CheckCode.DECLARATION_MISSING,
        CheckCode.SIGNER_INCOMPLETE,
    ], "what the customer filled in stands on page 2"


def test_the_form_as_it_was_printed_lacks_all_that_the_customer_has_to_say() -> None:
    found = report(blank_form())
    assert failures(found) == [
        (CheckCode.UNSIGNED, 2),
        (CheckCode.ACTIVITIES_MISSING, 2),
        (CheckCode.DECLARATION_MISSING, 2),
        (CheckCode.SIGNER_INCOMPLETE, 2),
    ]
    assert found.obstacles()[-1].finding == "The signer left these lines empty: name, title, date."


@pytest.mark.parametrize(
    ("left_out", "code"),
    [
        (Activity.ADOPTION, CheckCode.ACTIVITIES_MISSING),
        (FormField.AUTHORITY, CheckCode.DECLARATION_MISSING),
        (FormField.SIGNER_NAME, CheckCode.SIGNER_INCOMPLETE),
        (FormField.SIGNER_TITLE, CheckCode.SIGNER_INCOMPLETE),
        (FormField.SIGNED_ON, CheckCode.SIGNER_INCOMPLETE),
        (FormField.TYPED_SIGNATURE, CheckCode.UNSIGNED),
    ],
)
def test_what_was_left_out_is_named(left_out: str, code: CheckCode) -> None:
    """R-87"""
    assert failures(report(filled(without(left_out)))) == [(code, 2)]


def test_blanks_are_no_answer() -> None:
    assert failures(report(filled({**COMPLETE, FormField.SIGNER_NAME: "   "}))) == [(CheckCode.SIGNER_INCOMPLETE, 2)]


@pytest.mark.parametrize(
    ("written", "result"),
    [
        ("2020-03-10", CheckResult.PASSED),
        ("10.03.2020", CheckResult.PASSED),
        ("2019-03-11", CheckResult.PASSED),
        ("2019-02-09", CheckResult.FAILED),
        ("09.02.2019", CheckResult.FAILED),
        ("2020-03-13", CheckResult.FAILED),
        ("03/04/2020", CheckResult.UNKNOWN),
        ("2020-02-31", CheckResult.UNKNOWN),
        ("yesterday", CheckResult.UNKNOWN),
    ],
)
def test_the_date_was_within_twelve_months_or_a_person_reads_it(written: str, result: CheckResult) -> None:
    """R-88"""
    checks = {check.code: check.result for check in report(filled({**COMPLETE, FormField.SIGNED_ON: written})).checks}
    assert checks[CheckCode.SIGNATURE_DATE] is result


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"claim_id": "a76f0cb6-ffffffffffffffffffff"}, [CheckCode.FORM_OUTDATED]),
        ({"domain": "fabrikam.example"}, [CheckCode.DOMAIN_MISSING, CheckCode.FORM_OUTDATED]),
        ({"customer_name": "Fabrikam"}, [CheckCode.CUSTOMER_MISSING, CheckCode.FORM_OUTDATED]),
        ({"partner_name": "Tailwind"}, [CheckCode.PARTNER_MISSING, CheckCode.FORM_OUTDATED]),
        ({"workloads": ("Exchange Online", "Yammer")}, [CheckCode.WORKLOADS_MISSING, CheckCode.FORM_OUTDATED]),
        ({"tenant_id": "11111111-2222-4333-8444-555555555555"}, [CheckCode.TENANT_MISSING, CheckCode.FORM_OUTDATED]),
    ],
)
def test_the_form_of_another_claim_is_told_by_its_print_and_by_its_id(changed: dict[str, Any], codes: list[CheckCode]) -> None:
    found = report(filled(COMPLETE), replace(SUBJECT, **changed))
    assert [check.code for check in found.obstacles()] == codes


def test_an_id_written_onto_another_form_does_not_make_it_the_claims() -> None:
    """The id alone proves nothing: what is printed counts."""
    other = make_form(replace(SUBJECT, customer_name="Fabrikam"), "en")
    forged = filled({**COMPLETE, FormField.FORM_ID: SUBJECT.form_id}, other)
    assert failures(report(forged)) == [(CheckCode.CUSTOMER_MISSING, None)]


def test_a_field_that_stands_there_twice_is_no_answer() -> None:
    writer = PdfWriter(clone_from=io.BytesIO(filled(COMPLETE)))
    fields: Any = writer.root_object["/AcroForm"]["/Fields"]  # type: ignore[index]  # A dictionary, as the form was made.
    name = next(each for each in fields if each.get_object().get("/T") == FormField.SIGNER_NAME)
    twin = writer._add_object(name.get_object().clone(writer, force_duplicate=True))
    fields.append(twin)
    file = io.BytesIO()
    writer.write(file)
    assert failures(report(file.getvalue())) == [(CheckCode.SIGNER_INCOMPLETE, 2)]


def signed(content: bytes) -> bytes:
    """The form with the customer's own certificate in its field."""
    key = signers.SimpleSigner.load_pkcs12_data(sample._certificate("Ada Kowalski", "Contoso"), other_certs=(), passphrase=None)

    async def sign() -> bytes:
        meta = signers.PdfSignatureMetadata(field_name=FormField.DIGITAL_SIGNATURE)
        file = await signers.async_sign_pdf(
            IncrementalPdfFileWriter(io.BytesIO(content)), meta, signer=key, existing_fields_only=True
        )
        return bytes(file.getvalue())

    return asyncio.run(sign())


def test_a_certificate_in_the_forms_field_is_a_signature_over_all_that_was_filled_in() -> None:
    now = datetime.now(UTC)
    answers = {**without(FormField.TYPED_SIGNATURE), FormField.SIGNED_ON: f"{now:%Y-%m-%d}"}
    found = report(signed(filled(answers)), now=now)
    assert failures(found) == []
    assert [check.code for check in found.doubts()] == [CheckCode.SIGNER_UNTRUSTED]


def test_an_old_date_beside_a_fresh_signature_is_still_old() -> None:
    now = datetime.now(UTC)
    content = signed(filled({**COMPLETE, FormField.SIGNED_ON: "2019-01-01"}))
    assert [check.code for check in report(content, now=now).obstacles()] == [CheckCode.SIGNATURE_DATE]


def test_answers_filled_in_after_the_signature_are_not_under_it() -> None:
    now = datetime.now(UTC)
    content = signed(filled({**COMPLETE, FormField.SIGNED_ON: f"{now:%Y-%m-%d}", Activity.SUPPORT: "/Off"}))
    writer: Any = IncrementalPdfFileWriter(io.BytesIO(content))
    fields = [each.get_object() for each in writer.root["/AcroForm"]["/Fields"]]
    box = next(each for each in fields if each.get("/T") == Activity.SUPPORT)
    box["/V"] = box["/AS"] = generic.NameObject("/Yes")
    writer.update_container(box)
    file = io.BytesIO()
    writer.write(file)
    checks = {check.code: check.result for check in report(file.getvalue(), now=now).checks}
    assert checks[CheckCode.SIGNATURE_PARTIAL] is not CheckResult.PASSED


def test_our_form_discloses_what_it_must_to_the_public_sector_or_is_outdated() -> None:
    """R-147"""
    public = replace(SUBJECT, discloses=True)
    disclosed = filled(COMPLETE, make_form(public, "en"))
    assert failures(report(disclosed, public)) == []
    assert CheckCode.DISCLOSURE_MISSING in [check.code for check in report(disclosed, public).checks]
    before = {check.code for check in report(filled(COMPLETE), public).obstacles()}
    assert {CheckCode.FORM_OUTDATED, CheckCode.DISCLOSURE_MISSING} <= before
