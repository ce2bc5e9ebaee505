"""No crash at any request, and no two operators at once, pay an amount twice or lose one; the partner is told once at most."""

import asyncio
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import cast

import pytest

from infra.local.azurite import Azurite
from shared.adapters import names
from shared.bootstrap import AzureWorld, create_stores
from shared.domain.accounts import Adjustment, MonthOutOfTurn, Posting
from shared.domain.errors import InvalidInput, NotFound
from shared.domain.month import Month
from shared.domain.notice import (
    Letter,
    MailFateUnknown,
    MailKind,
    MailReceipt,
    PermanentMailFailure,
    ProviderUnavailable,
    TransientMailFailure,
)
from shared.domain.payouts import (
    LetterState,
    MonthNotClosed,
    PayoutNotReady,
    PayoutState,
    SecondOperatorNeeded,
    Transfer,
    TransferSettled,
    TransferState,
)
from shared.ports.accounts import PostingFilter
from shared.ports.outside import Mailer
from shared.usecases import handing_over, months, payment_letters, payouts, postings
from tests.domain.earning_builders import ANNA, BERT
from tests.faults import Fault, Faults, Killed
from tests.money_books import CARL, NIGHT
from tests.money_crash import restore, stored, survives
from tests.money_site import Site

JULY, AUGUST = Month(2026, 7), Month(2026, 8)
PLACE = (JULY, ANNA, "EUR")


@dataclass
class Letterbox:
    """A mail provider that keeps what it takes, or fails as a test says."""

    letters: list[Letter] = field(default_factory=list)
    failure: Exception | None = None

    async def send(self, letter: Letter) -> MailReceipt:
        if self.failure is not None:
            raise self.failure
        self.letters.append(letter)
        return MailReceipt(letter.operation_id, NIGHT, "provider-1")


@pytest.fixture
async def site(azurite: Azurite) -> AsyncIterator[Site]:
    """July is closed: it left over 20,000 for Anna, 15,000 for Bert, and 50 for Carl, which is not worth a transfer."""
    made = Site(azurite)
    await create_stores(made.world)
    await restore(made, {})
    await forget_files(made)
    await made.enrol(ANNA, BERT, CARL)
    for partner, minor in ((ANNA, 20_000), (BERT, 15_000), (CARL, 50)):
        await adjust(made, partner, minor)
    made.clock.time = datetime.fromisoformat("2026-08-01T03:00:00+00:00")
    await months.close_month(made.world, JULY, "operator-1")
    yield made
    await restore(made, {})
    await made.close()


async def forget_files(site: Site) -> None:
    container = site.world.blob_service.get_container_client(names.PAYOUTS)
    async for blob in container.list_blobs():
        await container.delete_blob(blob.name)


async def adjust(site: Site, partner: str, minor: int, number: int = 1) -> None:
    made = Adjustment(f"adjustment-{number}", partner, "EUR", minor, "Why.", "operator-1", site.clock.now())
    await postings.adjust(site.world, made)


async def posted(site: Site, partner: str) -> list[Posting]:
    return [each async for each in site.world.accounts.postings(partner, PostingFilter())]


async def balance(site: Site, partner: str) -> int:
    """Everything that was ever posted, added up."""
    return sum(each.amount_minor for each in await posted(site, partner))


async def proposed(site: Site) -> payouts.Shown:
    return await payouts.propose(site.world, JULY, "operator-1")


async def exported(site: Site) -> payouts.Shown:
    await proposed(site)
    return await payouts.approve(site.world, JULY, "operator-2")


def mailing(world: AzureWorld, letterbox: Letterbox) -> AzureWorld:
    world.__dict__["mailer"] = cast("Mailer", letterbox)
    return world


async def suspend(site: Site, partner: str, is_suspended: bool = True) -> None:
    known = await site.world.partners.partner(partner)
    await site.world.partners.enrol(replace(known, suspended=is_suspended))


async def transfer(site: Site, partner: str = ANNA) -> Transfer:
    stored_one = await site.world.payouts.transfer(JULY, partner, "EUR")
    assert stored_one is not None
    return stored_one.transfer


async def test_a_payout_takes_what_the_month_left_over_out_of_the_accounts(site: Site) -> None:
    """R-170"""
    shown = await proposed(site)
    assert (shown.payout.state, shown.payout.transfers, shown.payout.sums) == (PayoutState.PROPOSED, 2, (("EUR", 35_000),))
    assert [(each.partner_id, each.amount_minor) for each in shown.transfers] == [(ANNA, 20_000), (BERT, 15_000)]
    assert [await balance(site, each) for each in (ANNA, BERT, CARL)] == [0, 0, 50]
    assert await proposed(site) == shown


