"""Mailed links: looking at one changes nothing, and whoever has read the whole store still has no link.

Proven through the use case and through the HTTP functions.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from itertools import batched
from typing import Any, cast

import azure.functions as func
import pytest

from functions import consent as pages
from functions import manage
from functions.pages.wordings import words_on
from shared import bootstrap
from shared.adapters import names
from shared.bootstrap import AzureWorld
from shared.domain.link import Purpose, hash_of
from shared.domain.notice import MailKind
from shared.usecases import consent
from shared.usecases.consent import LinkUnusable, open_link
from tests.faults import Faults
from tests.usecases.portrait import portrait
from tests.usecases.steps import BOTH, active, clicks
from tests.usecases.system import PARTNER, System, asked, current, under_review

AGREES = f"choice=agree&words={words_on('consent', 'en')}".encode()
type Handler = Callable[[func.HttpRequest], Awaitable[func.HttpResponse]]
LOOKING: dict[Purpose, Any] = {Purpose.CONSENT: pages.show_consent, Purpose.MANAGE: manage.show_manage}


def tokens(system: System) -> dict[Purpose, str]:
    """The tokens in the mailed consent request."""
    return {purpose: system.letterbox.token(MailKind.CONSENT_REQUEST, purpose) for purpose in LOOKING}


async def dump(system: System) -> dict[str, list[str]]:
    """Every row of every table, as text: keys, version and time included."""
    return {name: [repr((sorted(row.items()), row.metadata)) async for row in all_rows(system, name)] for name in names.TABLES}


async def all_rows(system: System, table: str) -> AsyncIterator[Any]:
    async for row in system.world.table(table).list_entities():
        yield row


async def look(
    world: AzureWorld, monkeypatch: pytest.MonkeyPatch, purpose: Purpose, token: str, method: str
) -> func.HttpResponse:
    """What a browser, or a scanner, is answered that asks for a link's page."""
    monkeypatch.setattr(bootstrap, "world", lambda: world)
    handler = cast("Handler", LOOKING[purpose].build().get_user_function())
    request = func.HttpRequest(method, f"https://x.example/{purpose}/{token}", route_params={"token": token}, body=b"")
    return await handler(request)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("purpose", LOOKING)
@pytest.mark.parametrize("state", [under_review, active], ids=["asked", "active"])
async def test_looking_at_a_link_changes_nothing(
    system: System, monkeypatch: pytest.MonkeyPatch, state: Callable[[System], Awaitable[object]], purpose: Purpose, method: str
) -> None:
    """R-35: mail scanners follow every link, some run scripts and submit forms; only a POST decides."""
    await state(system)
    before = await dump(system)
    counter = Faults()
    shown = await look(system.process(counter), monkeypatch, purpose, tokens(system)[purpose], method)
    assert shown.status_code == 200
    assert PARTNER.name in shown.get_body().decode()
    assert {sent.method for sent in counter.trail} == {"GET"}, counter.trail
    assert {sent.operation for sent in asked(counter)} <= {"table get", "table query"}, counter.trail
    assert await dump(system) == before
    assert await system.take_messages() == []


@pytest.mark.parametrize("purpose", LOOKING)
async def test_opening_a_link_reads_and_does_nothing_else(system: System, purpose: Purpose) -> None:
    """The same, without HTTP."""
    await under_review(system)
    before = await dump(system)
    counter = Faults()
    await open_link(system.process(counter), tokens(system)[purpose], purpose)
    assert [sent.operation for sent in counter.trail] == ["table get", "table get"]
    assert await dump(system) == before


async def test_a_dump_of_all_tables_yields_no_usable_link(system: System) -> None:
    """The token is in the mail only. What is stored of it, or beside it, opens nothing, whatever is tried as a token."""
    await active(system)
    mailed = [
        link.rpartition("/")[2]
        for letter in system.letterbox.letters
        for link in (letter.link, letter.manage_link)
        if link is not None
    ]
    assert len(mailed) == len(set(mailed)) >= 4
    text = "\n".join(line for lines in (await dump(system)).values() for line in lines)
    for token in mailed:
        assert hash_of(token) in text, "the dump does not hold what it should"
        assert token not in text
        assert token[2:] not in text, "the secret half of a token is stored"
        assert token[2:18] not in text, "a part of a token is stored"

    stored = await stored_values(system)
    assert len(stored) > 100
    for some in batched(sorted(stored), 50, strict=False):
        await asyncio.gather(*(assert_unusable(system.world, value) for value in some))


async def stored_values(system: System) -> set[str]:
    """Every stored text and every part of it that could be a token, with and without a bucket in front."""
    found: set[str] = set()
    for name in names.TABLES:
        async for row in all_rows(system, name):
            for value in row.values():
                found |= {str(value), *re.findall(r"[0-9A-Za-z_-]{16,}", str(value))}
    buckets = {value for value in found if re.fullmatch(r"[0-9a-f]{2}", value)}
    assert buckets
    return found | {bucket + value for bucket in buckets for value in found if re.fullmatch(r"[0-9a-f]{32,}", value)}


