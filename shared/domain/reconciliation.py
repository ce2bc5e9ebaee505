"""The reconciliation: whether ledger, accounts, statements, payouts and the pure function still say the same.

It decides nothing and repairs nothing: it names what differs, so that a person looks. What is read where is the use case's
business.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from hashlib import sha256
from typing import Final

from shared.domain.accounts import MonthClosing, PartnerAccount, Posting, PostingKind, Statement, statement_of
from shared.domain.booking import BookedEntry
from shared.domain.ledger import BookedSummary, Entry, book
from shared.domain.payouts import RETURNED, Payout, PayoutState, Transfer, export_of, sums_of

_MODULUS: Final = 2**64


class DifferenceCode(StrEnum):
    """What does not agree with what."""

    LEDGER_AND_USAGE = "ledger_and_usage"
    LEDGER_AND_FUNCTION = "ledger_and_function"
    LEDGER_AND_ACCOUNT = "ledger_and_account"
    ACCOUNT_AND_STATEMENT = "account_and_statement"
    ACCOUNT_AND_PAYOUT = "account_and_payout"
    PAYOUT_AND_LIST = "payout_and_list"
    PAYOUT_AND_FILE = "payout_and_file"
    MONTH_AND_STATEMENT = "month_and_statement"


@dataclass(frozen=True, slots=True)
class Found:
    """One difference: where, and what the two sides say."""

    code: DifferenceCode
    where: str
    one: str
    other: str


@dataclass(frozen=True, slots=True)
class Fold:
    """Entries added up so that no order matters and no two different sets are likely to look alike: number, sum and a digest."""

    number: int = 0
    amount_minor: int = 0
    digest: int = 0

    def plus(self, other: "Fold") -> "Fold":
        return Fold(self.number + other.number, self.amount_minor + other.amount_minor, (self.digest + other.digest) % _MODULUS)

    def __str__(self) -> str:
        return f"{self.number} entries of {self.amount_minor} in all ({self.digest:016x})"


@dataclass(frozen=True, slots=True)
class BucketResult:
    """What one bucket of the ledger was found to say; `pending` counts what an evaluation has not met yet, and may."""

    bucket: str
    histories: int
    entries: int
    pending: int
    folds: Mapping[str, Fold]
    found: tuple[Found, ...]


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """A reconciliation over everything: begun, and then done with all that differs, at most the first `MOST_KEPT`."""

    reconciliation_id: str
    started_at: datetime
    evaluated_since: datetime
    done_at: datetime | None = None
    histories: int = 0
    entries: int = 0
    accounts: int = 0
    pending: int = 0
    differences: int = 0
    found: tuple[Found, ...] = field(default=())


MOST_KEPT: Final = 100


def account_name(partner_id: str, currency: str) -> str:
    """How an account is called in folds and findings."""
    return f"{partner_id}!{currency}"


def fold_of(booked: BookedEntry) -> Fold:
    """One entry: everything in it that moves money."""
    entry = booked.entry
    moves = (booked.earning_id, entry.kind, entry.partner_id, entry.currency, entry.amount_minor, booked.booked_at.isoformat())
    said = "|".join(str(each) for each in moves)
    return Fold(1, entry.amount_minor, int.from_bytes(sha256(said.encode()).digest()[:8]))


def folds_of(entries: Iterable[BookedEntry], before: datetime) -> dict[str, Fold]:
    """The entries booked before that moment, by account: later ones may still be on their way."""
    folds: dict[str, Fold] = {}
    for booked in entries:
        if booked.booked_at < before:
            name = account_name(booked.entry.partner_id, booked.entry.currency)
            folds[name] = folds.get(name, Fold()).plus(fold_of(booked))
    return folds


def check_history(where: str, entries: Sequence[BookedEntry], booked: BookedSummary, due: Collection[Entry]) -> Iterator[Found]:
    """A customer's workload: its entries against the summary on its usage row, and both against what is wanted."""
    try:
        ordered = sorted((each.entry for each in entries), key=lambda entry: (entry.generation, entry.amount_minor < 0))
        summed = book(BookedSummary(), ordered)
    except ValueError as error:
        yield Found(DifferenceCode.LEDGER_AND_USAGE, where, str(error), f"{len(entries)} entries")
        return
    if summed != booked:
        yield Found(DifferenceCode.LEDGER_AND_USAGE, where, _standing(summed), _standing(booked))
    if due:
        told = ", ".join(f"{each.kind} of {each.milestone_id}, {each.amount_minor}" for each in due)
        yield Found(DifferenceCode.LEDGER_AND_FUNCTION, where, _standing(booked), f"to be booked: {told}")


