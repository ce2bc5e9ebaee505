"""A link to manage grows old: it shows nothing any more, and has a new one mailed to the contact on record, and to nobody else.

Proven through the HTTP functions over the emulator.
"""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, cast

import azure.functions as func
import pytest

from functions import manage
from shared import bootstrap
from shared.domain.claim import Claim, status
from shared.domain.delivery import Delivery
from shared.domain.lifecycle import Status
from shared.domain.link import OPENS_FOR
from shared.domain.notice import Letter, MailKind
from shared.domain.submission import Edit
from shared.usecases import claims, partner_moves
from shared.usecases.erasure import erase
from shared.usecases.mail_reports import suppress
from shared.usecases.people import NewPerson
from tests.usecases.portrait import portrait
from tests.usecases.steps import BOTH, active, approved, clicks, ends
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, TEAMS, System, call, current, under_review
from tests.usecases.test_links import dump
from tests.usecases.test_manage import OTHER_CLAIM, others_request

ADA, BEA = f"ada@{DOMAIN}", f"bea@{DOMAIN}"
TICKED = b"sure=yes"
type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]


@pytest.fixture(autouse=True)
def _served(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)


async def ask(token: str, method: str = "GET", body: bytes = b"") -> tuple[int, str]:
    """Status and page."""
    handler: Any = manage.decide_manage if method == "POST" else manage.show_manage
    request = func.HttpRequest(
        method, "https://x.example/manage/t", route_params={"token": token}, params={}, headers={}, body=body
    )
    answer = await cast("Handler", handler.build().get_user_function())(request)
    return answer.status_code, answer.get_body().decode()


async def old(system: System, state: Callable[[System], Awaitable[object]] = active, after: timedelta = OPENS_FOR) -> str:
    """The token of the consent request's link to manage, when so much time has passed since its mail."""
    await state(system)
    system.clock.advance(after)
    return system.letterbox.token(MailKind.CONSENT_REQUEST, "manage")


def new_links(system: System) -> list[Letter]:
    return system.letterbox.of(MailKind.MANAGE_LINK)


async def test_a_link_opens_for_seven_days_and_then_shows_nothing_of_what_it_led_to(system: System) -> None:
    """R-340: to whom a forwarded mail or an old mailbox has come, learns nothing."""
    token = await old(system, after=OPENS_FOR - timedelta(seconds=1))
    assert PARTNER.name in (await ask(token))[1]
    system.clock.advance(timedelta(seconds=1))
    shown, page = await ask(token)
    assert shown == 200
    assert "This link is too old to open" in page
    for told in (PARTNER.name, DOMAIN, "Microsoft Teams", "Demonstration term", CLAIM_ID, "Ada"):
        assert told not in page


@pytest.mark.parametrize("body", [None, b"", b"sure=no", b"sure=yes&sure=yes"])
async def test_whoever_has_not_ticked_the_box_changes_nothing(system: System, body: bytes | None) -> None:
    """R-340: a mail scanner follows links, sends forms as they stand and presses their buttons."""
    token = await old(system)
    before = await dump(system)
    shown, page = await ask(token, "GET" if body is None else "POST", body or b"")
    assert shown == (200 if body is None else 422)
    assert ("Tick the box" in page) is (body is not None)
    assert await dump(system) == before
    assert await system.take_messages() == []


async def test_a_new_link_goes_to_the_address_on_record_and_opens_what_the_old_one_did(system: System) -> None:
    """R-341: through the outbox, like every mail; and what is looked at can be ended there."""
    token = await old(system)
    assert await ask(token, "POST", b"sure=yes&mail=eve%40evil.example") == (200, (await ask(token, "POST", TICKED))[1])
    await system.recover()
    (letter,) = new_links(system)
    assert (letter.to_address, letter.link) == (ADA, None)
    fresh = system.letterbox.token(MailKind.MANAGE_LINK, "manage")
    assert PARTNER.name in (await ask(fresh))[1]
    await ask(fresh, "POST", f"end={CLAIM_ID}.teams&reason=work_ended&sure=yes".encode())
    assert [t.is_standing for t in (await current(system)).tenures] == [False, True]
    drawn = await portrait(system)
    assert drawn.events.count("link_requested") == 1
    assert ("manage_link", "accepted") in drawn.fates


async def test_the_page_is_the_same_whether_or_not_there_was_somebody_to_mail(system: System) -> None:
    """R-341: erased, suppressed or asked for too often, nobody who asks learns it."""
    token = await old(system)
    mailed = await ask(token, "POST", TICKED)
    assert mailed[0] == 200
    await system.settle()
    for _ in range(5):
        assert await ask(token, "POST", TICKED) == mailed
        await system.settle()
    assert len(new_links(system)) == 3
    system.clock.advance(timedelta(days=1))
    await suppress(system.world, ADA, Delivery.BOUNCED)
    assert await ask(token, "POST", TICKED) == mailed
    await system.settle()
    await erase(system.world, (await current(system)).tenant_id, ADA)
    before = await dump(system)
    assert await ask(token, "POST", TICKED) == mailed
    assert await dump(system) == before
    assert len(new_links(system)) == 3