async def test_a_crash_at_any_request_of_a_proposal_reserves_once(site: Site) -> None:
    """R-170 R-173"""
    assert await survives(site, lambda world: payouts.propose(world, JULY, "operator-1")) >= 60


async def test_a_crash_at_any_request_of_an_approval_exports_and_holds_back_once(site: Site) -> None:
    """R-171 R-172 R-400: whoever goes on makes the same file, and what is held back returns once."""
    await proposed(site)
    await suspend(site, ANNA)
    step = lambda world: payouts.approve(world, JULY, "operator-2")  # noqa: E731
    assert await survives(site, step, also=lambda: payouts.export(site.world, JULY)) >= 30
    assert [await balance(site, each) for each in (ANNA, BERT)] == [20_000, 0]


async def test_a_crash_at_any_request_of_a_payment_settles_once(site: Site) -> None:
    """R-173"""
    await exported(site)
    assert await survives(site, lambda world: payouts.mark_paid(world, JULY, [ANNA])) >= 20


async def test_a_crash_at_any_request_of_a_failure_brings_the_amount_back_once(site: Site) -> None:
    """R-173"""
    await exported(site)
    assert await survives(site, lambda world: payouts.mark_failed(world, JULY, ANNA, "No such account.")) >= 20
    assert [await balance(site, each) for each in (ANNA, BERT)] == [20_000, 0]


async def test_a_crash_at_any_request_of_giving_up_brings_everything_back_once(site: Site) -> None:
    """R-173"""
    await proposed(site)
    assert await survives(site, lambda world: payouts.mark_failed(world, JULY, None, "A wrong month.")) >= 40
    assert [await balance(site, each) for each in (ANNA, BERT)] == [20_000, 15_000]


async def test_what_failed_is_in_the_next_months_payout(site: Site) -> None:
    """R-170 R-173"""
    await exported(site)
    await payouts.mark_failed(site.world, JULY, ANNA, "No such account.")
    await payouts.mark_paid(site.world, JULY, None)
    site.clock.time = datetime.fromisoformat("2026-09-01T03:00:00+00:00")
    await months.close_month(site.world, AUGUST, "operator-1")
    shown = await payouts.propose(site.world, AUGUST, "operator-1")
    assert [(each.partner_id, each.amount_minor) for each in shown.transfers] == [(ANNA, 20_000)]
    assert (await transfer(site, BERT)).state is TransferState.PAID


async def test_two_operators_at_once_propose_one_payout(site: Site) -> None:
    """R-170"""
    shown = await asyncio.gather(*(payouts.propose(site.process(), JULY, f"operator-{n}") for n in range(4)))
    assert len({each.payout.proposed_by for each in shown}) == 1
    assert [await balance(site, each) for each in (ANNA, BERT)] == [0, 0]


async def test_approving_and_giving_up_at_once_have_one_winner(site: Site) -> None:
    """R-171 R-173"""
    await proposed(site)
    both = (
        payouts.approve(site.process(), JULY, "operator-2"),
        payouts.mark_failed(site.process(), JULY, None, "A wrong month."),
    )
    results = await asyncio.gather(*both, return_exceptions=True)
    state = (await payouts.shown(site.world, JULY)).payout.state
    assert sum(isinstance(each, PayoutNotReady | InvalidInput) for each in results) == 1
    back = state is PayoutState.WITHDRAWN
    assert await balance(site, ANNA) == (20_000 if back else 0)
    assert state in (PayoutState.WITHDRAWN, PayoutState.EXPORTED)


async def test_a_partner_that_is_suspended_is_not_paid(site: Site) -> None:
    """R-170: its money stays where it is."""
    await suspend(site, ANNA)
    shown = await proposed(site)
    assert [each.partner_id for each in shown.transfers] == [BERT]
    assert await balance(site, ANNA) == 20_000


