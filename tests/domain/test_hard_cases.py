"""The cases in which a wrong payment hides, each from its exports to the net of the ledger, and as the plain model has it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime

from shared.domain.association import Association, Suspension
from shared.domain.earning import wanted
from shared.domain.ledger import BookedSummary, Entry, EntryKind, book, difference
from shared.domain.programme import Programme
from shared.domain.usage import Snapshot, UsageHistory, merge
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, TENANT, at, snapshot, tenure
from tests.domain.model import expected, net_of

BASELINE = snapshot("2026-01-31", 100)


class Books:
    """One customer's workload: what was imported so far, and what was booked on it, night by night."""

    def __init__(self, *tenures: Association, programme: Programme = PROGRAMME) -> None:
        self.programme = programme
        self.tenures: Sequence[Association] = tenures
        self.history = UsageHistory(TENANT, "teams")
        self.exports: list[Snapshot] = []
        self.summary = BookedSummary()
        self.ledger: list[Entry] = []

    def night(self, *snapshots: Snapshot, tenures: Iterable[Association] = ()) -> list[tuple[EntryKind, str, str, int]]:
        """An import and an evaluation; returns what was booked: kind, milestone, partner and amount."""
        self.tenures = tuple(tenures) or self.tenures
        self.exports += snapshots
        self.history = merge(self.history, snapshots, correction_days=self.programme.correction_window_days).history
        entries = difference(self.programme.programme_id, wanted(self.programme, self.history, self.tenures), self.summary)
        self.summary = book(self.summary, entries)
        self.ledger += entries
        assert net_of(self.ledger) == expected(self.programme, "teams", self.exports, self.tenures)
        return [(entry.kind, entry.milestone_id, entry.partner_id, entry.amount_minor) for entry in entries]


def earned(milestone: str, amount: int, partner: str = ANNA) -> tuple[EntryKind, str, str, int]:
    return EntryKind.EARNING, milestone, partner, amount


def reversed_(milestone: str, amount: int, partner: str = ANNA) -> tuple[EntryKind, str, str, int]:
    return EntryKind.REVERSAL, milestone, partner, -amount


def test_january_after_february_moves_an_earning_to_whoever_held_in_january() -> None:
    """R-44 R-50 R-64"""
    annas = tenure("2026-01-05", submitted="2026-01-05", ended="2026-02-10")
    berts = tenure("2026-02-12", submitted="2026-01-20", partner=BERT, claim="claim-b")
    books = Books(annas, berts)
    december = snapshot("2025-12-31", 100)
    assert books.night(december, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000, BERT)]
    assert books.night(snapshot("2026-01-31", 155, exported="2026-03-05")) == [
        reversed_("teams-15", 2_000, BERT),
        earned("teams-15", 2_000, ANNA),
    ]


def test_january_after_february_takes_back_what_was_no_growth() -> None:
    """R-44 R-54: the baseline was higher than it seemed."""
    books = Books(tenure("2026-02-01"))
    assert books.night(BASELINE, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000)]
    late = snapshot("2026-01-15", 170, exported="2026-03-05")
    assert books.night(late) == [reversed_("teams-15", 2_000)]


def test_a_correction_lowers_what_was_paid_and_a_higher_one_follows() -> None:
    """R-44 R-62 R-64"""
    books = Books(tenure())
    assert books.night(BASELINE, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000)]
    assert books.night(snapshot("2026-02-28", 140, exported="2026-03-05")) == [reversed_("teams-15", 2_000)]
    again = books.night(snapshot("2026-02-28", 410, exported="2026-03-06"))
    assert again == [earned("teams-15", 2_000), earned("teams-40", 4_000)]
    assert [entry.generation for entry in books.ledger if entry.milestone_id == "teams-15"] == [1, 1, 2]
    # The lower one, arriving once more and out of order, is outranked.
    assert books.night(snapshot("2026-02-28", 140, exported="2026-03-05")) == []


def test_a_partner_that_claims_again_earns_only_above_the_mark_of_its_new_claim() -> None:
    """R-50 R-61"""
    first = tenure("2026-02-01", ended="2026-03-05")
    books = Books(first)
    assert books.night(BASELINE, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000)]
    again = tenure("2026-03-20", submitted="2026-03-10", claim="claim-again")
    # What it earned stays with the first claim; 40 % is new, but use must rise above the 160 of before.
    assert books.night(snapshot("2026-03-31", 160, 400), tenures=(first, again)) == []
    assert books.night(snapshot("2026-04-30", 450), tenures=(first, again)) == [earned("teams-40", 4_000)]
    assert [entry.claim_id for entry in books.ledger] == ["claim-a", "claim-again"]


