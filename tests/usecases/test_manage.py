"""What one contact sees of its customer, whoever asked and whichever mail the link came with; and whether a mail is real."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any, cast

import azure.functions as func
import pytest

from functions import check as check_functions
from functions import manage as pages
from shared import bootstrap
from shared.domain.association import association_id
from shared.domain.claim import Claim, status
from shared.domain.identity import new_claim_id
from shared.domain.lifecycle import Status
from shared.domain.partner import Partner
from shared.domain.submission import Edit
from shared.domain.usage import Rank, Snapshot, UsageHistory
from shared.usecases import claims, partner_moves
from shared.usecases.check import is_real
from shared.usecases.manage import overview
from shared.usecases.people import NewPerson
from tests.faults import Faults
from tests.usecases.signers import asked
from tests.usecases.steps import BOTH, active, clicks, ends
from tests.usecases.system import CLAIM_ID, DOMAIN, TEAMS, TENANT, System, call, current, poe, under_review, wanted

OTHER = Partner("4711002", "Tailspin Toys", "claims@tailspin.example", ("demo",))
OTHER_CLAIM = new_claim_id(TENANT, OTHER.partner_id, "other")


@pytest.fixture(autouse=True)
def _served(system: System, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)


async def others_request(system: System, mail: str = f"ADA@{DOMAIN}") -> Claim:
    """Another partner's claim for the same customer, with a contact of this address, under review."""
    asked_for = replace(wanted("workload:yammer"), contact_mail=mail)
    await claims.create_claim(system.world, OTHER, asked_for, "other", call("other"))
    await claims.attach_proof(system.world, OTHER, OTHER_CLAIM, poe(), "poe.pdf", call("other poe"))
    stored = await system.world.records.claim(OTHER_CLAIM)
    assert stored.claim.proofs
    await claims.submit_claim(system.world, OTHER, OTHER_CLAIM, call("other submit"))
    await system.settle()
    return (await system.world.records.claim(OTHER_CLAIM)).claim


def token(system: System) -> str:
    return next(
        letter.manage_link.rpartition("/")[2]
        for letter in system.letterbox.letters
        if letter.manage_link and letter.claim_id == CLAIM_ID
    )


async def show(system: System, method: str = "GET", body: bytes = b"") -> str:
    handler = pages.show_manage if method == "GET" else pages.decide_manage
    request = func.HttpRequest(
        method, "https://x.example/manage/t", route_params={"token": token(system)}, headers={}, params={}, body=body
    )
    answer = await cast("Any", handler).build().get_user_function()(request)
    assert answer.status_code == 200, answer.get_body()
    return str(answer.get_body().decode())


async def test_one_link_shows_all_that_names_its_contact_and_ends_any_of_it(system: System) -> None:
    """R-226"""
    await active(system)
    await others_request(system)
    shown = await show(system)
    for name in ("Northwind Cloud", "Tailspin Toys", "Microsoft Teams", "Exchange Online", "Yammer"):
        assert name in shown
    await show(system, "POST", f"refuse={OTHER_CLAIM}&sure=yes".encode())
    assert status((await system.world.records.claim(OTHER_CLAIM)).claim) is Status.REFUSED
    await show(system, "POST", f"end={association_id(CLAIM_ID, 'teams')}&reason=work_ended&sure=yes".encode())
    assert [t.is_standing for t in (await current(system)).tenures] == [False, True]
    shown = await show(system)
    assert "What was before" in shown
    assert "Yammer" in shown.partition("What was before")[2]


async def test_another_persons_requests_are_not_this_contacts(system: System) -> None:
    """R-226: the same customer, another address."""
    await active(system)
    await others_request(system, f"bea@{DOMAIN}")
    assert "Tailspin Toys" not in await show(system)