def check_account(
    account: PartnerAccount,
    statements: Iterable[Statement],
    postings: Sequence[Posting],
    transfers: Sequence[Transfer],
    ledger: Fold,
    before: datetime,
) -> Iterator[Found]:
    """An account against the ledger, its statements against its postings, and its payouts against both."""
    name = account_name(account.partner_id, account.currency)
    entered = Fold()
    for posting in postings:
        if posting.booked is not None and posting.booked.booked_at < before:
            entered = entered.plus(fold_of(posting.booked))
    if entered != ledger:
        yield Found(DifferenceCode.LEDGER_AND_ACCOUNT, name, str(ledger), str(entered))
    torn = [each.posting_id for each in postings if each.booked and each.booked.entry.amount_minor != each.amount_minor]
    if torn:
        yield Found(DifferenceCode.LEDGER_AND_ACCOUNT, name, "postings of their entries' amounts", ", ".join(torn))
    yield from _check_statements(name, account, statements, postings)
    yield from _check_transfers(name, postings, transfers)


def check_payout(payout: Payout, listed: Sequence[Transfer], own: Sequence[Transfer], content: bytes | None) -> Iterator[Found]:
    """A payout's list against the transfers themselves, and the file for the bank against the list."""
    name = payout.payout_id
    if payout.state in (PayoutState.CHOOSING, PayoutState.RESERVING):
        return
    says = [(each.partner_id, each.currency, each.amount_minor, str(each.state)) for each in listed]
    are = [(each.partner_id, each.currency, each.amount_minor, str(each.state)) for each in own]
    if says != are:
        yield Found(DifferenceCode.PAYOUT_AND_LIST, name, str(says), str(are))
    if (sums := sums_of(listed)) != payout.sums or len(listed) != payout.transfers:
        yield Found(DifferenceCode.PAYOUT_AND_LIST, name, str(payout.sums), str(sums))
    if payout.state is PayoutState.EXPORTED:
        found = "no file" if content is None else sha256(content).hexdigest()
        wanted = sha256(export_of(own)).hexdigest()
        if not found == wanted == payout.content_hash:
            yield Found(DifferenceCode.PAYOUT_AND_FILE, name, f"{wanted}, noted {payout.content_hash}", found)


def check_month(closing: MonthClosing, statements: Iterable[Statement]) -> Iterator[Found]:
    """What a closed month says it left over, against the statements."""
    if closing.closed_at is None:
        return
    sums: dict[str, int] = {}
    number = 0
    for statement in statements:
        sums[statement.currency] = sums.get(statement.currency, 0) + statement.closing_minor
        number += 1
    if (tuple(sorted(sums.items())), number) != (closing.left_over, closing.statements):
        said, found = f"{closing.statements}: {closing.left_over}", f"{number}: {sorted(sums.items())}"
        yield Found(DifferenceCode.MONTH_AND_STATEMENT, str(closing.month), said, found)


def _check_statements(
    name: str, account: PartnerAccount, statements: Iterable[Statement], postings: Sequence[Posting]
) -> Iterator[Found]:
    closed = sorted((each for each in statements if each.month < account.open_month), key=lambda each: each.month)
    balance, expected = 0, closed[0].month if closed else account.open_month
    for statement in closed:
        as_it_was = PartnerAccount(account.partner_id, account.currency, statement.month, balance)
        again = statement_of(as_it_was, statement.month, [each for each in postings if each.month == statement.month])
        if _sums(again) != _sums(statement) or statement.month != expected:
            where = f"{name}!{statement.month}"
            yield Found(DifferenceCode.ACCOUNT_AND_STATEMENT, where, str(_sums(again)), str(_sums(statement)))
        balance, expected = statement.closing_minor, statement.month.next
    earliest = min((each.month for each in postings), default=expected)
    begins = closed[0].month if closed else account.open_month
    if balance != account.balance_minor or expected != account.open_month or earliest < begins:
        said = f"{account.balance_minor} before {account.open_month}"
        yield Found(DifferenceCode.ACCOUNT_AND_STATEMENT, name, f"{balance} before {expected}, from {begins}", said)


def _check_transfers(name: str, postings: Iterable[Posting], transfers: Iterable[Transfer]) -> Iterator[Found]:
    kinds = (PostingKind.PAYOUT, PostingKind.PAYOUT_RETURNED)
    entered = {each.posting_id: each.amount_minor for each in postings if each.kind in kinds}
    wanted = {}
    for transfer in transfers:
        wanted[transfer.transfer_id] = -transfer.amount_minor
        if transfer.state in RETURNED:
            wanted[f"{transfer.transfer_id}.returned"] = transfer.amount_minor
    if entered != wanted:
        yield Found(DifferenceCode.ACCOUNT_AND_PAYOUT, name, str(sorted(entered.items())), str(sorted(wanted.items())))


def _sums(statement: Statement) -> tuple[int, ...]:
    return (
        statement.opening_minor,
        statement.earned_minor,
        statement.reversed_minor,
        statement.adjusted_minor,
        statement.paid_minor,
        statement.postings,
    )


def _standing(summary: BookedSummary) -> str:
    return ", ".join(
        f"{line.programme_id} {line.milestone_id} {line.generation}{'' if line.stands else ' reversed'} {line.amount_minor}"
        for line in summary.lines
    )
