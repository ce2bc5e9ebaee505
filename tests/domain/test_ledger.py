"""The money guarantee: in whatever order data, corrections and evaluations come, the ledger adds up to what is owed, once."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.domain.association import Association, Suspension
from shared.domain.earning import Wanted, wanted
from shared.domain.ledger import (
    BookedSummary,
    Entry,
    EntryKind,
    ReversalReason,
    book,
    difference,
    pack_booked,
    unpack_booked,
)
from shared.domain.usage import Rank, Snapshot, UsageHistory, merge
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME, TENANT
from tests.domain.model import expected, net_of

EARNED = Wanted("spring", "teams-15", 15, "claim-a", ANNA, 2_000, "EUR", date(2026, 2, 28), 160, 1000, "M", 100)
NOTHING = BookedSummary()


def evaluate(wants: list[Wanted], summary: BookedSummary = NOTHING) -> tuple[tuple[Entry, ...], BookedSummary]:
    entries = difference("spring", wants, summary)
    return entries, book(summary, entries)


def told(entries: tuple[Entry, ...]) -> list[tuple[str, int, int]]:
    return [(entry.kind.value, entry.generation, entry.amount_minor) for entry in entries]


def test_the_first_earning_is_generation_one_with_its_evidence() -> None:
    """R-62"""
    (entry,), summary = evaluate([EARNED])
    assert (entry.kind, entry.generation, entry.amount_minor, entry.evidence) == (EntryKind.EARNING, 1, 2_000, EARNED)
    assert summary.of("spring")["teams-15"].stands


def test_evaluating_again_books_nothing() -> None:
    """R-62"""
    _, summary = evaluate([EARNED])
    assert evaluate([EARNED], summary) == ((), summary)


def test_an_earning_that_is_no_longer_reached_is_reversed_to_the_cent() -> None:
    """R-64"""
    _, summary = evaluate([EARNED])
    (entry,), after = evaluate([], summary)
    assert (entry.kind, entry.generation, entry.amount_minor) == (EntryKind.REVERSAL, 1, -2_000)
    assert (entry.reason, entry.evidence, entry.claim_id) == (ReversalReason.NOT_EARNED, None, "claim-a")
    assert evaluate([], after) == ((), after)
    (line,) = after.lines
    assert (line.generation, line.stands, line.amount_minor) == (1, False, 2_000)


def test_what_is_reached_again_is_the_next_generation() -> None:
    """R-62"""
    entries: list[Entry] = []
    summary = NOTHING
    for wants in ([EARNED], [], [EARNED], [], [EARNED]):
        booked, summary = evaluate(wants, summary)
        entries += booked
    assert told(tuple(entries)) == [
        ("earning", 1, 2_000),
        ("reversal", 1, -2_000),
        ("earning", 2, 2_000),
        ("reversal", 2, -2_000),
        ("earning", 3, 2_000),
    ]


@pytest.mark.parametrize(
    ("corrected", "reason"),
    [
        (EARNED._replace(claim_id="claim-b", partner_id=BERT), ReversalReason.EARNED_BY_ANOTHER),
        (EARNED._replace(claim_id="claim-b"), ReversalReason.EARNED_BY_ANOTHER),
        (EARNED._replace(amount_minor=1_000, size="S"), ReversalReason.AMOUNT_CORRECTED),
        (EARNED._replace(currency="USD"), ReversalReason.AMOUNT_CORRECTED),
    ],
    ids=["another partner", "another claim of the partner", "another amount", "another currency"],
)
def test_a_correction_of_what_is_paid_or_to_whom_reverses_before_it_books_anew(corrected: Wanted, reason: ReversalReason) -> None:
    """R-63 R-64"""
    _, summary = evaluate([EARNED])
    (reversal, earning), _ = evaluate([corrected], summary)
    assert (reversal.kind, reversal.generation, reversal.claim_id, reversal.reason) == (EntryKind.REVERSAL, 1, "claim-a", reason)
    assert (reversal.amount_minor, reversal.currency) == (-2_000, "EUR")
    assert (earning.kind, earning.generation, earning.evidence) == (EntryKind.EARNING, 2, corrected)


def test_a_correction_that_only_moves_the_evidence_books_nothing() -> None:
    """R-63"""
    _, summary = evaluate([EARNED])
    moved = EARNED._replace(snapshot_date=date(2026, 3, 31), mau=170, seats=1100, baseline=90)
    assert evaluate([moved], summary) == ((), summary)


def test_another_programmes_lines_are_left_alone() -> None:
    """R-66"""
    _, spring = evaluate([EARNED])
    both = book(spring, difference("autumn", [EARNED._replace(programme_id="autumn")], spring))
    assert [line.programme_id for line in both.lines] == ["autumn", "spring"]
    (reversal,) = difference("autumn", [], both)
    assert reversal.programme_id == "autumn"
    assert book(both, [reversal]).of("spring") == spring.of("spring")


def test_an_entry_that_does_not_follow_what_is_booked_is_refused() -> None:
    """R-65"""
    (earning,), standing = evaluate([EARNED])
    (reversal,), reversed_ = evaluate([], standing)
    impossible = [
        (NOTHING, reversal),
        (NOTHING, earning._replace(generation=2)),
        (standing, earning),
        (standing, earning._replace(generation=2)),
        (standing, reversal._replace(generation=2)),
        (reversed_, reversal),
        (reversed_, earning),
        (reversed_, earning._replace(generation=3)),
    ]
    for summary, entry in impossible:
        with pytest.raises(ValueError, match="does not follow"):
            book(summary, [entry])


def test_the_summary_survives_packing() -> None:
    """R-65"""
    _, summary = evaluate([EARNED, EARNED._replace(milestone_id="teams-40", threshold=40)])
    _, summary = evaluate([EARNED], summary)
    assert [line.stands for line in unpack_booked(pack_booked(summary)).lines] == [True, False]
    assert unpack_booked(pack_booked(summary)) == summary
    assert unpack_booked(pack_booked(NOTHING)) == NOTHING


# The properties. Days are dense, and counts lie around thresholds and minimum, so that every rule bites in some of the examples.
NEW_YEAR = datetime(2026, 1, 1, 12, tzinfo=UTC)
exports = st.builds(
    lambda day, mau, pau, delay, digit: Snapshot(
        (NEW_YEAR + timedelta(days=day)).date(), mau, pau, Rank(NEW_YEAR + timedelta(days=day + delay), digit * 12)
    ),
    st.integers(-120, 200),
    st.one_of(st.integers(0, 500), st.integers(0, 5000)),
    st.sampled_from([0, 100, 149, 150, 400, 999, 1000, 1001, 4999, 5000, 6000]),
    st.integers(0, 120),
    st.sampled_from("0af"),
)


def suspensions(begun: datetime) -> st.SearchStrategy[tuple[Suspension, ...]]:
    """None, or one of some days, perhaps still open."""
    day = st.integers(0, 90).map(lambda days: begun + timedelta(days=days))
    one = st.builds(
        lambda since, days: Suspension(since, since + timedelta(days=days) if days else None), day, st.integers(0, 20)
    )
    return st.one_of(st.just(()), one.map(lambda each: (each,)))


@st.composite
def successions(draw: st.DrawFn) -> list[Association]:
    """Tenures of one scope, one after the other, some handed over within a day, the last perhaps standing."""
    moments = [NEW_YEAR + timedelta(hours=each) for each in sorted(draw(st.sets(st.integers(-2000, 4500), max_size=6)))]
    tenures = []
    for number, (begun, ended) in enumerate(pairwise(moments)):
        if draw(st.integers(0, 3)):
            submitted = begun - timedelta(days=draw(st.integers(0, 100)))
            partner = draw(st.sampled_from([ANNA, BERT]))
            stands = number == len(moments) - 2 and draw(st.booleans())
            tenure = Association(
                TENANT, "workload:teams", f"claim-{number}", partner, submitted, begun, None if stands else ended
            )
            tenures.append(replace(tenure, suspensions=draw(suspensions(begun))))
    return draw(st.permutations(tenures))


@settings(max_examples=300, deadline=None)
@given(st.lists(exports, max_size=14), successions())
def test_what_is_wanted_is_what_the_plain_model_expects(rows: list[Snapshot], tenures: list[Association]) -> None:
    """R-45 R-50 R-51 R-52 R-53 R-54 R-55 R-56 R-57 R-58"""
    history = merge(UsageHistory(TENANT, "teams"), rows, correction_days=PROGRAMME.correction_window_days).history
    owed = {
        each.milestone_id: (each.claim_id, each.partner_id, each.amount_minor) for each in wanted(PROGRAMME, history, tenures)
    }
    assert owed == expected(PROGRAMME, "teams", rows, tenures)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_ledger_adds_up_to_what_is_owed_however_the_data_arrived(data: st.DataObject) -> None:
    """R-44 R-45 R-62 R-63 R-64 R-65"""
    rows = data.draw(st.lists(exports, max_size=14))
    tenures = data.draw(successions())
    history, summary = UsageHistory(TENANT, "teams"), NOTHING
    ledger: list[Entry] = []
    arriving = list(data.draw(st.permutations(rows + rows[:3])))
    while arriving:
        batch = [arriving.pop() for _ in range(min(len(arriving), data.draw(st.integers(1, 4))))]
        history = merge(history, batch, correction_days=PROGRAMME.correction_window_days).history
        if data.draw(st.booleans()):
            entries = difference(PROGRAMME.programme_id, wanted(PROGRAMME, history, tenures), summary)
            ledger += entries
            summary = unpack_booked(pack_booked(book(summary, entries)))
            assert difference(PROGRAMME.programme_id, wanted(PROGRAMME, history, tenures), summary) == ()
    ledger += difference(PROGRAMME.programme_id, wanted(PROGRAMME, history, tenures), summary)
    assert net_of(ledger) == expected(PROGRAMME, "teams", rows, tenures)
    names = [(entry.milestone_id, entry.generation, entry.kind) for entry in ledger]
    assert len(names) == len(set(names))