async def test_it_shows_the_counts_of_the_tenures_own_time(system: System) -> None:
    """R-226: the same counts as the partner's, and the seats that nobody uses."""
    await active(system)
    rank = Rank(datetime(2026, 3, 3, tzinfo=UTC), "a" * 12)
    day = system.clock.now().date()
    before = UsageHistory(TENANT, "exchange", (Snapshot(date(2026, 1, 31), 7, 70, rank),))
    within = UsageHistory(TENANT, "teams", (Snapshot(day, 120, 4_000, rank),))
    await system.world.usage.save([(before, None), (within, None)])
    shown = await show(system)
    assert "120 users and 4,000 paid seats" in shown
    assert "3,880 paid seats that nobody uses" in shown
    assert "70 paid seats" not in shown


async def test_looking_costs_five_requests_and_writes_nothing(system: System) -> None:
    """R-226: link, claim, people, claims, counts."""
    await active(system)
    counter = Faults()
    await overview(system.process(counter), token(system))
    assert counter.total <= 5, counter.trail
    assert {sent.method for sent in counter.trail} == {"GET"}


async def test_a_mail_is_real_for_whoever_types_both_its_reference_and_the_right_domain(system: System) -> None:
    """R-227: nothing else is told, and what is no reference costs nothing."""
    await under_review(system)
    assert await is_real(system.world, f" {CLAIM_ID.upper()} ", f"Ada@{DOMAIN.upper()}")
    other = CLAIM_ID[:-1] + ("0" if CLAIM_ID[-1] != "0" else "1")
    for reference, domain in [(CLAIM_ID, "evil.example"), (other, DOMAIN), ("", DOMAIN), (CLAIM_ID, ""), ("'", "<script>")]:
        assert not await is_real(system.world, reference, domain)
    counter = Faults()
    assert not await is_real(system.process(counter), "../../etc/passwd", DOMAIN)
    assert counter.total == 0


async def test_a_draft_has_written_to_nobody_but_whom_it_asks_to_sign(system: System) -> None:
    """R-227"""
    await claims.create_claim(system.world, OTHER, wanted(), "other", call("other"))
    assert not await is_real(system.world, OTHER_CLAIM, DOMAIN)
    await asked(system)
    assert await is_real(system.world, CLAIM_ID, DOMAIN)
    assert not await is_real(system.world, CLAIM_ID, "evil.example")


async def test_a_mail_stays_real_after_somebody_else_was_named(system: System) -> None:
    """R-227: whoever was asked first still has the mail; but nobody whom only another claim names."""
    await others_request(system, mail="ada@elsewhere.example")
    named = NewPerson("Carl Dorn", f"carl@{DOMAIN}")
    await partner_moves.edit_claim(system.world, OTHER, OTHER_CLAIM, Edit(), named)
    assert (await system.world.records.claim(OTHER_CLAIM)).claim.contact_id != f"{OTHER_CLAIM}.contact"
    assert await is_real(system.world, OTHER_CLAIM, "elsewhere.example")
    await under_review(system)
    assert not await is_real(system.world, CLAIM_ID, "elsewhere.example")


@pytest.mark.parametrize("lang", ["en", "de", "fr"])
async def test_the_page_shows_what_was_typed_as_text(system: System, lang: str) -> None:
    """R-227"""
    await under_review(system)
    handler = cast("Any", check_functions.show_check).build().get_user_function()

    async def asked(**params: str) -> str:
        request = func.HttpRequest("GET", "https://x.example/check", params={"lang": lang, **params}, headers={}, body=b"")
        return str((await handler(request)).get_body().decode())

    empty, real = await asked(), await asked(reference=CLAIM_ID, domain=DOMAIN)
    unreal = await asked(reference="<script>alert(1)</script>", domain="x\u202e.example")
    assert 'role="status"' not in empty
    assert real.count('role="status"') == unreal.count('role="status"') == 1
    assert "<script" not in unreal
    assert "\u202e" not in unreal
    assert TEAMS not in real
    assert "Northwind" not in real


async def test_ending_by_the_former_links_still_works(system: System) -> None:
    """R-37, R-226: what the mails promised, for one association after the other."""
    await active(system)
    await ends(system, TEAMS)(system.world)
    await clicks(system, dict.fromkeys(BOTH, False))(system.world)
    assert status(await current(system)) is Status.ENDED
