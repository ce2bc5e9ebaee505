"""The mail that tells a partner of its payment: due -> sending -> sent, or unknown, or failed.

At most once without a person: whoever moves the transfer to `sending` is the only one who sends, and what nobody settled for a
quarter of an hour is unknown and never sent again blindly. The sweep finds mails whose message was lost.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from shared import telemetry
from shared.domain.errors import NotFound
from shared.domain.identity import bucket_of, operation_id
from shared.domain.month import Month
from shared.domain.notice import Letter, MailKind
from shared.domain.payouts import LetterState, Transfer, TransferState
from shared.ports.failures import StaleRecord
from shared.ports.payouts import StoredTransfer
from shared.ports.world import MoneyWorld
from shared.usecases.handing_over import handed_over

SETTLED_WITHIN: Final = timedelta(minutes=15)


async def send_letter(world: MoneyWorld, month: Month, partner_id: str, currency: str) -> None:
    """Sends the mail about a paid transfer, unless it is settled or somebody else is sending it."""
    stored = await world.payouts.transfer(month, partner_id, currency)
    if stored is None or stored.transfer.state is TransferState.PROPOSED:
        return  # Whoever expects the mail has not come to the payment yet, or never will; the sweep looks again.
    transfer, now = stored.transfer, world.clock.now()
    if transfer.letter is LetterState.SENDING:
        if transfer.letter_since is not None and now - transfer.letter_since >= SETTLED_WITHIN:
            await _settled(world, transfer, LetterState.UNKNOWN)
        return
    if transfer.letter is not LetterState.DUE:
        await world.payouts.letter_settled(transfer)
        return
    if world.mail_gate.is_closed(now) or not world.mail_gate.may_pass(now):
        return  # It stays expected, and the sweep comes back to it.
    letter = await _letter(world, transfer)
    if letter is None or await world.suppressions.reason(letter.to_address) is not None:
        await _settled(world, transfer, LetterState.FAILED)
        return
    sending = replace(transfer, letter=LetterState.SENDING, letter_since=now, letter_tries=transfer.letter_tries + 1)
    try:
        await world.payouts.settle(stored, sending)
    except StaleRecord:
        return
    await _settled(world, sending, await handed_over(world, letter, sending.letter_tries))


async def sweep_letters(world: MoneyWorld) -> int:
    """Announces every expected mail again; a message too many finds nothing to do. Returns how many."""
    expected = await world.payouts.letters()
    for month, partner_id, currency in expected:
        await world.payments.send({"month": str(month), "partnerId": partner_id, "currency": currency})
    return len(expected)


async def _settled(world: MoneyWorld, transfer: Transfer, fate: LetterState) -> None:
    """Writes what became of the mail, unless somebody else has; then nothing is expected any more, but for another try."""

    def decide(stored: StoredTransfer) -> bool:
        return stored.transfer.letter is transfer.letter and stored.transfer.letter_since == transfer.letter_since

    if await _write_fate(world, transfer, fate, decide) and fate is not LetterState.DUE:
        await world.payouts.letter_settled(transfer)
        telemetry.count("cpor.mails", kind=MailKind.PAID, fate=str(fate))


async def _write_fate(world: MoneyWorld, transfer: Transfer, fate: LetterState, holds: Callable[[StoredTransfer], bool]) -> bool:
    stored = await world.payouts.transfer(transfer.month, transfer.partner_id, transfer.currency)
    if stored is None or not holds(stored):
        return False
    try:
        await world.payouts.settle(stored, replace(stored.transfer, letter=fate))
    except StaleRecord:
        return False
    return True


async def _letter(world: MoneyWorld, transfer: Transfer) -> Letter | None:
    try:
        partner = await world.partners.partner(transfer.partner_id)
    except NotFound:
        return None
    return Letter(
        kind=MailKind.PAID,
        operation_id=operation_id(f"{bucket_of(transfer.partner_id)}.{transfer.transfer_id}.{transfer.partner_id}"),
        to_address=partner.mail,
        to_name=partner.name,
        language=partner.language,
        claim_id=f"{transfer.partner_id} {transfer.transfer_id}",
        programme_name="",
        partner_name=partner.name,
        customer_domain="",
        workloads=(),
        amount=(transfer.amount_minor, transfer.currency),
    )
