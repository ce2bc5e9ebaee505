"""The customer's clock as a programme sets it: business days, holidays of its country, reminders, and silence."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from shared.adapters.programmes import shipped_programmes
from shared.domain.claim import Consent, DueKind, Scan, status
from shared.domain.consent import answer_by
from shared.domain.lifecycle import Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.programme import CountryRules, Programme
from shared.domain.programme_check import FaultCode, check
from tests.domain.claim_builders import (
    MONDAY,
    accepted,
    action_required,
    answers,
    asked,
    awaiting_consent,
    days_after,
    judged,
    kinds,
    reminded,
    resubmitted,
    silent,
    the,
    under_review,
)

DEMO = next(each for each in shipped_programmes() if each.programme_id == "demo")


def demo(*rules: CountryRules, **policy: Any) -> Programme:
    return replace(DEMO, countries=rules, policy=replace(DEMO.policy, **policy))


def test_a_country_has_holidays_and_rules_of_its_own_and_others_have_none() -> None:
    """R-224"""
    programme = demo(CountryRules("DE", (date(2026, 3, 3),), answer_required=True), CountryRules("FR"))
    assert programme.policy_for("DE").holidays == (date(2026, 3, 3),)
    assert [programme.policy_for(country).answer_required for country in ("DE", "FR", "US")] == [True, False, False]
    assert programme.policy_for("US") == programme.policy
    assert demo(CountryRules("FR"), answer_required=True).policy_for("FR").answer_required


def test_an_answer_may_be_required_of_a_countrys_public_sector_only() -> None:
    """R-224"""
    programme = demo(CountryRules("US", answer_required_of_public_sector=True))
    said = [programme.policy_for("US", public_sector=sector).answer_required for sector in (True, False)]
    assert said == [True, False]
    assert not programme.policy_for("DE", public_sector=True).answer_required


@pytest.mark.parametrize(
    ("in_business_days", "country", "ends"),
    [(False, "DE", (2026, 4, 12)), (True, "US", (2026, 4, 16)), (True, "DE", (2026, 4, 18))],
)
def test_a_window_is_of_days_or_of_business_days_of_the_country(
    in_business_days: bool, country: str, ends: tuple[int, int, int]
) -> None:
    """R-16, R-224: ten days from Wednesday, 1 April 2026; Good Friday and Easter Monday are no business days in Germany."""
    programme = replace(
        DEMO, policy=replace(DEMO.policy, consent_window_days=10, consent_window_in_business_days=in_business_days)
    )
    asked_at = datetime(2026, 4, 1, 9, tzinfo=UTC)
    assert answer_by(asked_at, programme.policy_for(country)) == datetime(*ends, tzinfo=UTC)


def test_reviewers_and_partners_have_their_country_s_holidays_too() -> None:
    """R-16, R-224: five business days after Monday, 2 March 2026, of which Wednesday is none."""
    policy = demo(CountryRules("DE", (date(2026, 3, 4),))).policy_for("DE")
    assert the(under_review(policy=policy), DueKind.REVIEW_OVERDUE).at.date() == date(2026, 3, 11)
    assert the(under_review(), DueKind.REVIEW_OVERDUE).at.date() == date(2026, 3, 10)


def test_a_customer_is_reminded_on_each_of_the_days_while_the_window_lasts() -> None:
    """R-224"""
    policy = Policy(further_reminders_after_days=(12, 20))
    claim = asked(under_review())
    days = []
    while any(due.mail is MailKind.CONSENT_REMINDER for due in claim.dues):
        at = the(claim, MailKind.CONSENT_REMINDER).at
        days.append((at - MONDAY).days)
        claim = accepted(claim, MailKind.CONSENT_REMINDER, at=at, policy=policy)
    assert days == [7, 12], "the window ends before the twentieth day"
    assert claim.window.reminders == 2


def test_a_late_first_reminder_is_not_followed_at_once_by_one_that_is_overdue_too() -> None:
    """R-224: what is overdue is due now, once; nothing is doubled."""
    policy = Policy(further_reminders_after_days=(9,))
    claim = accepted(asked(under_review()), MailKind.CONSENT_REMINDER, at=days_after(MONDAY, 10), policy=policy)
    assert the(claim, MailKind.CONSENT_REMINDER).at == days_after(MONDAY, 10)
    after = accepted(claim, MailKind.CONSENT_REMINDER, at=days_after(MONDAY, 10), policy=policy)
    assert MailKind.CONSENT_REMINDER not in kinds(after.dues)


def test_a_pause_between_two_reminders_puts_the_second_off_and_does_not_drop_it() -> None:
    """R-31, R-224: on the tenth of fourteen days the claim went back to its partner for three; the reminder waits as long."""
    policy = Policy(further_reminders_after_days=(12,))
    claim = asked(under_review())
    claim = accepted(claim, MailKind.CONSENT_REMINDER, at=days_after(MONDAY, 7), policy=policy)
    paused = resubmitted(action_required(claim, at=days_after(MONDAY, 10)), days_after(MONDAY, 13))
    after = judged(paused, Scan.CLEAN, policy=policy)
    left = the(after, DueKind.CONSENT_WINDOW).at - the(after, MailKind.CONSENT_REMINDER).at
    assert left == days_after(MONDAY, 2) - MONDAY


@pytest.mark.parametrize("country", ["DE", "US"])
def test_where_an_answer_is_required_silence_changes_nothing(country: str) -> None:
    """R-34, R-224"""
    programme = demo(CountryRules("DE", answer_required=True))
    after = silent(reminded(awaiting_consent()), policy=programme.policy_for(country)).after
    is_required = country == "DE"
    assert status(after) is (Status.AWAITING_CONSENT if is_required else Status.ACTIVE)
    assert set(answers(after).values()) == {Consent.PENDING if is_required else Consent.IMPLIED}


def test_a_country_is_written_as_it_is_everywhere_and_once() -> None:
    """R-70, R-224"""
    found = {(fault.code, fault.where) for fault in check(demo(CountryRules("de"), CountryRules("FR"), CountryRules("FR")))}
    assert (FaultCode.MALFORMED_COUNTRY, "countries.de") in found
    assert any(where.startswith("countries") and code is FaultCode.DUPLICATE for code, where in found)
    descending = demo(further_reminders_after_days=(5,))
    assert FaultCode.OUT_OF_RANGE in {fault.code for fault in check(descending)}
