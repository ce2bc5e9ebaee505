"""Passing a request on, through the page: the colleague is asked by mail, both others are told, and nobody else can be named.

Over the emulator, by the forms as the page has them.
"""

import asyncio
import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest

from functions.wire.timeline import TimelineOut
from shared import bootstrap
from shared.domain.claim import status
from shared.domain.lifecycle import Status
from shared.domain.link import Purpose
from shared.domain.notice import MailKind
from shared.usecases import consent, limits
from shared.usecases.consent import LinkUnusable, open_link
from shared.usecases.forwarding import forward
from shared.usecases.people import NewPerson
from tests.faults import Faults
from tests.usecases.steps import BOTH, approved
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, System, asked, current, under_review
from tests.usecases.test_links import dump, tokens
from tests.usecases.test_page_languages import ask

CARL = {"colleague": "Carl Dorn", "mail": f"carl@{DOMAIN}", "do": "forward"}


@pytest.fixture(autouse=True)
def _served(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)


async def names(token: str, lang: str | None = None, **differs: str) -> tuple[int, str]:
    """Somebody names Carl on the page that this link leads to, or whoever the test says."""
    return await ask("POST", Purpose.CONSENT, token, urlencode(CARL | differs).encode(), lang=lang)


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
async def test_the_colleague_is_asked_and_the_others_are_told(system: System, lang: str) -> None:
    """R-332"""
    await under_review(system)
    token = tokens(system)[Purpose.CONSENT]
    said, receipt = await names(token, lang)
    assert said == 200
    assert 'href="/manage' not in receipt
    await system.settle()

    request = system.letterbox.of(MailKind.CONSENT_REQUEST)[-1]
    assert (request.to_address, request.to_name, request.forwarded) == (f"carl@{DOMAIN}", "Carl Dorn", True)
    former = system.letterbox.of(MailKind.CONSENT_REQUEST)[0]
    (told,) = system.letterbox.of(MailKind.FORWARD_RECEIPT)
    assert (told.to_address, told.link, told.manage_link) == (former.to_address, None, None)
    (news,) = system.letterbox.of(MailKind.CLAIM_NEWS)
    assert (news.to_address, news.event) == (PARTNER.mail, "consent_forwarded")

    stored = await system.world.records.claim(CLAIM_ID)
    timeline = TimelineOut.of(stored.claim, await system.world.records.timeline(CLAIM_ID))
    assert timeline.intact
    assert "carl" not in repr([entry.data for entry in timeline.value]).lower()
    assert (await system.world.records.person(stored.claim.tenant_id, stored.claim.contact_id)).name == "Carl Dorn"


async def test_what_the_former_contact_holds_is_of_no_use_and_the_colleague_answers(system: System) -> None:
    """R-07, R-332"""
    await approved(system)
    old = tokens(system)
    system.clock.advance(timedelta(minutes=1))
    await names(old[Purpose.CONSENT])
    await system.settle()
    assert (await ask("GET", Purpose.CONSENT, old[Purpose.CONSENT]))[0] == 404
    assert (await names(old[Purpose.CONSENT]))[0] == 404
    with pytest.raises(LinkUnusable):
        await open_link(system.world, old[Purpose.CONSENT], Purpose.CONSENT)
    shown = (await ask("GET", Purpose.CONSENT, tokens(system)[Purpose.CONSENT]))[1]
    words = re.findall(r'name="words" value="(\w+)"', shown)[0]
    answer = await ask("POST", Purpose.CONSENT, tokens(system)[Purpose.CONSENT], f"choice=agree&words={words}".encode())
    assert answer[0] == 200
    assert status(await current(system)) is Status.ACTIVE


