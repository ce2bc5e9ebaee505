"""The steps of a claim's life: how each is prepared, and what its caller does, once or again.

A caller is a partner or reviewer who repeats the call with the same idempotency key, a customer who clicks again, or the queue
that delivers the same message again. So a step is one function of a world that can be called any number of times.
"""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from hashlib import sha256
from typing import Final
from uuid import uuid4
from zlib import compress, crc32

from azure.core.exceptions import ResourceNotFoundError

from shared.adapters import names
from shared.adapters.development_scanner import EICAR
from shared.domain.association import association_id
from shared.domain.claim import Claim
from shared.domain.errors import StaleVersion
from shared.domain.limit import Limits
from shared.domain.link import Purpose
from shared.domain.notice import MailKind, PermanentMailFailure
from shared.domain.submission import Edit
from shared.domain.telling import Telling
from shared.ports.partners import Listing
from shared.ports.records import Stored
from shared.ports.world import World
from shared.usecases import claims, consent, direct_submission, partner_moves, reviews, signing
from shared.usecases.outbox import sweep
from shared.usecases.people import NewPerson
from tests.contract.record_builders import creation
from tests.usecases.system import (
    BUCKET,
    CLAIM_ID,
    DOMAIN,
    EXCHANGE,
    LOST_MESSAGE_IS_FOUND_AFTER,
    PARTNER,
    REVIEWER,
    TEAMS,
    Message,
    System,
    call,
    complete_draft,
    draft,
    poe,
    seen,
    submitted,
    under_review,
    wanted,
)

type Act = Callable[[World], Awaitable[object]]
BOTH: Final = {TEAMS: True, EXCHANGE: True}


def _chunk(kind: bytes, body: bytes) -> bytes:
    return len(body).to_bytes(4) + kind + body + crc32(kind + body).to_bytes(4)


# A whole PNG of one pixel whose remark is the virus which every scanner's test knows.
INFECTED: Final = b"\x89PNG\r\n\x1a\n" + b"".join(
    (
        _chunk(b"IHDR", bytes.fromhex("00000001000000010800000000")),
        _chunk(b"tEXt", b"Comment\0" + EICAR),
        _chunk(b"IDAT", compress(b"\0\0")),
        _chunk(b"IEND", b""),
    )
)


@dataclass(frozen=True)
class Step:
    """`prepare` brings the claim to where the step begins and returns what the caller does."""

    name: str
    prepare: Callable[[System], Awaitable[Act]]
    sends: MailKind | None = None

    def __str__(self) -> str:
        return self.name


async def approved(system: System) -> Claim:
    """Approved, and the customer has not answered."""
    await under_review(system)
    claim = await reviews.approve(system.world, REVIEWER, CLAIM_ID, call("early approval"), confirms_contact=False)
    await system.settle()
    return claim


async def agreed(system: System) -> Claim:
    """The customer has agreed to everything, and the review goes on."""
    await under_review(system)
    await clicks(system, BOTH)(system.world)
    await system.settle()
    return (await system.world.records.claim(CLAIM_ID)).claim


async def active(system: System) -> Claim:
    """Approved and agreed to."""
    await agreed(system)
    claim = await reviews.approve(system.world, REVIEWER, CLAIM_ID, call("approve"), confirms_contact=False)
    await system.settle()
    return claim


async def action_required(system: System) -> Claim:
    """A reviewer has asked for something."""
    await under_review(system)
    claim = await reviews.request_action(system.world, REVIEWER, CLAIM_ID, call("early action"), "poe_unclear", "Which seats?")
    await system.settle()
    return claim


async def rejected(system: System) -> None:
    """A reviewer has said no, and the mails that tell so have left."""
    await under_review(system)
    await _reject(system.world)
    await system.settle()


async def expired(system: System) -> None:
    """What a reviewer asked for did not come in time."""
    await action_required(system)
    await system.pass_days(9)


def clicks(system: System, choices: dict[str, bool], reason: str | None = None) -> Act:
    """The customer answers with the link of the consent request, in as many clicks as it likes."""
    token = system.letterbox.token(MailKind.CONSENT_REQUEST, "consent")

    async def click(world: World) -> object:
        opened = await consent.open_link(world, token, Purpose.CONSENT)
        return await consent.decide_consent(world, opened, choices, reason)

    return click