def test_seats_cut_to_push_the_ratio_earn_nothing_without_growth() -> None:
    """R-54 R-57"""
    books = Books(tenure())
    assert books.night(BASELINE, snapshot("2026-02-28", 100, 600)) == []


def test_seats_cut_with_growth_pay_by_the_size_that_is_left() -> None:
    """R-49 R-57: fewer seats reach a higher share, and open fewer and cheaper milestones."""
    books = Books(tenure())
    assert books.night(BASELINE, snapshot("2026-02-28", 410, 900)) == [earned("teams-15", 1_000)]
    # The seats come back in a correction: what was paid by the smaller size is paid by the larger one.
    assert books.night(snapshot("2026-02-28", 410, 1000, exported="2026-03-05")) == [
        reversed_("teams-15", 1_000),
        earned("teams-15", 2_000),
        earned("teams-40", 4_000),
    ]


def test_seats_below_the_minimum_earn_nothing_however_much_they_are_used() -> None:
    """R-58"""
    books = Books(tenure())
    assert books.night(BASELINE, snapshot("2026-02-28", 149, 149)) == []
    assert books.night(snapshot("2026-03-31", 150, 150)) == [earned("teams-15", 1_000)]


def test_more_users_than_seats_reach_every_milestone_once_and_none_beyond() -> None:
    """R-47 R-50"""
    books = Books(tenure())
    assert books.night(BASELINE, snapshot("2026-02-28", 12_000, 5_000)) == [
        earned("teams-15", 5_000),
        earned("teams-40", 6_000),
        earned("teams-60", 7_000),
    ]
    assert books.night(snapshot("2026-03-31", 50_000, 5_000)) == []


def test_without_a_baseline_the_first_snapshot_is_the_baseline_and_earns_nothing() -> None:
    """R-55"""
    books = Books(tenure())
    assert books.night(snapshot("2026-02-28", 160)) == []
    assert books.night(snapshot("2026-03-31", 160)) == []
    assert books.night(snapshot("2026-04-30", 161)) == [earned("teams-15", 2_000)]
    # A baseline that arrives late was always the baseline; the first snapshot turns out to have been growth.
    assert books.night(snapshot("2026-01-31", 100, exported="2026-04-20")) == []
    assert books.summary.lines[0].stands


def test_an_association_that_passes_on_leaves_its_last_day_to_whoever_held_first() -> None:
    """R-52 R-53"""
    annas = tenure("2026-02-01", ended="2026-02-28")
    berts = tenure("2026-02-28", submitted="2026-02-10", partner=BERT, claim="claim-b")
    books = Books(annas, berts)
    assert books.night(BASELINE, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000, ANNA)]
    assert books.night(snapshot("2026-03-01", 410)) == [earned("teams-40", 4_000, BERT)]


def test_months_of_28_to_31_days_and_the_term_s_edges_are_dates_and_nothing_else() -> None:
    """R-51: no clock and no time zone decides; the last day of February is the 28th or the 29th."""
    for inside in ("2026-01-01", "2026-02-28", "2026-03-29", "2026-04-30", "2026-05-31", "2026-06-30"):
        books = Books(tenure("2025-12-01"))
        assert books.night(snapshot("2025-11-30", 100), snapshot(inside, 160)) == [earned("teams-15", 2_000)], inside
    for outside in ("2025-12-31", "2026-07-01"):
        books = Books(tenure("2025-12-01"))
        assert books.night(snapshot("2025-11-30", 100), snapshot(outside, 160)) == [], outside


def test_a_suspended_day_earns_nothing_for_anybody_until_a_click_lifts_it() -> None:
    """R-221 R-60"""
    suspended = replace(tenure(), suspensions=(Suspension(at("2026-02-20"), at("2026-03-10")),))
    books = Books(suspended)
    assert books.night(BASELINE, snapshot("2026-02-28", 160)) == []
    assert books.night(snapshot("2026-03-10", 170)) == []
    assert books.night(snapshot("2026-03-11", 180)) == [earned("teams-15", 2_000)]
    # A click lifts it as if it had never been; what was booked pays the same, so nothing is booked anew.
    assert books.night(tenures=[tenure()]) == []


