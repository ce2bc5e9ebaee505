"""Signing online, from the partner's request to the sealed copy: real storage, real documents, real races.

Proved here: the sealed proof verifies here and in an independent program, and nothing in it changes unnoticed; looking changes
nothing; of all that come at once one counts, and each is told which; a crash leaves no half of it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta
from io import BytesIO
from pathlib import Path

import azure.functions as func
import pytest
from pypdf import PdfReader

from functions.pages.render import link_unusable_page
from shared.adapters.evidence_page import WORDS
from shared.adapters.poe_form import make_form
from shared.bootstrap import AzureWorld
from shared.domain.attestation import OF_CUSTOMER, SENTENCES
from shared.domain.claim import Claim, status
from shared.domain.errors import FormChanged, NotFound, ScanUnconfirmed, SignerUnverified, SigningOff
from shared.domain.lifecycle import Status
from shared.domain.link import hash_of
from shared.domain.notice import MailKind
from shared.domain.poe_checks import CheckCode
from shared.domain.proof_form import Activity, FormField
from shared.domain.signing import Standing, standing
from shared.domain.submission import Edit
from shared.domain.view import NextActor, summary
from shared.ports.failures import StoreUnavailable
from shared.usecases import claims, partner_moves, poe_reports, reviews, signing
from shared.usecases.outbox import sweep
from shared.usecases.people import NewPerson
from tests.contract.test_poe_answers import COMPLETE, filled
from tests.contract.test_poe_inspector import edited_after_signing, picture
from tests.contract.test_seal import PDFSIG, draw_over, flipped, gap, is_unchanged, pdfsig
from tests.faults import Fault, Faults, Killed
from tests.usecases.signers import SIGNER, Browser, asked, asked_again, signature, subject
from tests.usecases.steps import INFECTED, action_required
from tests.usecases.system import CLAIM_ID, DOMAIN, PARTNER, TEAMS, System, call, current, draft, poe, wanted
from tests.usecases.system import asked as asked_of_storage
from tests.usecases.test_links import dump

type Opens = Callable[..., Browser]


@pytest.fixture
def opens(system: System, monkeypatch: pytest.MonkeyPatch) -> Opens:
    """Somebody who opens a link, served by the system's first worker unless a test names another."""
    return lambda token, lang="", world=None: Browser(world or system.world, monkeypatch, token, lang)


def text(answer: func.HttpResponse) -> str:
    return answer.get_body().decode()


async def verifies(document: bytes) -> bool:
    """Whether pyHanko finds the seal in order; it wants an event loop of its own."""
    return await asyncio.to_thread(is_unchanged, document)


async def sealed(system: System, opens: Opens, lang: str = "") -> bytes:
    """What the signer keeps, fetched with the link in its receipt."""
    token = await asked(system)
    assert (await opens(token, lang).post(signature(await current(system)))).status_code == 200
    await system.settle()
    copy = await opens(system.letterbox.token(MailKind.SIGNATURE_RECEIPT, "sign")).document()
    assert copy.headers["Content-Disposition"].startswith("attachment; ")
    return copy.get_body()


# The whole way


async def test_a_signed_claim_has_its_proof_and_both_have_a_copy(system: System, opens: Opens) -> None:
    """R-89, R-120, R-126"""
    copy = await sealed(system, opens)
    claim = await current(system)
    (proof,) = claim.proofs
    assert (proof.faults, proof.media_type) == ((), "application/pdf")
    assert [str(e.event) for e in await system.world.records.timeline(CLAIM_ID)] == [
        "created",
        "signature_requested",
        "mail_accepted",
        "signed",
        "proof_attached",
        "mail_accepted",
        "mail_accepted",
    ]
    to_signer, to_partner = (system.letterbox.of(k)[-1] for k in (MailKind.SIGNATURE_RECEIPT, MailKind.SIGNATURE_OUTCOME))
    assert (to_signer.to_address, to_signer.to_name) == (SIGNER.mail, SIGNER.name)
    assert (to_partner.to_address, to_partner.event, to_partner.submits_itself) == (PARTNER.mail, "signed", False)
    _, _, content = await claims.read_proof(system.world, claim, proof.document_id)
    assert content == copy, "its partner need not wait for the malware scan of what we made ourselves"
    ((_, report),) = await poe_reports.reports(system.world, claim)
    assert report.obstacles() == ()
    assert [check.code for check in report.doubts()] == [CheckCode.SIGNER_UNTRUSTED]
    assert (await claims.submit_claim(system.world, PARTNER, CLAIM_ID, call("submit"))).submitted_at is not None
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW


