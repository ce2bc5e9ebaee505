"""The customer's side: silence, answers per scope, and ending an association."""

from dataclasses import replace
from datetime import timedelta

import pytest

from shared.domain import consent, contact
from shared.domain.association import EndReason
from shared.domain.claim import Claim, Consent, Due, DueKind, status
from shared.domain.errors import InvalidInput
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from shared.domain.policy import Policy
from shared.domain.timeline import Actor
from tests.domain.claim_builders import (
    BOTH,
    CUSTOMER,
    EXCHANGE,
    MONDAY,
    OPERATOR,
    PARTNER,
    POLICY,
    SYSTEM,
    TEAMS,
    accepted,
    action_required,
    active,
    active_by_silence,
    agreed,
    answers,
    asked,
    awaiting_consent,
    by,
    contesting,
    days_after,
    draft,
    ended,
    holds,
    kinds,
    lapsed,
    refused,
    reminded,
    silent,
    suspended,
    the,
    under_review,
)


def test_an_accepted_request_starts_the_clock_that_the_mail_named() -> None:
    """R-32: fourteen days to the end of the day, a reminder after seven, and the mail is no longer undelivered."""
    claim = asked(under_review())
    assert the(claim, DueKind.CONSENT_WINDOW).at == claim.window.ends_at
    assert the(claim, DueKind.CONSENT_WINDOW).at.isoformat() == "2026-03-17T00:00:00+00:00"
    assert the(claim, MailKind.CONSENT_REMINDER).at == days_after(MONDAY, 7)
    assert "undelivered" not in kinds(claim.dues)


def test_an_accepted_notification_starts_no_clock() -> None:
    """R-32."""
    claim = accepted(under_review(), MailKind.NOTIFICATION, at=MONDAY)
    assert claim.window.ends_at is None
    assert "undelivered" in kinds(claim.dues)


def test_the_clock_of_a_request_accepted_while_the_partner_acts_stands_still() -> None:
    """R-31, R-32."""
    claim = accepted(action_required(), MailKind.CONSENT_REQUEST, at=MONDAY)
    assert (claim.window.ends_at, claim.window.asked_at) == (None, MONDAY)
    assert claim.window.left_seconds == timedelta(days=14, hours=15).total_seconds()
    assert "consent_window" not in kinds(claim.dues)


def test_news_of_a_mail_that_nobody_waits_for_starts_no_clock() -> None:
    """R-32: a mail settled as unknown, or of an earlier window, is not the request that is pending now."""
    claim = under_review()
    due = the(claim, MailKind.CONSENT_REQUEST)
    given_up = consent.mail_lost(claim, by(SYSTEM), due, Event.MAIL_UNKNOWN, "unsettled").after
    late = consent.mail_accepted(given_up, by(SYSTEM), POLICY, due, days_after(MONDAY, 14))
    assert (late.after.window, late.after.dues) == (given_up.window, given_up.dues)
    assert late.entries[0].data["noEffect"] is True


@pytest.mark.parametrize("event", [Event.MAIL_UNKNOWN, Event.MAIL_FAILED])
def test_a_lost_request_starts_no_clock_and_must_be_mended_in_time(event: Event) -> None:
    """R-33, R-36."""
    claim = under_review()
    change = consent.mail_lost(claim, by(SYSTEM), the(claim, MailKind.CONSENT_REQUEST), event, "mailbox_unknown")
    assert change.after.window.ends_at is None
    assert "consent_request" not in kinds(change.after.dues)
    assert "undelivered" in kinds(change.after.dues)
    assert change.entries[0].data["code"] == "mailbox_unknown"


def test_silence_after_a_request_and_a_reminder_is_no_objection() -> None:
    """R-34, R-14."""
    change = silent(reminded(awaiting_consent()))
    assert answers(change.after) == {TEAMS: "implied", EXCHANGE: "implied"}
    assert status(change.after) is Status.ACTIVE
    assert {s.active_from for s in change.after.scopes} == {the(reminded(awaiting_consent()), DueKind.CONSENT_WINDOW).at}
    assert change.entries[0].data == {"implied": [TEAMS, EXCHANGE]}