def manages(system: System, what: Callable[[World, Stored], Awaitable[object]]) -> Act:
    """The customer uses the link under which associations are seen and ended."""
    token = system.letterbox.token(MailKind.CONSENT_REQUEST, "manage")

    async def click(world: World) -> object:
        return await what(world, await consent.open_link(world, token, Purpose.MANAGE))

    return click


def ends(system: System, scope: str) -> Act:
    """The customer ends one association."""
    association = association_id(CLAIM_ID, scope.removeprefix("workload:"))
    return manages(system, lambda world, opened: consent.end_association(world, opened, association, "ended", "Thank you."))


async def row(system: System, part: str) -> Act:
    """The queue's delivery of one outbox row, whose message is under way; the other rows' messages are lost."""
    messages = await system.take_messages()
    keys = list({(m.bucket, key) for m in messages for key in m.row_keys if key.endswith(part)})
    assert len(keys) == 1, f"{part} is not the one row: {messages}"
    return delivery(system, Message(keys[0][0], (keys[0][1],)))


def delivery(system: System, message: Message) -> Act:
    """What the queue does with a message, as often as it likes."""
    return lambda world: system.handle(message, world)


def calls(state: Callable[[System], Awaitable[object]], act: Act) -> Callable[[System], Awaitable[Act]]:
    """A call of a partner or a reviewer, when the claim is in that state."""

    async def prepare(system: System) -> Act:
        await state(system)
        return act

    return prepare


def then(state: Callable[[System], Awaitable[object]], act: Callable[[System], Act]) -> Callable[[System], Awaitable[Act]]:
    """What a customer does when the claim is in that state."""

    async def prepare(system: System) -> Act:
        await state(system)
        return act(system)

    return prepare


def due(state: Callable[[System], Awaitable[object]], part: str, *, in_days: int = 0) -> Callable[[System], Awaitable[Act]]:
    """The delivery of a row that falls due so many days after the claim came into that state; none: it is due at once."""

    async def prepare(system: System) -> Act:
        await state(system)
        if in_days:
            await system.pass_days(in_days - 1)
            system.clock.advance(timedelta(days=1))
            await system.sweep()
        return await row(system, part)

    return prepare


async def screened(system: System) -> None:
    """Found clean, with the two mails to the customer still under way."""
    await submitted(system)
    for message in await system.take_messages():
        await system.handle(message)


async def half_ended(system: System) -> None:
    await active(system)
    await ends(system, TEAMS)(system.world)
    await system.settle()


async def agreed_and_approved(system: System) -> None:
    """Active, with the mails that tell so still under way."""
    await agreed(system)
    await reviews.approve(system.world, REVIEWER, CLAIM_ID, call("approve"), confirms_contact=False)


async def just_agreed(system: System) -> None:
    """Agreed to, with the receipt still under way."""
    await under_review(system)
    await clicks(system, BOTH)(system.world)


async def with_an_infected_document(system: System) -> None:
    """Submitted with a good proof and one that carries a virus."""
    await complete_draft(system)
    await claims.attach_proof(system.world, PARTNER, CLAIM_ID, INFECTED, "seats.png", call("attach virus"))
    await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))


async def with_a_further_document(system: System) -> None:
    """Under review, and a further proof is to be scanned."""
    await under_review(system)
    await _attach_further(system.world)


async def not_reminded(system: System) -> None:
    """Approved, and the mail provider will not take the reminder."""
    await approved(system)
    system.letterbox.refusing[MailKind.CONSENT_REMINDER] = PermanentMailFailure("550")


async def unreachable(system: System) -> None:
    """Under review, and the mail provider refuses the consent request for good."""
    await submitted(system)
    system.letterbox.refusing[MailKind.CONSENT_REQUEST] = PermanentMailFailure("550")
    await system.settle()


async def long_ended(system: System) -> Act:
    """The delivery of what forgets the people of a claim, two years after the customer has ended it with a word."""
    await half_ended(system)
    await ends(system, EXCHANGE)(system.world)
    await system.settle()
    system.clock.advance(timedelta(days=731))
    await system.sweep()
    return await row(system, ".forget")


