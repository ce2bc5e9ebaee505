"""The payout guarantee: what is paid was left over by a closed month, two people wanted it, and it is paid or comes back."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from shared.domain import payouts
from shared.domain.accounts import PaymentStatus, Posting, PostingKind, Statement
from shared.domain.month import Month
from shared.domain.payouts import (
    LetterState,
    Payout,
    PayoutNotReady,
    PayoutState,
    SecondOperatorNeeded,
    Transfer,
    TransferSettled,
    TransferState,
    export_of,
    least_minor,
    payment_status,
    transfer_of,
)
from tests.domain.earning_builders import ANNA, BERT, PROGRAMME

NOVEMBER = Month(2026, 11)
NOW = datetime(2026, 12, 5, 9, tzinfo=UTC)
STATEMENT = Statement(ANNA, "EUR", NOVEMBER, 0, 12_000, 0, 0, 0, 1, NOW)
PROPOSED = Payout(NOVEMBER, "anna", NOW, PayoutState.PROPOSED)
TRANSFER = Transfer(NOVEMBER, ANNA, "EUR", 12_000, NOW)


@pytest.mark.parametrize(("left_over", "is_paid"), [(10_001, True), (10_000, True), (9_999, False), (0, False), (-500, False)])
def test_what_is_worth_a_transfer_is_paid_and_the_rest_carried_forward(left_over: int, *, is_paid: bool) -> None:
    """R-170"""
    found = transfer_of(replace(STATEMENT, earned_minor=left_over), 10_000, NOW)
    assert (found is not None) is is_paid
    assert found is None or (found.amount_minor, found.month, found.currency) == (left_over, NOVEMBER, "EUR")


def test_the_least_is_the_lowest_minimum_in_its_currency_and_never_nothing() -> None:
    """R-170"""
    generous, foreign = replace(PROGRAMME, minimum_payout_minor=500), replace(PROGRAMME, minimum_payout_minor=5, currency="USD")
    assert least_minor([PROGRAMME, generous, foreign], "EUR") == 500
    assert least_minor([PROGRAMME], "CHF") == 1
    assert least_minor([replace(PROGRAMME, minimum_payout_minor=0)], "EUR") == 1


def test_a_second_operator_approves() -> None:
    """R-171"""
    with pytest.raises(SecondOperatorNeeded):
        payouts.approve(PROPOSED, "anna", NOW)
    approved = payouts.approve(PROPOSED, "bert", NOW)
    assert (approved.state, approved.approved_by, approved.approved_at) == (PayoutState.APPROVED, "bert", NOW)
    assert payouts.approve(approved, "carl", NOW) == approved, "who approved first has approved"
    with pytest.raises(SecondOperatorNeeded):
        payouts.approve(approved, "anna", NOW)


@pytest.mark.parametrize("state", [PayoutState.CHOOSING, PayoutState.RESERVING, PayoutState.WITHDRAWN])
def test_nothing_else_is_approved(state: PayoutState) -> None:
    """R-171"""
    with pytest.raises(PayoutNotReady):
        payouts.approve(replace(PROPOSED, state=state), "bert", NOW)


@pytest.mark.parametrize("state", [each for each in PayoutState if each not in (PayoutState.PROPOSED, PayoutState.WITHDRAWN)])
def test_only_what_is_proposed_is_given_up(state: PayoutState) -> None:
    """R-171"""
    with pytest.raises(PayoutNotReady):
        payouts.withdraw(replace(PROPOSED, state=state))
    given_up = payouts.withdraw(PROPOSED)
    assert payouts.withdraw(given_up) == given_up


def test_a_transfer_is_paid_or_failed_once() -> None:
    """R-173"""
    paid, failed = payouts.paid(TRANSFER, NOW), payouts.failed(TRANSFER, NOW, "No such account.")
    assert (paid.state, paid.letter) == (TransferState.PAID, LetterState.DUE)
    assert (failed.state, failed.letter, failed.reason) == (TransferState.FAILED, LetterState.NONE, "No such account.")
    assert payouts.paid(paid, datetime(2030, 1, 1, tzinfo=UTC)) == paid
    assert payouts.failed(failed, NOW, "Another reason.") == failed
    with pytest.raises(TransferSettled):
        payouts.failed(paid, NOW, "Too late.")
    with pytest.raises(TransferSettled):
        payouts.paid(failed, NOW)


def test_what_leaves_the_account_and_what_comes_back_cancel_out() -> None:
    """R-173"""
    out, back = payouts.reserved(TRANSFER, NOVEMBER.next), payouts.returned(TRANSFER, NOW, Month(2027, 2))
    assert (out.kind, out.amount_minor, out.month) == (PostingKind.PAYOUT, -12_000, NOVEMBER.next)
    assert (back.kind, back.amount_minor, back.month) == (PostingKind.PAYOUT_RETURNED, 12_000, Month(2027, 2))
    assert out.posting_id != back.posting_id


def test_the_export_holds_every_transfer_in_whole_units_by_partner() -> None:
    """R-172"""
    yen = replace(TRANSFER, currency="JPY", amount_minor=7)
    text = export_of([replace(TRANSFER, partner_id=BERT, amount_minor=1), TRANSFER, yen]).decode()
    assert text.splitlines() == [
        "payoutId,partnerId,amount,currency,reference",
        f"2026-11,{ANNA},120.00,EUR,{ANNA} payout-2026-11-EUR",
        f"2026-11,{ANNA},7,JPY,{ANNA} payout-2026-11-JPY",
        f"2026-11,{BERT},0.01,EUR,{BERT} payout-2026-11-EUR",
    ]
    assert export_of([yen, TRANSFER]) == export_of([TRANSFER, yen])


def test_what_is_held_back_is_not_asked_of_the_bank_and_cannot_be_settled() -> None:
    """R-400 R-173"""
    berts = replace(TRANSFER, partner_id=BERT, amount_minor=1)
    held_back = payouts.held_back(berts, NOW)
    assert (held_back.state, held_back.settled_at, bool(held_back.reason)) == (TransferState.HELD_BACK, NOW, True)
    assert payouts.held_back(held_back, NOW) == held_back
    assert export_of([TRANSFER, held_back]) == export_of([TRANSFER])
    assert payouts.sums_of([TRANSFER, held_back]) == (("EUR", 12_000),)
    with pytest.raises(TransferSettled):
        payouts.paid(held_back, NOW)
    with pytest.raises(TransferSettled):
        payouts.failed(held_back, NOW, "No such account.")
    for settled in (payouts.paid(berts, NOW), payouts.failed(berts, NOW, "No such account.")):
        assert payouts.held_back(settled, NOW) == settled


def posting(month: Month, counts_on: str = "2026-11-02") -> Posting:
    return Posting("p", PostingKind.EARNING, ANNA, "EUR", 1, date.fromisoformat(counts_on), NOW, month)


HELD_BACK = payouts.held_back(TRANSFER, NOW)
FAILED = replace(TRANSFER, state=TransferState.FAILED, settled_at=datetime(2027, 1, 10, tzinfo=UTC))
PAID = replace(TRANSFER, state=TransferState.PAID, settled_at=NOW)
DECEMBERS = replace(PAID, month=NOVEMBER.next)
JANUARYS = replace(PAID, month=Month(2027, 1))


@pytest.mark.parametrize(
    ("month", "transfers", "status"),
    [
        (NOVEMBER, [], PaymentStatus.CARRIED_FORWARD),
        (NOVEMBER, [TRANSFER], PaymentStatus.IN_PAYMENT),
        (NOVEMBER, [PAID], PaymentStatus.PAID),
        (NOVEMBER.previous, [PAID], PaymentStatus.PAID),
        (NOVEMBER.next, [PAID], PaymentStatus.CARRIED_FORWARD),
        (NOVEMBER, [replace(PAID, currency="USD")], PaymentStatus.CARRIED_FORWARD),
        (NOVEMBER, [DECEMBERS], PaymentStatus.PAID),
        (NOVEMBER, [FAILED], PaymentStatus.CARRIED_FORWARD),
        (NOVEMBER, [HELD_BACK], PaymentStatus.CARRIED_FORWARD),
        (NOVEMBER, [HELD_BACK, DECEMBERS], PaymentStatus.PAID),
        (NOVEMBER, [DECEMBERS, FAILED], PaymentStatus.CARRIED_FORWARD),
        (NOVEMBER, [JANUARYS, FAILED], PaymentStatus.PAID),
        (Month(2027, 3), [], PaymentStatus.OPEN),
    ],
)
def test_a_posting_says_how_far_its_money_is(month: Month, transfers: list[Transfer], status: PaymentStatus) -> None:
    """R-168"""
    assert payment_status(posting(month), Month(2027, 3), date(2027, 3, 1), transfers) is status


def test_what_does_not_count_yet_is_held() -> None:
    """R-168"""
    assert payment_status(posting(Month(2027, 3), "2027-03-02"), Month(2027, 3), date(2027, 3, 1), []) is PaymentStatus.HELD