async def test_an_address_gets_three_links_a_day_over_all_its_claims_and_one_at_a_time(system: System) -> None:
    """R-341: whichever of a person's links is used, and by however many at once."""
    await active(system)
    await others_request(system)
    letters = [each for each in system.letterbox.letters if each.kind is MailKind.CONSENT_REQUEST]
    assert {each.claim_id for each in letters} == {CLAIM_ID, OTHER_CLAIM}
    tokens = [str(each.manage_link).rpartition("/")[2] for each in letters]
    system.clock.advance(OPENS_FOR)
    await asyncio.gather(*(ask(token, "POST", TICKED) for token in tokens * 3))
    await system.settle()
    assert len(new_links(system)) == 1
    for day, most in ((0, 3), (1, 6)):
        system.clock.advance(timedelta(days=day))
        for token in tokens * 3:
            await ask(token, "POST", TICKED)
            await system.settle()
        assert len(new_links(system)) == most
    assert {each.to_address.lower() for each in new_links(system)} == {ADA}


async def another_contact(system: System, mail: str = BEA) -> Claim:
    contact = NewPerson("Bea", mail)
    return await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(), contact)


async def test_when_the_contact_has_changed_its_successor_gets_the_link(system: System) -> None:
    """R-341: a partner that names another contact locks nobody out; a former contact sees nothing and gets nothing."""
    token = await old(system, after=timedelta(hours=1))
    await another_contact(system)
    await system.settle()
    shown, page = await ask(token)
    assert (shown, PARTNER.name in page) == (200, False)
    await ask(token, "POST", TICKED)
    await system.settle()
    assert [each.to_address for each in new_links(system)] == [BEA]
    assert PARTNER.name in (await ask(system.letterbox.token(MailKind.MANAGE_LINK, "manage")))[1]


async def test_who_is_still_a_contact_elsewhere_gets_the_link_itself(system: System) -> None:
    """R-341: the link was this person's; what it shows then is what still names it."""
    await active(system)
    token = system.letterbox.token(MailKind.CONSENT_REQUEST, "manage")
    await others_request(system)
    system.clock.advance(timedelta(minutes=1))
    await another_contact(system)
    await ask(token, "POST", TICKED)
    await system.settle()
    assert [each.to_address.lower() for each in new_links(system)] == [ADA]
    page = (await ask(system.letterbox.token(MailKind.MANAGE_LINK, "manage")))[1]
    assert ("Tailspin Toys" in page, PARTNER.name in page) == (True, False)


async def test_asking_once_more_makes_older_links_offer_a_new_one(system: System) -> None:
    """R-07, R-340: void, but not a dead end for whoever wants to end something."""
    await under_review(system)
    token = system.letterbox.token(MailKind.CONSENT_REQUEST, "manage")
    system.clock.advance(timedelta(minutes=1))
    await partner_moves.resend_consent(system.world, PARTNER, CLAIM_ID, call("resend"))
    await system.settle()
    assert "This link is too old to open" in (await ask(token))[1]
    await ask(token, "POST", TICKED)
    await system.settle()
    assert len(new_links(system)) == 1


@pytest.mark.parametrize("ending", [ends, lambda system, _: clicks(system, dict.fromkeys(BOTH, False))], ids=["half", "ended"])
async def test_it_works_for_five_years_however_the_claim_stands(system: System, ending: Any) -> None:
    """R-340, R-341: and then the link is one of those that lead nowhere."""
    await active(system)
    await ending(system, TEAMS)(system.world)
    await system.settle()
    token = await old(system, current, timedelta(days=5 * 365 - 1))
    await ask(token, "POST", TICKED)
    await system.settle()
    assert len(new_links(system)) == 1
    assert (await ask(system.letterbox.token(MailKind.MANAGE_LINK, "manage")))[0] == 200
    system.clock.advance(timedelta(days=2))
    nowhere = await ask("3f" + "0" * 32, "POST", TICKED)
    assert nowhere[0] == 404
    assert [await ask(token), await ask(token, "POST", TICKED), await ask(token[:-1])] == [nowhere] * 3


async def test_a_claim_that_ends_while_the_mail_waits_takes_no_link_away(system: System) -> None:
    """R-13, R-341: the person may have others to end."""
    token = await old(system, approved)
    await ask(token, "POST", TICKED)
    await system.take_messages()
    await claims.withdraw_claim(system.world, PARTNER, CLAIM_ID, None, call("withdraw"))
    await system.recover()
    assert status(await current(system)) is Status.WITHDRAWN
    assert len(new_links(system)) == 1