@pytest.mark.parametrize(
    ("differs", "said"),
    [
        ({"mail": "carl@elsewhere.example"}, "Only somebody with a mail address of your organisation can answer for it."),
        ({"mail": f"carl@{DOMAIN}.evil.example"}, "Only somebody with a mail address of your organisation"),
        ({"mail": "carl"}, "This is not a mail address."),
        ({"mail": ""}, "Enter your colleague&#39;s mail address."),
        ({"colleague": ""}, "Enter your colleague&#39;s name."),
        ({"colleague": "C" * 101}, "Shorten your text to 100 characters"),
        ({"colleague": "Carl\u202eDorn"}, "Remove the invisible characters"),
    ],
    ids=["another domain", "a look-alike", "no address", "nothing", "nobody", "too long", "turned round"],
)
async def test_whoever_cannot_be_asked_is_refused_with_a_sentence(system: System, differs: dict[str, str], said: str) -> None:
    """R-332: nothing is kept of that person, and what was typed is there to be corrected."""
    await under_review(system)
    before = await dump(system)
    status_code, page = await names(tokens(system)[Purpose.CONSENT], **differs)
    assert status_code == 422
    assert said in page
    assert "<details open>" in page
    assert await dump(system) == before


async def test_one_person_is_not_named_without_end(system: System) -> None:
    """R-293, R-333: by the figure of the programme, whoever names it."""
    await under_review(system)
    claim = await current(system)
    figures = system.world.programmes.programme(claim.programme_id).policy.limits
    for _ in range(figures.mails_per_address_a_day):
        limits.take_address(system.world, figures, claim.tenant_id, f"carl@{DOMAIN}")
    before = await dump(system)
    status_code, page = await names(tokens(system)[Purpose.CONSENT])
    assert status_code == 422
    assert "too many mails today" in page
    assert await dump(system) == before


async def test_a_request_that_went_round_three_times_is_offered_no_further(system: System) -> None:
    """R-333"""
    await under_review(system)
    for number in range(3):
        assert (await names(tokens(system)[Purpose.CONSENT], mail=f"carl{number}@{DOMAIN}"))[0] == 200
        await system.settle()
    token = tokens(system)[Purpose.CONSENT]
    assert "This is not for me" not in (await ask("GET", Purpose.CONSENT, token))[1]
    before = await dump(system)
    status_code, page = await names(token)
    assert status_code == 422
    assert "This is not open any more" in page
    assert await dump(system) == before


async def test_passing_on_and_agreeing_at_the_same_moment_has_one_outcome(system: System) -> None:
    """R-332: the link is void for whichever comes second, or it finds nothing left to pass on."""
    await under_review(system)
    token = tokens(system)[Purpose.CONSENT]
    opened = await open_link(system.world, token, Purpose.CONSENT)

    async def passes_on() -> object:
        return await forward(system.process(), opened, NewPerson("Carl Dorn", f"carl@{DOMAIN}"), None)

    async def agrees() -> object:
        return await consent.decide_consent(system.process(), opened, BOTH, None)

    outcomes = await asyncio.gather(*(act() for act in (passes_on, agrees) * 3), return_exceptions=True)
    assert all(isinstance(each, LinkUnusable) or not isinstance(each, BaseException) for each in outcomes), outcomes
    await system.settle()
    claim = await current(system)
    answers = {str(scope.consent) for scope in claim.scopes}
    events = [str(entry.event) for entry in await system.world.records.timeline(CLAIM_ID)]
    was_forwarded = claim.contact_id != opened.claim.contact_id
    assert answers == ({"pending"} if was_forwarded else {"granted"})
    assert (events.count("consent_forwarded"), events.count("agreed")) == ((1, 0) if was_forwarded else (0, 1))


async def test_passing_on_costs_no_more_than_an_answer_and_one_look_at_the_directory(system: System) -> None:
    """R-332: link, claim, batch, queue."""
    await under_review(system)
    counter = Faults()
    world = system.process(counter)
    opened = await open_link(world, tokens(system)[Purpose.CONSENT], Purpose.CONSENT)
    await forward(world, opened, NewPerson("Carl Dorn", f"carl@{DOMAIN}"), None)
    assert len(asked(counter)) <= 4, counter.trail
