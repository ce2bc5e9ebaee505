"""Every finding says what is wrong and what to do about it, and only what nobody can mend is refused."""

from datetime import UTC, datetime

import pytest

from shared.domain.attestation import OF_CUSTOMER, OF_PARTNER, Attestation
from shared.domain.lifecycle import ActorKind
from shared.domain.poe_checks import Check, CheckCode, CheckResult, Report, failed, passed, unknown, with_attestation


def test_only_what_failed_is_an_obstacle_and_only_what_is_unknown_a_doubt() -> None:
    good, bad, open_question = passed(CheckCode.ENCRYPTED), failed(CheckCode.EMPTY), unknown(CheckCode.UNSIGNED)
    report = Report((good, bad, open_question))
    assert report.obstacles() == (bad,)
    assert report.doubts() == (open_question,)


def test_a_finding_names_its_numbers() -> None:
    assert failed(CheckCode.TOO_LARGE, max_megabytes=25).finding == "The file is larger than 25 MB."


NEVER_AN_OBSTACLE = (CheckCode.SIGNER_UNTRUSTED,)


# What software may have to leave to a person.
UNSURE = (
    CheckCode.UNSIGNED,
    CheckCode.SIGNATURE_PARTIAL,
    CheckCode.SIGNER_UNTRUSTED,
    CheckCode.SIGNATURE_DATE,
    CheckCode.TENANT_MISSING,
    CheckCode.DOMAIN_MISSING,
    CheckCode.CUSTOMER_MISSING,
    CheckCode.PARTNER_MISSING,
    CheckCode.WORKLOADS_MISSING,
    CheckCode.ACTIVITIES_MISSING,
    CheckCode.DECLARATION_MISSING,
    CheckCode.SIGNER_INCOMPLETE,
)


@pytest.mark.parametrize("code", [code for code in CheckCode if code not in NEVER_AN_OBSTACLE])
def test_every_failed_check_says_what_is_wrong_and_what_to_do(code: CheckCode) -> None:
    assert_speaks(failed(code, max_megabytes=25, max_pages=200, workloads="Teams", lines="name", content="a PDF"))


@pytest.mark.parametrize("code", UNSURE)
def test_every_doubt_says_what_a_reviewer_will_do(code: CheckCode) -> None:
    assert_speaks(unknown(code, signers="Ada Kowalski on 02 March 2020 at 12:00 UTC"))


def test_of_an_attested_scan_the_report_says_what_was_attested_by_whom_and_when() -> None:
    """R-320"""
    scan = Report((failed(CheckCode.UNATTESTED), unknown(CheckCode.UNSIGNED)))
    at = datetime(2026, 3, 2, 9, tzinfo=UTC)
    by_partner = with_attestation(scan, Attestation(OF_PARTNER, ActorKind.PARTNER, at, 3), "anna.berg")
    by_customer = with_attestation(scan, Attestation(OF_CUSTOMER, ActorKind.CUSTOMER, at, 3))
    assert with_attestation(scan, None) == scan
    for report, words in (
        (by_partner, "On 02 March 2026 the partner (anna.berg) attested: “I have compared this file with"),
        (by_customer, "On 02 March 2026 the customer attested: “By uploading the file I declare"),
    ):
        assert (report.obstacles(), [check.code for check in report.checks]) == ((), [check.code for check in scan.checks])
        assert words in report.checks[0].finding
        assert_speaks(report.checks[0])


def assert_speaks(check: Check) -> None:
    assert check.result is not CheckResult.PASSED
    for sentence in (check.finding, check.advice):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
        assert "{" not in sentence


def test_codes_are_stable_words_of_the_proof() -> None:
    assert all(code.value.startswith("poe_") and code.value.islower() for code in CheckCode)


def test_what_no_edit_and_no_reviewer_can_mend_is_refused_and_the_rest_may_be_attached() -> None:
    """R-85"""
    hopeless, mendable = failed(CheckCode.ENCRYPTED), failed(CheckCode.UNSIGNED)
    assert Report((hopeless, mendable, unknown(CheckCode.TENANT_MISSING))).refusals() == (hopeless,)
    assert Report((mendable, passed(CheckCode.ENCRYPTED))).refusals() == ()
