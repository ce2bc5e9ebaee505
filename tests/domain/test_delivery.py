"""What a provider reports of a mail, in any order, and what a tenure accrues while its silence is taken back."""

from datetime import date, timedelta

import pytest

from shared.domain import consent, contact
from shared.domain.association import Association, Suspension
from shared.domain.claim import Claim, DueKind, status
from shared.domain.delivery import REACHED_NOBODY, Delivery, address_hash, is_news
from shared.domain.identity import bucket_in, is_operation_id, operation_id
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from tests.domain.claim_builders import (
    CUSTOMER,
    MONDAY,
    PARTNER,
    POLICY,
    SYSTEM,
    TEAMS,
    active_by_silence,
    agreed,
    asked,
    by,
    days_after,
    ended,
    kinds,
    reminded,
    silent,
    the,
    under_review,
)

REQUEST = the(under_review(), MailKind.CONSENT_REQUEST)


def told(claim: Claim, delivery: Delivery, *, at: float = 1) -> Claim:
    """The claim after the provider reported this of the first consent request."""
    act = by(SYSTEM, max(claim.updated_at, days_after(MONDAY, at)))
    change = contact.reported(claim, act, POLICY, REQUEST, delivery, days_after(MONDAY, 14))
    return change.after if change else claim


@pytest.mark.parametrize("first", [None, *Delivery])
@pytest.mark.parametrize("second", Delivery)
def test_bad_news_sticks_and_the_same_again_is_none(first: Delivery | None, second: Delivery) -> None:
    """R-220"""
    if first in REACHED_NOBODY or (first is Delivery.DELIVERED and second is Delivery.DELIVERED):
        assert not is_news(first, second)
    if first is Delivery.DELIVERED and second in REACHED_NOBODY:
        assert is_news(first, second)
    if first is None:
        assert is_news(first, second)


def test_a_delivered_request_is_seen_and_its_clock_goes_on() -> None:
    """R-220"""
    before = asked(under_review())
    after = told(before, Delivery.DELIVERED)
    assert (before.window.delivery, after.window.delivery) == (Delivery.ACCEPTED, Delivery.DELIVERED)
    assert after.window.ends_at == before.window.ends_at
    assert after.dues == before.dues


@pytest.mark.parametrize("bad", sorted(REACHED_NOBODY))
def test_a_request_that_reached_nobody_stops_the_clock_whatever_is_told_later(bad: Delivery) -> None:
    """R-06, R-220: no silence counts after it, and the claim expires when nobody corrects the contact."""
    after = told(told(reminded(under_review()), bad, at=9), Delivery.DELIVERED, at=10)
    assert (after.window.delivery, after.window.ends_at) == (bad, None)
    assert "consent_window" not in kinds(after.dues)
    assert the(after, DueKind.UNDELIVERED).at > days_after(MONDAY, 9 + 14)


def test_asking_again_after_a_bounce_starts_a_new_clock() -> None:
    """R-07, R-220: and a late report of the first mail does not touch it."""
    bounced = told(asked(under_review()), Delivery.BOUNCED)
    again = contact.resend(bounced, by(PARTNER, days_after(MONDAY, 2)), POLICY).after
    assert again.window.delivery is None
    new = asked(again, at=days_after(MONDAY, 2))
    assert told(new, Delivery.BOUNCED, at=3).window == new.window
    assert told(new, Delivery.DELIVERED, at=3).window == new.window


def test_a_provider_that_speaks_before_the_sender_has_noted_is_believed() -> None:
    """R-32, R-220: the report says that the mail was taken, with the end that it named."""
    claim = told(under_review(), Delivery.DELIVERED)
    assert claim.window.ends_at == days_after(MONDAY, 14)
    assert claim.window.delivery is Delivery.DELIVERED
    assert REQUEST not in claim.dues
    assert told(under_review(), Delivery.BOUNCED).window.ends_at is None