@pytest.mark.parametrize("lang", ["", "de", "fr"])
async def test_the_copy_says_who_signed_what_in_which_words(system: System, opens: Opens, lang: str) -> None:
    """R-89, R-125: the document is in the language it was read in, and so is its evidence."""
    reader = PdfReader(BytesIO(await sealed(system, opens, lang)))
    fields = reader.get_fields() or {}
    said = {str(name): fields[name].get("/V") for name in FormField if name in fields}
    assert said[FormField.SIGNER_NAME] == "Łucja Żółć"
    assert said[FormField.SIGNED_ON] == "2026-03-02"
    assert (fields["adoption"]["/V"], fields["support"]["/V"]) == ("/Yes", "/Off")
    evidence = " ".join(reader.pages[-1].extract_text().split())
    words = WORDS[lang or "en"]
    for fact in ("Łucja Żółć, Head of IT", SIGNER.mail, "2026-03-02 09:00:00 UTC", words["title"], words["meaning"]):
        assert fact in evidence
    entries = await system.world.records.timeline(CLAIM_ID)
    (entry,) = (e for e in entries if e.event == "signed")
    assert (entry.data["language"], entry.data["textVersion"], entry.data["authentication"]) == (lang or "en", 1, "mailed_link")
    stored = repr(await dump(system))
    assert stored.count("Łucja") == 1, "a name stands in the row of the person, and in no timeline"