async def test_a_partner_that_is_suspended_before_the_approval_is_held_back(site: Site) -> None:
    """R-400: the bank is not asked to pay it, its money returns, and is in a later payout."""
    await proposed(site)
    await suspend(site, ANNA)
    shown = await payouts.approve(site.world, JULY, "operator-2")
    assert (shown.payout.state, shown.payout.sums) == (PayoutState.EXPORTED, (("EUR", 15_000),))
    assert [(each.partner_id, each.state) for each in shown.transfers] == [
        (ANNA, TransferState.HELD_BACK),
        (BERT, TransferState.PROPOSED),
    ]
    assert [line.split(",")[1] for line in (await payouts.export(site.world, JULY)).decode().splitlines()[1:]] == [BERT]
    assert [await balance(site, each) for each in (ANNA, BERT)] == [20_000, 0]
    await payouts.mark_paid(site.world, JULY, None)
    for settle in (
        payouts.mark_paid(site.world, JULY, [ANNA]),
        payouts.mark_failed(site.world, JULY, ANNA, "No such account."),
    ):
        with pytest.raises(TransferSettled, match="held_back"):
            await settle
    await suspend(site, ANNA, is_suspended=False)
    assert await payouts.approve(site.world, JULY, "operator-2") == await payouts.shown(site.world, JULY), (
        "what is exported stays"
    )
    site.clock.time = datetime.fromisoformat("2026-09-01T03:00:00+00:00")
    await months.close_month(site.world, AUGUST, "operator-1")
    later = await payouts.propose(site.world, AUGUST, "operator-1")
    assert [(each.partner_id, each.amount_minor) for each in later.transfers] == [(ANNA, 20_000)]


async def test_two_approvals_that_see_another_suspension_make_one_file(site: Site) -> None:
    """R-400: whoever approves last finds the list as the first one fixed it, and sends nothing back that is being paid."""
    await proposed(site)
    first, second = site.process(), site.process()
    listed = second.payouts.listed

    async def meanwhile(month: Month) -> tuple[Transfer, ...]:
        """The first has approved; then the partner is suspended, before the second looks at the partners."""
        found = await listed(month)
        await payouts.approve(first, JULY, "operator-2")
        await suspend(site, ANNA)
        second.payouts.__dict__.pop("listed")
        return found

    second.payouts.__dict__["listed"] = meanwhile
    shown = await payouts.approve(second, JULY, "operator-3")
    assert (shown.payout.approved_by, shown.payout.sums) == ("operator-2", (("EUR", 35_000),))
    assert {each.state for each in shown.transfers} == {TransferState.PROPOSED}
    assert [await balance(site, each) for each in (ANNA, BERT)] == [0, 0]


async def test_only_the_month_closed_last_is_paid_out(site: Site) -> None:
    """R-170: what an earlier one left over is in its closing."""
    with pytest.raises(MonthNotClosed):
        await payouts.propose(site.world, AUGUST, "operator-1")
    site.clock.time = datetime.fromisoformat("2026-09-01T03:00:00+00:00")
    await months.close_month(site.world, AUGUST, "operator-1")
    with pytest.raises(MonthOutOfTurn, match="2026-08"):
        await proposed(site)
    assert await site.world.payouts.load(JULY) is None


async def test_nothing_is_settled_before_it_is_exported(site: Site) -> None:
    """R-171 R-173"""
    await proposed(site)
    with pytest.raises(SecondOperatorNeeded):
        await payouts.approve(site.world, JULY, "operator-1")
    for settle in (
        payouts.mark_paid(site.world, JULY, None),
        payouts.mark_failed(site.world, JULY, ANNA, "No such account."),
    ):
        with pytest.raises(PayoutNotReady):
            await settle
    with pytest.raises(NotFound):
        await payouts.export(site.world, JULY)


async def test_an_export_is_what_was_created_first(site: Site) -> None:
    """R-172: also if somebody had put another file there, nothing overwrites it; the reconciliation tells of it."""
    await exported(site)
    first = await payouts.export(site.world, JULY)
    await site.world.files.put(names.PAYOUTS, payouts.file_name(JULY), b"another", "text/csv")
    assert await payouts.export(site.world, JULY) == first
    assert first.decode().count("\n") == 3


async def test_settling_names_partners_of_the_payout(site: Site) -> None:
    """R-173"""
    await exported(site)
    with pytest.raises(NotFound):
        await payouts.mark_paid(site.world, JULY, [CARL])
    with pytest.raises(InvalidInput):
        await payouts.mark_failed(site.world, JULY, None, "All of them?")


# The mail about a payment.


@pytest.fixture
async def paid(site: Site) -> Site:
    await exported(site)
    await payouts.mark_paid(site.world, JULY, [ANNA])
    return site


