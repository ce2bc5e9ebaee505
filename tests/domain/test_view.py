"""Whose move it is, what for and until when: visible in every status."""

import pytest

from shared.domain import consent, contact, review
from shared.domain.claim import Claim, DueKind, Scan
from shared.domain.lifecycle import Event, Status
from shared.domain.notice import MailKind
from shared.domain.view import NextActor, Summary, summary
from tests.domain.claim_builders import (
    POLICY,
    SYSTEM,
    TEAMS,
    action_required,
    active,
    active_by_silence,
    asked,
    awaiting_consent,
    by,
    contesting,
    draft,
    ended,
    judged,
    lapsed,
    refused,
    rejected,
    screening,
    the,
    under_review,
    unscanned,
    withdrawn,
)

LOST = consent.mail_lost(
    awaiting_consent(), by(SYSTEM), the(awaiting_consent(), MailKind.CONSENT_REQUEST), Event.MAIL_FAILED, "no_such_mailbox"
).after


@pytest.mark.parametrize(
    ("claim", "now", "who", "waiting_for", "clock"),
    [
        (draft(), Status.DRAFT, NextActor.PARTNER, "submission", DueKind.DRAFT_IDLE),
        (screening(), Status.SCREENING, NextActor.SYSTEM, "malware_scan", None),
        (unscanned(), Status.SCREENING, NextActor.SYSTEM, "late_malware_scan", None),
        (contesting(TEAMS), Status.CONTESTING, NextActor.REVIEWER, "arbitration", DueKind.REVIEW_OVERDUE),
        (under_review(), Status.UNDER_REVIEW, NextActor.REVIEWER, "review", DueKind.REVIEW_OVERDUE),
        (action_required(), Status.ACTION_REQUIRED, NextActor.PARTNER, "action", DueKind.ACTION_OVERDUE),
        (awaiting_consent(), Status.AWAITING_CONSENT, NextActor.SYSTEM, "mail", DueKind.UNDELIVERED),
        (asked(awaiting_consent()), Status.AWAITING_CONSENT, NextActor.CUSTOMER, "consent", DueKind.CONSENT_WINDOW),
        (LOST, Status.AWAITING_CONSENT, NextActor.PARTNER, "contact", DueKind.UNDELIVERED),
        (active(), Status.ACTIVE, NextActor.NOBODY, None, None),
        (withdrawn(), Status.WITHDRAWN, NextActor.NOBODY, None, None),
        (refused(), Status.REFUSED, NextActor.NOBODY, None, None),
        (rejected(), Status.REJECTED, NextActor.NOBODY, None, None),
        (lapsed(), Status.EXPIRED, NextActor.NOBODY, None, None),
        (ended(), Status.ENDED, NextActor.NOBODY, None, None),
    ],
    ids=lambda value: str(value) if isinstance(value, Status) else "",
)
def test_a_summary_says_whose_move_it_is_and_until_when(
    claim: Claim, now: Status, who: NextActor, waiting_for: str | None, clock: DueKind | None
) -> None:
    """R-84."""
    assert summary(claim) == Summary(now, who, waiting_for, the(claim, clock).at if clock else None)


def test_a_reviewer_who_is_late_stays_visible() -> None:
    """R-84, R-38: the clock that ran out is still shown."""
    claim = under_review()
    due = the(claim, DueKind.REVIEW_OVERDUE)
    assert summary(review.review_overdue(claim, by(SYSTEM, due.at), due).after).due_at == due.at


def test_a_bounce_under_an_association_is_a_reviewers_to_decide() -> None:
    """R-84, R-08."""
    claim = active_by_silence()
    claim = contact.bounced(claim, by(SYSTEM, claim.updated_at), POLICY, the(under_review(), MailKind.CONSENT_REQUEST)).after
    shown = summary(claim)
    assert (shown.next_actor, shown.waiting_for, shown.due_at) == (NextActor.REVIEWER, "bounced_consent", None)


def test_a_draft_that_came_back_infected_shows_its_new_clock() -> None:
    """R-84, R-26."""
    claim = judged(screening(), Scan.INFECTED)
    assert summary(claim).due_at == the(claim, DueKind.DRAFT_IDLE).at