async def forgotten_message(system: System) -> Act:
    """The timer, after the message that announced a submission was lost."""
    await submitted(system)
    await system.take_messages()
    system.clock.advance(LOST_MESSAGE_IS_FOUND_AFTER)
    return lambda world: sweep(world, [BUCKET])


def _create(world: World) -> Awaitable[object]:
    return claims.create_claim(world, PARTNER, wanted(), "create", call("create"))


def _submit_at_once(world: World) -> Awaitable[object]:
    return direct_submission.submit_new_claim(world, PARTNER, wanted(), poe(), "poe.pdf", "create", call("create"))


def _attach(world: World) -> Awaitable[object]:
    return claims.attach_proof(world, PARTNER, CLAIM_ID, poe(), "poe.pdf", call("attach"))


def _attach_further(world: World) -> Awaitable[object]:
    return claims.attach_proof(world, PARTNER, CLAIM_ID, poe(signed_on=date(2026, 2, 23)), "more.pdf", call("attach more"))


def _submit(world: World) -> Awaitable[object]:
    return claims.submit_claim(world, PARTNER, CLAIM_ID, call("submit now"))


def _withdraw(world: World) -> Awaitable[object]:
    return claims.withdraw_claim(world, PARTNER, CLAIM_ID, "We found another way.", call("withdraw"))


def _approve(world: World) -> Awaitable[object]:
    return reviews.approve(world, REVIEWER, CLAIM_ID, call("approve"), confirms_contact=False)


def _request_action(world: World) -> Awaitable[object]:
    return reviews.request_action(world, REVIEWER, CLAIM_ID, call("action"), "poe_unclear", "Which seats?")


def _reject(world: World) -> Awaitable[object]:
    return reviews.reject(world, REVIEWER, CLAIM_ID, call("reject"), "poe_unclear", "The seats are not named.")


def _comment(world: World) -> Awaitable[object]:
    return reviews.comment(world, REVIEWER, CLAIM_ID, call("comment"), "Called the customer.")


def _assign(world: World) -> Awaitable[object]:
    return reviews.assign(world, REVIEWER, CLAIM_ID, call("assign"), REVIEWER, takes_over=False)


def _dispute(world: World) -> Awaitable[object]:
    return partner_moves.dispute(world, PARTNER, CLAIM_ID, "The seats stand on page two.", call("dispute"))


def _reopen(world: World) -> Awaitable[object]:
    return partner_moves.reopen(world, PARTNER, CLAIM_ID, call("reopen"))


def _resend(world: World) -> Awaitable[object]:
    return partner_moves.resend_consent(world, PARTNER, CLAIM_ID, call("resend"))


async def edit_as_read(system: System) -> Act:
    """An edit of the draft as it was read. A caller to whom its own edit makes it stale reads again."""
    claim = await draft(system)

    async def edit(world: World) -> object:
        asked = NewPerson("Bela Kun", "bela.kun@fabrikam.example")
        try:
            return await partner_moves.edit_claim(world, PARTNER, CLAIM_ID, Edit(note="In October."), asked, seen(claim))
        except StaleVersion:
            return (await world.records.claim(CLAIM_ID)).claim

    return edit


def ask_to_sign(world: World) -> Awaitable[object]:
    """The partner asks somebody to sign online."""
    signer = NewPerson("Łucja Żółć", f"lucja@{DOMAIN}")
    return signing.request_signature(world, PARTNER, CLAIM_ID, signer, call("ask"), submits=None)


async def to_sign(system: System) -> None:
    """Somebody is asked to sign, and the mail is under way."""
    await draft(system)
    await ask_to_sign(system.world)


async def _nothing(_: System) -> None:
    """The claim does not exist yet."""


async def _no_document(system: System) -> None:
    """Nor does its document, which another test may have left."""
    name = f"{CLAIM_ID}/{sha256(poe()).hexdigest()}"
    with suppress(ResourceNotFoundError):
        await system.world.blob_service.get_blob_client(names.PROOFS, name).delete_blob()