async def test_the_copy_verifies_and_every_change_of_it_is_found(system: System, opens: Opens, tmp_path: Path) -> None:
    """R-89: one changed byte, wherever, and an edit that leaves the sealed bytes alone."""
    copy = await sealed(system, opens)
    assert await verifies(copy)
    start, end = gap(copy)
    covered = [*range(start), *range(end, len(copy))]
    for share in range(1, 8):
        assert not await verifies(flipped(copy, covered[len(covered) * share // 8]))
    assert not await verifies(edited_after_signing(copy, draw_over))
    if PDFSIG is not None:
        assert "Signature is Valid." in pdfsig(copy, tmp_path)
        assert "Total document signed" in pdfsig(copy, tmp_path)
        assert "Not total document signed" in pdfsig(edited_after_signing(copy, draw_over), tmp_path)
        assert "Signature is Valid." not in pdfsig(flipped(copy, copy.index(b"/Title (") + 8), tmp_path)


async def test_a_claim_submits_itself_once_it_is_signed(system: System, opens: Opens) -> None:
    """R-250"""
    await opens(await asked(system, submits=True)).post(signature(await current(system)))
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW
    assert system.letterbox.of(MailKind.SIGNATURE_OUTCOME)[-1].submits_itself


async def test_an_action_that_was_asked_for_can_be_signed_weeks_after_submission(system: System, opens: Opens) -> None:
    """R-86, R-250: what came later is judged as of the day it came."""
    await action_required(system)
    system.clock.advance(timedelta(days=4))
    token = await asked_again(system, key="ask", submits=True)
    assert (await opens(token).post(signature(await current(system)))).status_code == 200
    claim = await current(system)
    *_, (proof, report) = await poe_reports.reports(system.world, claim)
    assert proof.sealed_for is not None
    assert report.obstacles() == ()
    await system.settle()
    assert status(await current(system)) is Status.UNDER_REVIEW


async def test_what_keeps_a_signed_claim_from_submitting_itself_is_told(system: System, opens: Opens) -> None:
    """R-250"""
    token = await asked(system, submits=True)
    rival = await claims.create_claim(system.world, PARTNER, wanted(TEAMS), "rival", call("rival"))
    document = poe(signed_on=date(2026, 2, 24))
    await claims.attach_proof(system.world, PARTNER, rival.claim_id, document, "poe.pdf", call("attach rival"))
    await claims.submit_claim(system.world, PARTNER, rival.claim_id, call("submit rival"))
    await opens(token).post(signature(await current(system)))
    await system.settle()
    claim = await current(system)
    assert (status(claim), [o.code for o in claim.held_up_by]) == (Status.DRAFT, ["scope_taken"])


# Who is asked


@pytest.mark.parametrize("mail", ["lucja@elsewhere.example", f"lucja@{DOMAIN}.elsewhere.example", f"lucja@not{DOMAIN}"])
async def test_nobody_outside_the_customer_is_asked(system: System, mail: str) -> None:
    """R-121"""
    await draft(system)
    with pytest.raises(SignerUnverified):
        await asked_again(system, key="ask", signer=NewPerson("Łucja", mail))
    assert (await current(system)).signature is None
    assert system.letterbox.of(MailKind.SIGNATURE_REQUEST) == []


async def test_where_nothing_can_be_sealed_nobody_is_asked(system: System) -> None:
    """R-121: whoever is asked could not sign."""
    await draft(system)
    world = system.process()
    world.settings = replace(world.settings, seal_key_file=None)
    with pytest.raises(SigningOff):
        await signing.request_signature(world, PARTNER, CLAIM_ID, SIGNER, call("ask"), submits=None)
    assert (await current(system)).signature is None


async def test_unless_somebody_is_named_the_contact_is_asked_and_asking_twice_is_asking_once(system: System) -> None:
    """R-121"""
    await draft(system)
    for _ in range(2):
        await signing.request_signature(system.world, PARTNER, CLAIM_ID, None, call("ask"), submits=None)
    await system.settle()
    (letter,) = system.letterbox.of(MailKind.SIGNATURE_REQUEST)
    assert letter.to_address == f"ada@{DOMAIN}"


async def test_another_partner_cannot_ask_about_a_claim(system: System) -> None:
    await draft(system)
    with pytest.raises(NotFound):
        await signing.request_signature(
            system.world, replace(PARTNER, partner_id="4711002"), CLAIM_ID, SIGNER, call("ask"), submits=None
        )


async def test_asking_somebody_else_ends_the_first_link(system: System, opens: Opens) -> None:
    """R-121: one person at a time."""
    first = await asked(system)
    second = await asked_again(system, key="ask Carl", signer=NewPerson("Carl Dorn", f"carl@{DOMAIN}"))
    form = signature(await current(system))
    answer = await opens(first).post(form)
    assert (answer.status_code, "Somebody else is asked to sign now." in text(answer)) == (409, True)
    assert (await opens(first).document()).status_code == 404
    assert (await current(system)).proofs == ()
    assert (await opens(second).post(form)).status_code == 200


async def test_a_mail_that_was_on_its_way_while_somebody_else_is_asked_signs_for_nobody(system: System, opens: Opens) -> None:
    """R-121: a link speaks for the one it was mailed to, whatever the clocks of two workers say."""
    carl = NewPerson("Carl Dorn", f"carl@{DOMAIN}")

    async def ask_carl() -> None:
        await signing.request_signature(system.world, PARTNER, CLAIM_ID, carl, call("ask Carl"), submits=None)

    await draft(system)
    system.letterbox.meanwhile = ask_carl
    await asked_again(system, key="ask")
    first, second = system.letterbox.of(MailKind.SIGNATURE_REQUEST)
    assert (first.to_address, second.to_address) == (SIGNER.mail, carl.mail)
    form = signature(await current(system))
    assert (await opens(str(first.link).rpartition("/")[2]).post(form)).status_code == 409
    assert (await opens(str(second.link).rpartition("/")[2]).post(form)).status_code == 200


# Looking


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("is_signed", [False, True], ids=["asked", "signed"])
async def test_looking_changes_nothing(system: System, opens: Opens, method: str, is_signed: bool) -> None:
    """R-120: mail scanners follow every link; only a POST decides."""
    token = await asked(system)
    if is_signed:
        await opens(token).post(signature(await current(system)))
        await system.settle()
    before = await dump(system)
    counter = Faults()
    world = system.process(counter)
    shown, document = await opens(token, world=world).get(method), await opens(token, world=world).document(method)
    assert (shown.status_code, document.status_code) == (200, 200)
    assert PARTNER.name in text(shown)
    assert document.get_body().startswith(b"%PDF-")
    assert {sent.method for sent in counter.trail} == {"GET"}, counter.trail
    assert await dump(system) == before
    assert await system.take_messages() == []


async def test_every_unusable_link_gets_the_page_that_all_links_get(system: System, opens: Opens) -> None:
    """Forged, truncated, foreign, for another purpose, expired: nobody learns which, on the page, the PDF and the forms."""
    good = await asked(system)
    other = system.letterbox.token(MailKind.SIGNATURE_REQUEST, "manage")
    wrong = [good[:-1], good + "0", good[::-1], "", "zz" + good[2:], hash_of(good), good[:2] + hash_of(good), other]
    form = signature(await current(system))
    answers = [
        await each for t in wrong for each in (opens(t).get(), opens(t).document(), opens(t).post(form), opens(t).upload(b"x"))
    ]
    system.clock.advance(timedelta(days=32))
    answers += [await each for each in (opens(good).get(), opens(good).document(), opens(good).post(form))]
    assert {answer.status_code for answer in answers} == {404}
    assert {answer.get_body() for answer in answers} == {link_unusable_page("en").encode()}
    assert (await current(system)).proofs == ()


async def next_week(system: System) -> None:
    """What becomes due within a week happens."""
    system.clock.advance(timedelta(days=7, minutes=3))
    await sweep(system.world)
    await system.settle()


async def test_an_open_request_is_brought_back_to_mind_once_with_a_link_of_its_own(system: System, opens: Opens) -> None:
    """R-390"""
    first = await asked(system)
    await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(note="We met in May."), None)
    form = signature(await current(system))
    for _ in range(2):
        await next_week(system)
    (reminder,) = system.letterbox.of(MailKind.SIGNATURE_REMINDER)
    assert (reminder.to_address, reminder.words) == (SIGNER.mail, "We met in May.")
    second = system.letterbox.token(MailKind.SIGNATURE_REMINDER, "sign")
    assert (await opens(first).get()).status_code == 200
    assert (await opens(second).post(form)).status_code == 200
    assert standing(await current(system), 2) is Standing.SIGNED


@pytest.mark.parametrize("answer", ["sign", "decline", "withdraw", "ask Carl"])
async def test_nobody_is_reminded_of_a_request_that_is_settled(system: System, opens: Opens, answer: str) -> None:
    """R-390"""
    token = await asked(system)
    if answer == "sign":
        await opens(token).post(signature(await current(system)))
    elif answer == "decline":
        await opens(token).post({"do": "decline", "sure": "yes"})
    elif answer == "withdraw":
        await claims.withdraw_claim(system.world, PARTNER, CLAIM_ID, None, call("withdraw"))
    else:
        await asked_again(system, key=answer, signer=NewPerson("Carl Dorn", f"carl@{DOMAIN}"))
    await next_week(system)
    reminded = [letter.to_address for letter in system.letterbox.of(MailKind.SIGNATURE_REMINDER)]
    assert reminded == ([f"carl@{DOMAIN}"] if answer == "ask Carl" else [])


async def test_when_nobody_signs_in_time_the_partner_is_told(system: System) -> None:
    """R-124"""
    await asked(system)
    await system.pass_days(32)
    claim = await current(system)
    assert (claim.awaits_signature, summary(claim).next_actor) == (False, NextActor.PARTNER)
    assert system.letterbox.of(MailKind.SIGNATURE_OUTCOME)[-1].event == "signature_expired"


# One outcome


def answers_of(system: System, opened: signing.OpenedRequest) -> dict[str, Callable[[], Awaitable[signing.Answered]]]:
    """Every answer to a request, each by a worker of its own."""
    form = signature(opened.claim)
    said = signing.Signature(str(form["form_id"]), "en", "Łucja Żółć", "Head of IT", "Łucja Żółć", frozenset({Activity.ADOPTION}))
    colleague = NewPerson("Carl Dorn", f"carl@{DOMAIN}")
    return {
        "sign": lambda: signing.sign(system.process(), opened, said),
        "decline": lambda: signing.decline(system.process(), opened, "Not us."),
        "delegate": lambda: signing.delegate(system.process(), opened, colleague),
        "upload": lambda: signing.upload_signed(system.process(), opened, by_hand(opened.claim), "signed.pdf"),
    }


def by_hand(claim: Claim, answers: Mapping[str, str] = COMPLETE) -> bytes:
    """The claim's form, downloaded and filled in with another program."""
    form = make_form(subject(claim), "en")
    return filled({**answers, **({FormField.SIGNED_ON: "2026-03-01"} if FormField.SIGNED_ON in answers else {})}, form)


@pytest.mark.parametrize(
    "at_once",
    [("sign",) * 4, ("sign", "decline", "sign", "decline"), ("sign", "delegate", "sign"), ("upload", "sign", "decline")],
    ids=lambda names: " ".join(names),
)
async def test_of_several_answers_at_once_one_counts_and_all_are_told_which(system: System, at_once: tuple[str, ...]) -> None:
    """R-120: two signers, a link used twice, a decline beside a signature."""
    opened = await signing.open_request(system.world, await asked(system))
    ways = answers_of(system, opened)
    told = await asyncio.gather(*(ways[name]() for name in at_once))
    assert [answer.counts for answer in told].count(True) == 1
    assert len({answer.standing for answer in told}) == 1
    await system.recover()
    claim = await current(system)
    events = [str(e.event) for e in await system.world.records.timeline(CLAIM_ID)]
    deeds = ("signed", "signed_by_hand", "signature_declined", "signature_delegated")
    assert sum(events.count(deed) for deed in deeds) == 1, events
    assert len(claim.proofs) == (told[0].standing in (Standing.SIGNED, Standing.UPLOADED))
    receipts = len(system.letterbox.of(MailKind.SIGNATURE_RECEIPT)), len(system.letterbox.of(MailKind.SIGNATURE_OUTCOME))
    assert receipts == ((0, 0) if told[0].standing is Standing.REPLACED else (1, 1))


async def test_a_link_used_again_and_a_decline_after_the_signature_are_told_what_stands(system: System, opens: Opens) -> None:
    """R-120"""
    token = await asked(system)
    form = signature(await current(system))
    first = await opens(token).post(form)
    assert (first.status_code, "Thank you. You have signed." in text(first)) == (200, True)
    await system.settle()
    before = await dump(system)
    late = [
        await opens(token).post(each)
        for each in (form, {"do": "decline", "sure": "yes"}, {"do": "delegate", "colleague": "C", "mail": "c@d.example"})
    ]
    late.append(await opens(token).upload(b"%PDF-"))
    for answer in late:
        assert answer.status_code == 409
        assert "This document is signed." in text(answer)
        assert "From this page nothing was recorded." in text(answer)
    assert await dump(system) == before
    assert "This document is signed." in text(await opens(token).get())


async def test_a_claim_that_was_withdrawn_is_not_signed_any_more(system: System, opens: Opens) -> None:
    """R-11"""
    token = await asked(system)
    form = signature(await current(system))
    await claims.withdraw_claim(system.world, PARTNER, CLAIM_ID, None, call("withdraw"))
    answer = await opens(token).post(form)
    assert (answer.status_code, "Nothing is to be signed here any more." in text(answer)) == (409, True)
    assert (await current(system)).proofs == ()


# Other ways


async def test_what_is_declined_reaches_the_partner_with_its_reason(system: System, opens: Opens) -> None:
    """R-120"""
    answer = await opens(await asked(system)).post({"do": "decline", "sure": "yes", "reason": "Put Teams on a page of its own."})
    assert (answer.status_code, "Put Teams on a page of its own." in text(answer)) == (200, True)
    await system.settle()
    letter = system.letterbox.of(MailKind.SIGNATURE_OUTCOME)[-1]
    assert (letter.event, letter.words) == ("signature_declined", "Put Teams on a page of its own.")
    assert standing(await current(system), 2) is Standing.DECLINED
    await asked_again(system, key="ask again")
    assert (await current(system)).awaits_signature


async def test_a_colleague_gets_a_link_of_their_own_and_the_first_is_of_no_use(system: System, opens: Opens) -> None:
    """R-122"""
    first = await asked(system)
    form = signature(await current(system))
    refused = await opens(first).post({"do": "delegate", "colleague": "Carl Dorn", "mail": "carl@elsewhere.example"})
    assert (refused.status_code, "mail address of your organisation" in text(refused)) == (422, True)
    answer = await opens(first).post({"do": "delegate", "colleague": "Carl Dorn", "mail": f"carl@{DOMAIN}"})
    assert (answer.status_code, "We ask your colleague." in text(answer)) == (200, True)
    await system.settle()
    letter = system.letterbox.of(MailKind.SIGNATURE_REQUEST)[-1]
    assert (letter.to_name, letter.to_address) == ("Carl Dorn", f"carl@{DOMAIN}")
    assert (await opens(first).post(form)).status_code == 409
    second = system.letterbox.token(MailKind.SIGNATURE_REQUEST, "sign")
    assert (await opens(second).post(form)).status_code == 200


async def test_what_was_signed_by_hand_is_taken_if_nothing_is_left_to_mend(system: System, opens: Opens) -> None:
    """R-123"""
    token = await asked(system, submits=True)
    claim = await current(system)
    page = await opens(token).upload((await opens(token).document()).get_body())
    assert page.status_code == 422
    for missing in ("The document is not signed.", "No activity of the partner is ticked", "Name, title or date is missing"):
        assert missing in text(page)
    for content in (b"", b"MZ" * 100, INFECTED[:50]):
        assert (await opens(token).upload(content)).status_code == 422
    assert (await current(system)).seq == claim.seq
    answer = await opens(token, "de").upload(by_hand(claim), "../../signed.pdf")
    assert (answer.status_code, "Ihr unterschriebenes Dokument ist angekommen." in text(answer)) == (200, True)
    await system.settle()
    after = await current(system)
    assert status(after) is Status.UNDER_REVIEW
    assert "/" not in after.proofs[0].name
    assert system.letterbox.of(MailKind.SIGNATURE_RECEIPT)[-1].event == "signed_by_hand"


async def test_a_scan_that_its_signer_uploads_is_attested_by_uploading_it(system: System, opens: Opens) -> None:
    """R-322: the page says so above the button, in the reader's language, and a reviewer sees who attested."""
    token = await asked(system, submits=True)
    german = text(await opens(token, "de").get())
    assert SENTENCES[OF_CUSTOMER] in text(await opens(token).get())
    assert "Mit dem Hochladen erkläre ich, dass die Datei vollständig und unverändert zeigt" in german
    assert (await opens(token).upload(picture("PNG"), "signed.png")).status_code == 200
    await system.settle()
    claim = await current(system)
    assert status(claim) is Status.UNDER_REVIEW
    ((proof, report),) = await poe_reports.reports(system.world, claim)
    assert proof.attestation is not None
    assert (proof.attestation.statement, proof.attestation.by) == (OF_CUSTOMER, "customer")
    assert "the customer attested: “By uploading" in next(c.finding for c in report.checks if c.code == "poe_unattested")
    with pytest.raises(ScanUnconfirmed):
        await reviews.approve(system.world, "rita", CLAIM_ID, None, confirms_contact=False)


async def test_an_upload_of_somebody_elses_document_says_what_to_do(system: System, opens: Opens) -> None:
    """R-123, R-85"""
    token = await asked(system)
    answer = await opens(token).upload(by_hand(replace(await current(system), tenant_id="7b1c6b1e-7f0e-4d0b-9f57-0a4b1f6f2b11")))
    assert (answer.status_code, "This is not the document of this request." in text(answer)) == (422, True)


# What was read


async def test_nobody_signs_what_was_edited_after_it_was_read(system: System, opens: Opens) -> None:
    """R-125: the page is shown again, as it is now, with nothing typed lost."""
    token = await asked(system)
    read = signature(await current(system))
    await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(customer_name="Contoso AG"), None)
    answer = await opens(token).post(read)
    assert (answer.status_code, "The document has changed since you opened this page." in text(answer)) == (422, True)
    assert "Contoso AG" in text(answer)
    assert 'value="Head of IT"' in text(answer)
    assert (await current(system)).proofs == ()
    assert (await opens(token).post(signature(await current(system)))).status_code == 200


async def test_nobody_signs_what_is_edited_while_it_is_being_sealed(system: System) -> None:
    """R-125: what was read a moment ago is read again before anything is recorded."""
    opened = await signing.open_request(system.world, await asked(system))
    await partner_moves.edit_claim(system.world, PARTNER, CLAIM_ID, Edit(customer_name="Contoso AG"), None)
    with pytest.raises(FormChanged):
        await answers_of(system, opened)["sign"]()
    assert (await current(system)).proofs == ()


async def test_letters_that_cannot_be_printed_are_told_before_anything_is_sealed(system: System, opens: Opens) -> None:
    token = await asked(system)
    answer = await opens(token).post(signature(await current(system), name="王小明", typed="王小明"))
    assert (answer.status_code, "cannot show some of these letters" in text(answer)) == (422, True)
    assert (await current(system)).proofs == ()


# Requests and crashes


async def test_signing_asks_no_more_of_storage_than_its_ceiling(system: System, opens: Opens) -> None:
    """Link, claim, signer; then the document, the batch and the message. Looking asks for the first three."""
    token = await asked(system)
    looking, signs = Faults(), Faults()
    form = signature(await current(system))
    await opens(token, world=system.process(looking)).get()
    assert [sent.operation for sent in asked_of_storage(looking)] == ["table get"] * 3
    assert (await opens(token, world=system.process(signs)).post(form)).status_code == 200
    told = [sent.operation for sent in asked_of_storage(signs)]
    assert len(told) <= 6, told


@pytest.mark.parametrize("fault", [Fault.KILL_AFTER, Fault.LOSE_ANSWER])
@pytest.mark.parametrize("number", [4, 5, 6], ids=["document", "batch", "message"])
async def test_a_crash_while_signing_leaves_no_half_of_it(system: System, fault: Fault, number: int) -> None:
    """R-120: the document is stored before the claim hears of it, and the claim changes in one batch."""
    token = await asked(system)
    opened = await signing.open_request(system.world, token)
    form = signature(opened.claim)
    said = signing.Signature(str(form["form_id"]), "en", "Łucja Żółć", "Head of IT", "Łucja Żółć", frozenset({Activity.ADOPTION}))
    faults = Faults().inject(number - 2, fault)

    async def sign(world: AzureWorld) -> signing.Answered:
        return await signing.sign(world, await signing.open_request(system.world, token), said)

    with suppress(Killed, StoreUnavailable):
        await sign(system.process(faults))
    assert faults.is_spent
    await sign(system.world)
    await system.recover()
    claim = await current(system)
    events = [str(e.event) for e in await system.world.records.timeline(CLAIM_ID)]
    assert (events.count("signed"), len(claim.proofs)) == (1, 1)
    assert await verifies((await signing.document_of(system.world, await signing.open_request(system.world, token), "en"))[2])
    for kind in (MailKind.SIGNATURE_RECEIPT, MailKind.SIGNATURE_OUTCOME):
        assert len(system.letterbox.of(kind)) == 1