def test_a_delivered_mail_that_was_given_up_for_unknown_starts_no_clock() -> None:
    """R-33: it was not noted when it went, so nobody knows which window it began."""
    given_up = consent.mail_lost(under_review(), by(SYSTEM), REQUEST, Event.MAIL_UNKNOWN, "unsettled").after
    assert given_up.window.delivery is Delivery.UNKNOWN
    after = told(given_up, Delivery.DELIVERED)
    assert (after.window, after.dues) == (given_up.window, given_up.dues)


def suspensions(claim: Claim) -> set[tuple[Suspension, ...]]:
    return {tenure.suspensions for tenure in claim.tenures}


def test_a_bounce_suspends_what_silence_had_made() -> None:
    """R-08, R-221"""
    claim = active_by_silence()
    after = told(claim, Delivery.BOUNCED, at=30)
    assert (status(after), after.is_suspended) == (Status.AWAITING_CONSENT, True)
    assert suspensions(after) == {(Suspension(days_after(MONDAY, 30)),)}
    assert suspensions(claim) == {()}


def test_a_click_lifts_a_suspension_as_if_it_had_never_been() -> None:
    """R-221: who agrees was there all along."""
    suspended = told(active_by_silence(), Delivery.BOUNCED, at=30)
    assert suspensions(agreed(suspended, at=days_after(MONDAY, 40))) == {()}


def test_a_second_silence_ends_a_suspension_from_then_on_only() -> None:
    """R-221: the time in which nobody had been reached stays without accrual."""
    suspended = told(active_by_silence(), Delivery.BOUNCED, at=30)
    again = contact.resend(suspended, by(PARTNER, days_after(MONDAY, 31)), POLICY).after
    after = silent(reminded(again, at=days_after(MONDAY, 31))).after
    assert status(after) is Status.ACTIVE
    (((only,),)) = suspensions(after)
    assert (only.since, only.until) == (days_after(MONDAY, 30), after.updated_at)


def test_a_suspended_tenure_that_ends_stays_suspended_to_its_end() -> None:
    """R-221"""
    suspended = told(active_by_silence(), Delivery.BOUNCED, at=30)
    after = consent.answer(suspended, by(CUSTOMER, days_after(MONDAY, 33)), {TEAMS: False}, None).after
    (gone,) = (tenure for tenure in after.tenures if tenure.scope == TEAMS)
    assert gone.suspensions == (Suspension(days_after(MONDAY, 30), days_after(MONDAY, 33)),)
    assert suspensions(ended()) == {()}


def test_a_day_that_a_suspension_touches_accrues_nothing_and_is_nobody_elses() -> None:
    """R-221"""
    suspended = Suspension(days_after(MONDAY, 2), days_after(MONDAY, 4))
    tenure = Association("tenant", TEAMS, "claim", "partner", MONDAY, MONDAY, suspensions=(suspended,))
    days = [MONDAY.date() + timedelta(days=n) for n in range(-1, 7)]
    assert [tenure.accrues_on(day) for day in days] == [False, True, True, False, False, False, True, True]
    assert [tenure.covers(day) for day in days] == [False, *[True] * 7]
    standing = Suspension(MONDAY)
    assert standing.touches(date(2030, 1, 1))
    assert not standing.touches(MONDAY.date() - timedelta(days=1))


def test_an_address_has_one_hash_and_a_mail_one_operation_in_its_bucket() -> None:
    """R-220, R-222"""
    assert address_hash(" Ada@Contoso.example") == address_hash("ada@contoso.example")
    assert address_hash("ada@contoso.example") != address_hash("bea@contoso.example")
    work = REQUEST.id_for("c1a1b2c3-00000000000000000001")
    assert operation_id(work) == operation_id(work) != operation_id(work + "x")
    assert bucket_in(operation_id(work)) == "c1"
    assert is_operation_id(operation_id(work))
    assert not is_operation_id(work)