CALLS: Final = (
    Step("create", calls(_nothing, _create)),
    Step("create and submit at once", calls(_no_document, _submit_at_once)),
    Step("attach", calls(draft, _attach)),
    Step("submit", calls(complete_draft, _submit)),
    Step("approve, then asked", calls(under_review, _approve)),
    Step("approve, becomes active", calls(agreed, _approve)),
    Step("withdraw", calls(under_review, _withdraw)),
    Step("reject", calls(under_review, _reject)),
    Step("request action", calls(under_review, _request_action)),
    Step("attach during review", calls(under_review, _attach_further)),
    Step("resubmit", calls(action_required, _submit)),
    Step("comment", calls(under_review, _comment)),
    Step("assign", calls(under_review, _assign)),
    Step("resend", calls(approved, _resend)),
    Step("dispute", calls(rejected, _dispute)),
    Step("reopen", calls(expired, _reopen)),
)
EDITS: Final = (Step("edit", edit_as_read),)
CLICKS: Final = (
    Step("agree during review", then(under_review, lambda system: clicks(system, BOTH))),
    Step("agree, becomes active", then(approved, lambda system: clicks(system, BOTH))),
    Step("agree to one, refuse the other", then(approved, lambda system: clicks(system, {TEAMS: True, EXCHANGE: False}))),
    Step("refuse", then(under_review, lambda system: clicks(system, {TEAMS: False, EXCHANGE: False}, "We know nobody there."))),
    Step("refuse the request", then(approved, lambda s: manages(s, lambda w, opened: consent.refuse_request(w, opened, "No.")))),
    Step("refuse while active", then(active, lambda system: clicks(system, {TEAMS: False, EXCHANGE: False}))),
    Step("end one of two", then(active, lambda system: ends(system, TEAMS))),
    Step("end the last", then(half_ended, lambda system: ends(system, EXCHANGE))),
)
DELIVERIES: Final = (
    Step("screening", due(submitted, ".screen")),
    Step("screening finds a virus", due(with_an_infected_document, ".screen")),
    Step("screening of a further document", due(with_a_further_document, ".screen")),
    Step("projection", due(submitted, ".project")),
    Step("lost message is found", forgotten_message),
)
MAILS: Final = tuple(
    Step(f"mail {kind}", prepare, kind)
    for kind, prepare in {
        MailKind.NOTIFICATION: due(screened, ".notification"),
        MailKind.CONSENT_REQUEST: due(screened, ".consent_request"),
        MailKind.DECISION_RECEIPT: due(just_agreed, ".decision_receipt"),
        MailKind.APPROVED: due(agreed_and_approved, ".approved"),
        MailKind.CONSENT_REMINDER: due(approved, ".consent_reminder", in_days=8),
    }.items()
)
SIGNING: Final = (
    Step("ask to sign", calls(draft, ask_to_sign)),
    Step("mail signature_request", due(to_sign, ".signature_request"), MailKind.SIGNATURE_REQUEST),
    Step("mail signature_reminder", due(to_sign, ".signature_reminder", in_days=8), MailKind.SIGNATURE_REMINDER),
    Step("signature expires", due(to_sign, ".signature_overdue", in_days=31)),
)
DEADLINES: Final = (
    Step("window ends in silence", due(approved, ".consent_window", in_days=15)),
    Step("window ends unreminded", due(not_reminded, ".consent_window", in_days=15)),
    Step("review overdue", due(under_review, ".review_overdue", in_days=8)),
    Step("action warning", due(action_required, ".action_warning", in_days=3)),
    Step("action overdue", due(action_required, ".action_overdue", in_days=8)),
    Step("draft idle", due(draft, ".draft_idle", in_days=91)),
    Step("undelivered", due(unreachable, ".undelivered", in_days=15)),
    Step("people forgotten", long_ended),
)


async def told_of_refusals(system: System, times: int) -> None:
    """As many customers refuse as that; each claim is another customer's."""
    for _ in range(times):
        claim = creation(str(uuid4())).after
        refusal = Telling(f"{claim.claim_id}.2", "claim.refused", "/", claim.claim_id, system.clock.now(), {"facts": {}})
        await system.world.partners.project(claim, Listing(0, 0, None), [refusal], claim.seq, Limits())