def test_silence_before_the_approval_waits_for_it() -> None:
    """R-34."""
    claim = silent(reminded(under_review())).after
    assert status(claim) is Status.UNDER_REVIEW
    assert answers(claim) == {TEAMS: "implied", EXCHANGE: "implied"}


def test_silence_settles_only_what_was_left_open() -> None:
    """R-34, R-35."""
    claim = reminded(awaiting_consent(agreed(under_review(), TEAMS)))
    assert answers(silent(claim).after) == {TEAMS: "granted", EXCHANGE: "implied"}


def test_silence_of_somebody_who_was_not_reminded_does_not_count() -> None:
    """R-34: the reminder goes out now and the window is a day longer."""
    claim = asked(awaiting_consent())
    claim = consent.mail_lost(claim, by(SYSTEM), the(claim, MailKind.CONSENT_REMINDER), Event.MAIL_FAILED, "full").after
    change = silent(claim)
    assert answers(change.after) == {TEAMS: "pending", EXCHANGE: "pending"}
    assert the(change.after, MailKind.CONSENT_REMINDER).at == change.after.updated_at
    assert the(change.after, DueKind.CONSENT_WINDOW).at == change.after.updated_at + timedelta(days=1)
    assert change.entries[0].data["reason"] == "not_reached"


@pytest.mark.parametrize(("hours", "answer"), [(23.99, "pending"), (24, "implied")])
def test_silence_counts_only_once_the_request_has_not_bounced_for_a_day(hours: float, answer: str) -> None:
    """R-34: accepted is not delivered."""
    claim = reminded(awaiting_consent(under_review(draft(TEAMS))))
    due = the(claim, DueKind.CONSENT_WINDOW)
    late = replace(claim, window=replace(claim.window, asked_at=due.at - timedelta(hours=hours)))
    assert answers(consent.window_ended(late, by(SYSTEM, due.at), POLICY, due).after) == {TEAMS: answer}


def test_silence_of_an_unverified_contact_never_counts() -> None:
    """R-34."""
    claim = reminded(under_review(draft(verified=False)))
    change = silent(claim)
    assert set(answers(change.after).values()) == {"pending"}
    assert change.entries[0].data["reason"] == "contact_unverified"
    assert "consent_window" not in kinds(change.after.dues)


def test_where_an_answer_is_required_silence_never_counts() -> None:
    """R-34: policy, by country and sector."""
    change = silent(reminded(under_review()), policy=Policy(answer_required=True))
    assert set(answers(change.after).values()) == {"pending"}
    assert change.entries[0].data["reason"] == "answer_required"


def test_a_window_that_ends_while_the_partner_acts_changes_nothing() -> None:
    """R-31."""
    due = the(reminded(under_review()), DueKind.CONSENT_WINDOW)
    claim = action_required(reminded(under_review()), at=days_after(MONDAY, 8))
    assert set(answers(consent.window_ended(claim, by(SYSTEM, due.at), POLICY, due).after).values()) == {"pending"}


def test_agreeing_to_one_scope_leaves_the_other_open() -> None:
    """R-35."""
    claim = agreed(asked(awaiting_consent()), TEAMS)
    assert answers(claim) == {TEAMS: "granted", EXCHANGE: "pending"}
    assert status(claim) is Status.AWAITING_CONSENT
    assert "consent_window" in kinds(claim.dues)


@pytest.mark.parametrize(
    ("claim", "then"),
    [
        (under_review(), Status.UNDER_REVIEW),
        (action_required(), Status.ACTION_REQUIRED),
        (awaiting_consent(), Status.AWAITING_CONSENT),
        (awaiting_consent(agreed(under_review(), EXCHANGE)), Status.ACTIVE),
        (contesting(EXCHANGE), Status.CONTESTING),
        (contesting(TEAMS), Status.UNDER_REVIEW),
        (active(), Status.ACTIVE),
    ],
    ids=["under review", "action required", "awaiting", "the last open scope", "the free scope", "the contested scope", "active"],
)
def test_a_refused_scope_is_released_at_once_and_the_rest_goes_on(claim: Claim, then: Status) -> None:
    """R-35, in every status."""
    after = consent.answer(claim, by(CUSTOMER, claim.updated_at), {TEAMS: False}, "Not them.").after
    assert status(after) is then
    assert holds(after)[TEAMS] == "released"
    assert holds(after)[EXCHANGE] == holds(claim)[EXCHANGE]