async def assert_unusable(world: AzureWorld, value: str) -> None:
    for purpose in Purpose:
        with pytest.raises(LinkUnusable):
            await open_link(world, value, purpose)


async def test_every_unusable_link_gets_one_and_the_same_page(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """Forged, truncated, expired, unknown, for another purpose, or the stored hash itself: nobody learns which, and all of them
    cost one read, so that time tells nothing either."""
    await under_review(system)
    good = tokens(system)
    mailed = good[Purpose.CONSENT]
    wrong = [
        mailed[:-1],
        mailed + "0",
        mailed[::-1],
        "",
        "zz" + mailed[2:],
        hash_of(mailed),
        mailed[:2] + hash_of(mailed),
        good[Purpose.MANAGE],
    ]
    counters = [Faults() for _ in (*wrong, mailed)]
    *workers, last = (system.process(counter) for counter in counters)
    shown = [await look(each, monkeypatch, Purpose.CONSENT, token, "GET") for each, token in zip(workers, wrong, strict=True)]
    system.clock.advance(timedelta(days=61))
    shown.append(await look(last, monkeypatch, Purpose.CONSENT, mailed, "GET"))
    assert {page.status_code for page in shown} == {404}
    assert len({page.get_body() for page in shown}) == 1
    assert [[sent.operation for sent in asked(counter)] for counter in counters] == [["table get"]] * len(shown)


async def test_answering_through_the_page_counts_and_answering_again_does_not(
    system: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R-35: the same form sent twice is one answer, within its ceiling of four requests."""
    await under_review(system)
    token = tokens(system)[Purpose.CONSENT]
    counter = Faults()
    world = system.process(counter)
    monkeypatch.setattr(bootstrap, "world", lambda: world)
    handler = cast("Handler", cast("Any", pages.decide_consent).build().get_user_function())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    form = func.HttpRequest(
        "POST", f"https://x.example/consent/{token}", headers=headers, route_params={"token": token}, body=AGREES
    )
    assert (await handler(form)).status_code == 200
    assert len(asked(counter)) <= 4, counter.trail
    await system.settle()
    once = await portrait(system)
    assert [consent for _, consent, *_ in once.scopes] == ["granted", "granted"]
    await handler(form)
    await system.settle()
    assert await portrait(system) == once


async def test_a_customer_who_does_not_know_the_company_stops_the_clock(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    """R-225: the same form sent twice is one report, and silence does not count any more."""
    await under_review(system)
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)
    token = tokens(system)[Purpose.CONSENT]
    handler = cast("Handler", cast("Any", pages.decide_consent).build().get_user_function())
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    for _ in range(2):
        sent = func.HttpRequest(
            "POST", f"https://x.example/consent/{token}", headers=headers, route_params={"token": token}, body=b"choice=unknown"
        )
        answer = await handler(sent)
        assert answer.status_code == 200
        assert "A person will look into it" in answer.get_body().decode()
    await system.settle()
    await system.pass_days(20)
    drawn = await portrait(system)
    assert drawn.events.count("reported_unknown") == 1
    assert [consent for _, consent, *_ in drawn.scopes] == ["pending", "pending"]


async def test_agreeing_twenty_times_at_once_is_agreeing_once(system: System) -> None:
    """R-35"""
    await under_review(system)
    click = clicks(system, BOTH)
    await asyncio.gather(*(click(system.process()) for _ in range(20)))
    await system.settle()
    assert (await portrait(system)).events.count("agreed") == 1


async def test_changing_ones_mind_is_a_new_entry(system: System) -> None:
    """R-35, R-37: who agreed may refuse, and the timeline shows both."""
    await under_review(system)
    await clicks(system, BOTH)(system.world)
    await clicks(system, dict.fromkeys(BOTH, False), "Not after all.")(system.world)
    await system.recover()
    drawn = await portrait(system)
    assert drawn.status == "refused"
    assert [event for event in drawn.events if event in ("agreed", "refused")] == ["agreed", "refused"]
    assert drawn.holds == ()


async def test_a_refusal_and_an_agreement_at_once_leave_one_consistent_claim(system: System) -> None:
    """R-35: whichever comes last, every row agrees with the claim."""
    claim = await under_review(system)
    opened = await open_link(system.world, tokens(system)[Purpose.CONSENT], Purpose.CONSENT)
    answers = (BOTH, dict.fromkeys(BOTH, False))
    await asyncio.gather(*(consent.decide_consent(system.process(), opened, choices, None) for choices in answers * 3))
    await system.recover()
    drawn = await portrait(system)
    assert drawn.status == "refused"
    assert (await current(system)).seq > claim.seq


async def test_the_link_that_ends_an_association_outlives_the_question(system: System) -> None:
    """The mails promise that an association can be ended at any later time; an answer is only wanted for a while."""
    await active(system)
    links = tokens(system)
    system.clock.advance(timedelta(days=3 * 365))
    opened = await open_link(system.world, links[Purpose.MANAGE], Purpose.MANAGE)
    assert opened.claim.tenures
    with pytest.raises(LinkUnusable):
        await open_link(system.world, links[Purpose.CONSENT], Purpose.CONSENT)