async def test_whoever_was_paid_is_told_once(paid: Site) -> None:
    """R-174 R-363"""
    anna = await paid.world.partners.partner(ANNA)
    await paid.world.partners.enrol(replace(anna, language="fr"))
    letterbox = Letterbox()
    for _ in range(3):
        await payment_letters.send_letter(mailing(paid.process(), letterbox), *PLACE)
    (letter,) = letterbox.letters
    assert (letter.kind, letter.amount, letter.to_address) == (MailKind.PAID, (20_000, "EUR"), f"mail@{ANNA}.example")
    assert letter.language == "fr"
    assert (await transfer(paid)).letter is LetterState.SENT
    assert await payment_letters.sweep_letters(paid.world) == 0


async def test_a_crash_at_any_request_tells_once_at_most(paid: Site) -> None:
    """R-174: killed while the mail may have left, its fate is unknown, and it is not sent again."""
    before = await stored(paid)
    counter = Faults()
    await payment_letters.send_letter(mailing(paid.process(counter), Letterbox()), *PLACE)
    for sent in counter.trail:
        for fault in Fault:
            await restore(paid, before)
            letterbox, where = Letterbox(), f"{fault.name} at {sent.number}, {sent.operation}"
            faults = Faults().inject(sent.number, fault)
            # Whatever it died of, the queue delivers again.
            with suppress(Killed, Exception):
                await payment_letters.send_letter(mailing(paid.process(faults), letterbox), *PLACE)
            for minutes in (0, 16, 16):
                paid.clock.time += timedelta(minutes=minutes)
                for month, partner_id, currency in await paid.world.payouts.letters():
                    await payment_letters.send_letter(mailing(paid.world, letterbox), month, partner_id, currency)
            fate = (await transfer(paid)).letter
            assert len(letterbox.letters) <= 1, where
            assert fate in (LetterState.SENT, LetterState.UNKNOWN), where
            assert letterbox.letters or fate is LetterState.UNKNOWN, where
            assert await paid.world.payouts.letters() == (), where


async def test_a_mail_whose_message_was_lost_is_found(paid: Site) -> None:
    """R-174"""
    await paid.world.queue(names.PAYMENTS).clear_messages()
    assert await payment_letters.sweep_letters(paid.world) == 1
    message = await paid.world.queue(names.PAYMENTS).receive_message()
    assert message is not None
    assert ANNA in b64decode(message.content).decode()


@pytest.mark.parametrize(
    ("failure", "fate", "still_expected"),
    [
        (TransientMailFailure("later"), LetterState.DUE, 1),
        (PermanentMailFailure("550"), LetterState.FAILED, 0),
        (MailFateUnknown("no answer"), LetterState.UNKNOWN, 0),
    ],
)
async def test_what_becomes_of_a_mail_is_noted(paid: Site, failure: Exception, fate: LetterState, still_expected: int) -> None:
    """R-174"""
    await payment_letters.send_letter(mailing(paid.world, Letterbox(failure=failure)), *PLACE)
    assert (await transfer(paid)).letter is fate
    assert len(await paid.world.payouts.letters()) == still_expected


async def test_a_provider_that_never_takes_it_is_given_up(paid: Site) -> None:
    """R-174"""
    world = mailing(paid.world, Letterbox(failure=TransientMailFailure("later")))
    for _ in range(handing_over.MOST_TRIES):
        await payment_letters.send_letter(world, *PLACE)
    assert (await transfer(paid)).letter is LetterState.FAILED
    assert await paid.world.payouts.letters() == ()


async def test_a_provider_that_is_down_costs_no_try_and_is_left_alone(paid: Site) -> None:
    """R-174"""
    letterbox = Letterbox(failure=ProviderUnavailable("down"))
    world = mailing(paid.world, letterbox)
    for _ in range(handing_over.MOST_TRIES + 1):
        await payment_letters.send_letter(world, *PLACE)
    told = await transfer(paid)
    assert (told.letter, told.letter_tries) == (LetterState.DUE, 1), "a closed gate lets nothing through"
    letterbox.failure = None
    await payment_letters.send_letter(mailing(paid.process(), letterbox), *PLACE)
    assert (await transfer(paid)).letter is LetterState.SENT


async def test_nobody_is_told_of_what_was_not_paid(site: Site) -> None:
    """R-174"""
    await exported(site)
    letterbox = Letterbox()
    await site.world.payouts.expect_letter(await transfer(site))
    await payment_letters.send_letter(mailing(site.world, letterbox), *PLACE)
    assert len(await site.world.payouts.letters()) == 1, "its payment may be on its way"
    await payouts.mark_failed(site.world, JULY, ANNA, "No such account.")
    await payment_letters.send_letter(mailing(site.world, letterbox), *PLACE)
    assert (letterbox.letters, await site.world.payouts.letters()) == ([], ())