@pytest.mark.parametrize("claim", [under_review(), action_required(), awaiting_consent(), contesting(TEAMS)])
def test_refusing_everything_refuses_the_claim_and_cancels_what_waited(claim: Claim) -> None:
    """R-35, R-13."""
    after = refused(claim)
    assert status(after) is Status.REFUSED
    assert set(holds(after).values()) == {"released"}
    assert kinds(after.dues) == ["decision_receipt"]


def test_refusing_an_active_claim_ends_its_associations_by_the_customer() -> None:
    """R-35, R-37."""
    claim = active()
    after = refused(claim)
    assert status(after) is Status.ENDED
    assert {t.end_reason for t in after.tenures} == {EndReason.ENDED_BY_CUSTOMER}
    assert {t.active_from for t in after.tenures} == {t.active_from for t in claim.tenures}
    assert kinds(after.dues) == ["association_ended"]


def test_agreeing_to_an_implied_association_makes_it_granted() -> None:
    """R-35: evidence is added, nothing else moves."""
    claim = active_by_silence()
    after = agreed(claim)
    assert set(answers(after).values()) == {"granted"}
    assert after.tenures == claim.tenures


def test_an_answer_stops_everything_that_asks_for_one() -> None:
    """R-35, R-36: even if nobody knows whether the request was delivered, the customer was reached."""
    claim = under_review()
    claim = consent.mail_lost(claim, by(SYSTEM), the(claim, MailKind.CONSENT_REQUEST), Event.MAIL_UNKNOWN, "no_answer").after
    assert kinds(agreed(claim).dues) == ["decision_receipt", "notification", "reservation", "review_overdue"]


def test_a_late_refusal_is_recorded_as_a_refusal() -> None:
    """R-11."""
    claim = lapsed()
    change = consent.answer(claim, by(CUSTOMER, claim.updated_at), {TEAMS: False}, "No.")
    assert (change.entries[0].event, change.entries[0].data["noEffect"]) == (Event.REFUSE, True)
    assert answers(change.after) == answers(claim)


@pytest.mark.parametrize("choices", [{}, {"workload:yammer": True}])
def test_an_answer_is_about_scopes_that_were_asked_for(choices: dict[str, bool]) -> None:
    with pytest.raises(InvalidInput):
        consent.answer(under_review(), by(CUSTOMER), choices, None)


def test_the_same_answer_again_is_known() -> None:
    claim = agreed(under_review(), TEAMS)
    assert consent.is_answered(claim, {TEAMS: True})
    assert not consent.is_answered(claim, {TEAMS: False})
    assert not consent.is_answered(claim, {TEAMS: True, EXCHANGE: True})
    assert not consent.is_answered(claim, {})


def test_a_customer_ends_one_association_and_the_other_stands() -> None:
    """R-37."""
    claim = ended(active(), [TEAMS])
    assert status(claim) is Status.ACTIVE
    assert {t.scope: t.is_standing for t in claim.tenures} == {TEAMS: False, EXCHANGE: True}
    assert holds(claim) == {TEAMS: "released", EXCHANGE: "held"}


def test_the_claim_ends_with_its_last_association() -> None:
    """R-37, R-13."""
    claim = ended(ended(active(), [TEAMS]), [EXCHANGE])
    assert status(claim) is Status.ENDED
    assert kinds(claim.dues) == ["association_ended"]


def test_a_partner_ends_an_association_with_a_reason() -> None:
    """R-37."""
    claim = active()
    act = by(PARTNER, claim.updated_at)
    with pytest.raises(InvalidInput) as refusal:
        consent.end(claim, act, frozenset({TEAMS}), "")
    assert refusal.value.field == "reason"
    after = consent.end(claim, act, frozenset({TEAMS}), "contract_over").after
    assert [t.end_reason for t in after.tenures] == [EndReason.ENDED_BY_PARTNER, None]


