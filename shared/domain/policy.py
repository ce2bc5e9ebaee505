"""What a programme decides about the way to an association: windows, limits, and when the customer is asked.

Every figure is programme data, because the sources disagree or are silent; the defaults are the demo programme's (days).
"""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Final

from shared.domain.limit import USUAL, Limits

ORPHAN_DAYS: Final = 60
"""How old a stored document is before it counts as forgotten, whatever the programme: older than its retention in the store."""


class AskWhen(StrEnum):
    """When the customer gets the notification and the consent request."""

    ON_SUBMISSION = "on_submission"
    AFTER_APPROVAL = "after_approval"


@dataclass(frozen=True, slots=True)
class Policy:
    """Claim and consent policy of one programme version; durations in days, business days where the name says so."""

    ask_when: AskWhen = AskWhen.ON_SUBMISSION
    answer_required: bool = False
    consent_window_days: int = 14
    consent_window_in_business_days: bool = False
    reminder_after_days: int = 7
    further_reminders_after_days: tuple[int, ...] = ()
    delivered_after_hours: int = 24
    undelivered_days: int = 14
    review_business_days: int = 5
    action_business_days: int = 5
    action_warnings_business_days: tuple[int, ...] = (3, 1)
    action_rounds: int = 3
    reservation_days: int = 45
    draft_idle_days: int = 90
    reopen_days: int = 30
    dispute_days: int = 30
    reask_after_refusal_days: int = 90
    max_scopes: int = 20
    signature_days: int = 30
    signature_reminder_after_days: int = 7
    contact_retention_days: int = 730
    most_forwards: int = 3
    poe_max_bytes: int = 25_000_000
    limits: Limits = USUAL
    # What a country has of its own (`Programme.policy_for`); a definition lists it by country.
    holidays: tuple[date, ...] = field(default=(), init=False)

    @property
    def reminders_after_days(self) -> tuple[int, ...]:
        """On which days of the window the customer is reminded, the first first."""
        return (self.reminder_after_days, *self.further_reminders_after_days)