def test_what_was_earned_before_a_bounce_stays_and_what_came_after_is_taken_back() -> None:
    """R-221 R-64"""
    books = Books(tenure())
    assert books.night(BASELINE, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000)]
    assert books.night(snapshot("2026-03-31", 410)) == [earned("teams-40", 4_000)]
    bounced = replace(tenure(), suspensions=(Suspension(at("2026-03-15")),))
    assert books.night(tenures=[bounced]) == [reversed_("teams-40", 4_000)]
    assert books.night(tenures=[tenure()]) == [earned("teams-40", 4_000)]


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_a_day_begins_and_ends_with_its_utc_seconds_whatever_clocks_show_elsewhere() -> None:
    """R-52: also in the night in which clocks go forward in Berlin, where half past eleven is the next day already."""
    last_second = replace(tenure("2026-02-28"), active_from=moment("2026-02-28T23:59:59+00:00"))
    assert Books(last_second).night(BASELINE, snapshot("2026-02-28", 160)) == [earned("teams-15", 2_000)]
    next_second = replace(last_second, active_from=moment("2026-03-01T00:00:00+00:00"))
    assert Books(next_second).night(BASELINE, snapshot("2026-02-28", 160)) == []
    ended = replace(tenure("2026-02-01"), ended_at=moment("2026-03-28T23:30:00+00:00"))
    assert Books(ended).night(BASELINE, snapshot("2026-03-28", 160)) == [earned("teams-15", 2_000)]
    assert Books(ended).night(BASELINE, snapshot("2026-03-29", 160)) == []
    first_second = replace(ended, ended_at=moment("2026-03-29T00:00:00+00:00"))
    assert Books(first_second).night(BASELINE, snapshot("2026-03-29", 160)) == [earned("teams-15", 2_000)]


def test_a_mark_is_frozen_at_the_utc_day_of_submission() -> None:
    """R-54: what that day counts is growth of the claim's own time, from its first second to its last."""
    for submitted_at in ("2026-02-10T00:00:00+00:00", "2026-02-10T23:59:59+00:00"):
        claimed = replace(tenure("2026-02-15"), submitted_at=moment(submitted_at))
        counts = [BASELINE, snapshot("2026-02-10", 170), snapshot("2026-02-28", 160)]
        assert Books(claimed).night(*counts) == [earned("teams-15", 2_000)], submitted_at
        earlier = snapshot("2026-02-09", 170)
        assert Books(claimed).night(BASELINE, earlier, counts[-1]) == [], submitted_at


def test_a_leap_day_is_a_day_of_the_term_and_of_every_window() -> None:
    """R-51 R-55: sixty days before 1 March are 1 January in a leap year."""
    leap = replace(PROGRAMME, first_day=date(2028, 1, 1), last_day=date(2028, 2, 29))
    claimed = tenure("2028-02-01")
    assert Books(claimed, programme=leap).night(snapshot("2028-01-31", 100), snapshot("2028-02-29", 160)) == [
        earned("teams-15", 2_000)
    ]
    assert Books(claimed, programme=leap).night(snapshot("2028-01-31", 100), snapshot("2028-03-01", 160)) == []
    longer = replace(leap, last_day=date(2028, 6, 30))
    in_march = tenure("2028-03-01")
    within, before = snapshot("2028-01-01", 100), snapshot("2027-12-31", 100)
    assert Books(in_march, programme=longer).night(within, snapshot("2028-03-01", 160)) == [earned("teams-15", 2_000)]
    assert Books(in_march, programme=longer).night(before, snapshot("2028-03-01", 160)) == []


def test_no_share_is_rounded_up_to_a_threshold() -> None:
    """R-47: 14.98 % of 4,999 seats is not 15 %, whatever a page shows."""
    too_few_seats = snapshot("2026-02-15", 100, 100)
    assert Books(tenure()).night(BASELINE, too_few_seats, snapshot("2026-02-28", 749, 4_999)) == []
    assert Books(tenure()).night(BASELINE, too_few_seats, snapshot("2026-02-28", 750, 4_999)) == [earned("teams-15", 2_000)]