def test_an_operator_ends_an_association_in_the_programmes_name() -> None:
    """R-37."""
    after = consent.end(active(), by(OPERATOR), frozenset(BOTH), "fraud").after
    assert {t.end_reason for t in after.tenures} == {EndReason.ENDED_BY_OPERATOR}


def test_ending_what_does_not_stand_is_recorded_for_a_customer_and_refused_to_a_partner() -> None:
    """R-11, R-37."""
    claim = ended(active(), [TEAMS])
    late = consent.end(claim, by(CUSTOMER, claim.updated_at), frozenset({TEAMS}), "again")
    assert late.entries[0].data["noEffect"] is True
    assert late.after.tenures == claim.tenures
    with pytest.raises(InvalidInput):
        consent.end(claim, by(PARTNER, claim.updated_at), frozenset({TEAMS}), "again")


def test_the_same_partner_waits_ninety_days_before_it_asks_again_for_what_was_refused() -> None:
    """R-05: per scope, whatever became of the rest of the claim."""
    claim = consent.answer(under_review(), by(CUSTOMER), {TEAMS: False}, None).after
    until = days_after(MONDAY, 90)
    assert consent.asked_too_soon([claim], BOTH, until - timedelta(seconds=1), POLICY) == {TEAMS: until}
    assert consent.asked_too_soon([claim], BOTH, until, POLICY) == {}
    assert consent.asked_too_soon([], BOTH, MONDAY, POLICY) == {}


@pytest.mark.parametrize(
    "claim", [suspended(), action_required(suspended(), at=suspended().updated_at)], ids=["suspended", "partner to act"]
)
@pytest.mark.parametrize("actor", [CUSTOMER, PARTNER])
def test_an_association_that_stands_can_be_ended_whatever_its_claim_waits_for(claim: Claim, actor: Actor) -> None:
    """R-37, R-372: a mail that came back takes nobody's right to end."""
    one = consent.end(claim, by(actor, claim.updated_at), frozenset({TEAMS}), "contract_over").after
    assert (status(one), holds(one)) == (status(claim), {TEAMS: "released", EXCHANGE: "held"})
    both = consent.end(one, by(actor, claim.updated_at), frozenset({EXCHANGE}), "contract_over").after
    assert (status(both), kinds(both.dues)) == (Status.ENDED, ["association_ended"])
    assert {t.ended_at for t in both.tenures} == {claim.updated_at}


def test_what_is_left_after_an_end_is_active_if_the_customer_clicked_for_it() -> None:
    """R-14, R-372: nobody waits any more for an answer about the association that ended, nor looks into who asked for it."""
    silent_about_teams = silent(reminded(awaiting_consent(agreed(under_review(), EXCHANGE)))).after
    claim = contact.report_unknown(silent_about_teams, by(CUSTOMER, silent_about_teams.updated_at), None).after
    after = consent.end(claim, by(CUSTOMER, claim.updated_at), frozenset({TEAMS}), "unknown_partner").after
    assert (status(claim), status(after), after.reported_unknown) == (Status.AWAITING_CONSENT, Status.ACTIVE, False)
    assert [(t.scope, t.is_standing) for t in after.tenures] == [(TEAMS, False), (EXCHANGE, True)]


def test_ending_an_association_is_no_refusal() -> None:
    """R-05."""
    assert consent.asked_too_soon([ended()], BOTH, MONDAY, POLICY) == {}


def test_a_deadline_of_another_life_of_the_claim_is_only_recorded() -> None:
    """R-11."""
    claim = active()
    stale = Due(DueKind.CONSENT_WINDOW, claim.updated_at, 3)
    after = consent.window_ended(claim, by(SYSTEM, claim.updated_at), POLICY, stale).after
    assert (after.scopes, status(after)) == (claim.scopes, Status.ACTIVE)
    assert {s.consent for s in after.scopes} == {Consent.GRANTED}
