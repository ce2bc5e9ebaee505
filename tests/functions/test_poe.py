"""What may be attached, what is refused at the door and leaves nothing behind, and one report for partner and reviewer."""

import asyncio
import io
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit
from uuid import uuid4

import pytest
from azure.storage.blob import ContainerClient
from pypdf import PdfWriter
from pypdf.generic import StreamObject

from infra.local.sample_poe import sample_poe
from shared.adapters import names
from shared.adapters.development_scanner import EICAR
from shared.domain.proof_form import Activity, FormField
from tests.contract.test_poe_hostile import HTML, archive_after, bomb, one_giant_object, pages_without_end, partly_signed
from tests.contract.test_poe_inspector import add_script, picture, rewritten, unsigned_pdf
from tests.functions.running import CUSTOMER, DOMAIN, Answer, Caller, Running, claim_for, form, partner_name

pytestmark = pytest.mark.system

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def attach(partner: Caller, claim_id: str, content: bytes | Iterator[bytes], name: str = "proof.pdf") -> Answer:
    path = f"/v1/claims/{claim_id}/poe?name={quote(name, safe='')}"
    return partner.post(path, content) if isinstance(content, bytes) else attach_in_pieces(partner, path, content)


def stored(running: Running, claim_id: str) -> list[str]:
    """The documents of the claim that are in the store."""
    with ContainerClient.from_connection_string(running.system.azurite.connection_string, names.PROOFS) as container:
        return [str(blob.name) for blob in container.list_blobs(name_starts_with=claim_id)]


def proof(running: Running, tenant: str, company: str, days_ago: int = 1) -> bytes:
    return sample_poe(
        tenant_id=tenant,
        domain=DOMAIN,
        customer_name=CUSTOMER,
        partner_name=company,
        partner_id="4711001",
        workloads=["Microsoft Teams"],
        signer_name="Anna Berg",
        signer_title="Head of IT",
        signed_on=running.system.clock.now().date() - timedelta(days=days_ago),
    )


type Made = Callable[[Running, Caller, str], bytes | Iterator[bytes]]


class Wrong(NamedTuple):
    """An upload that is wrong, under a name that is not unless it says so, and how it is refused."""

    make: Made
    reason: str
    code: str = "proof_refused"
    status: int = 422
    name: str = "proof.pdf"


def good_proof(running: Running, partner: Caller, tenant: str) -> bytes:
    return proof(running, tenant, partner_name(partner.partner_id))


def without_end() -> Iterator[bytes]:
    """300 MB in pieces, without a length that would tell."""
    yield b"%PDF-1.7\n"
    for _ in range(300):
        yield bytes(MEGABYTE)


def called(name: str) -> Wrong:
    """A good proof under this name."""
    return Wrong(good_proof, "name", "invalid_input", 400, name)


WRONG: dict[str, Wrong] = {
    "a stream of 300 MB": Wrong(lambda *_: without_end(), "", "", 413),
    "larger than the policy": Wrong(lambda *_: b"%PDF-1.7\n" + bytes(25 * MEGABYTE), "poe_too_large"),
    "a zip bomb in a PDF stream": Wrong(lambda *_: bomb(1), "poe_expands_too_far"),
    "a zip bomb in a zip bomb": Wrong(lambda *_: bomb(2), "poe_expands_too_far"),
    "one giant object": Wrong(lambda *_: one_giant_object(), "poe_too_complex"),
    "100,000 pages": Wrong(lambda *_: pages_without_end(honest=True), "poe_too_many_pages"),
    "HTML that goes on as a PDF": Wrong(lambda *_: HTML + unsigned_pdf(), "poe_wrong_type"),
    "a PDF that goes on as HTML": Wrong(lambda *_: unsigned_pdf() + HTML, "poe_unreadable"),
    "a PDF that goes on as a ZIP": Wrong(lambda *_: archive_after(unsigned_pdf()), "poe_other_content"),
    "encrypted": Wrong(lambda *_: rewritten(lambda w: w.encrypt("secret", algorithm="AES-256")), "poe_encrypted"),
    "a PDF with JavaScript": Wrong(lambda *_: rewritten(add_script), "poe_active_content"),
    "EICAR": Wrong(lambda *_: EICAR, "poe_wrong_type"),
    "truncated": Wrong(lambda *_: unsigned_pdf()[:-200], "poe_unreadable"),
    "empty": Wrong(lambda *_: b"", "", "document_empty", 400),
    "a PNG called .pdf": Wrong(lambda *_: picture("PNG"), "poe_misnamed"),
    "half a PNG": Wrong(lambda *_: picture("PNG")[:-30], "poe_unreadable", name="seats.png"),
    "a name with ../": called("../../etc/passwd"),
    "a name with ..\\": called("..\\..\\proof.pdf"),
    "a name with CRLF": called("proof\r\nSet-Cookie: a=b.pdf"),
    "a name of 400 characters": called("x" * 396 + ".pdf"),
    "for another customer": Wrong(lambda r, p, _: good_proof(r, p, str(uuid4())), "poe_tenant_missing"),
    "13 months old": Wrong(lambda r, p, tenant: proof(r, tenant, partner_name(p.partner_id), 396), "poe_signature_date"),
    "a signature that covers only part": Wrong(lambda *_: partly_signed(), "poe_signature_partial"),
}
# Of the worker that takes the upload; the process that opens it has a limit of its own, which `test_poe_hostile` measures.
MOST_BYTES = 250 * MEGABYTE


@pytest.mark.parametrize("name", WRONG)
def test_what_can_never_be_a_proof_is_refused_with_its_code_in_bounded_memory_and_nothing_is_stored(
    running: Running, partner: Caller, name: str
) -> None:
    """R-85, R-141"""
    wrong, tenant = WRONG[name], str(uuid4())
    claim_id = partner.draft(tenant)
    before = partner.get(f"/v1/claims/{claim_id}")
    content = wrong.make(running, partner, tenant)
    worker = running.system.hosts[0].child.pid
    held = forget_peak_bytes(worker)
    refusal = attach(partner, claim_id, content, wrong.name)
    grown = peak_bytes(worker) - held
    print(f"{name}: the worker grew by {grown // MEGABYTE} MB")  # noqa: T201  # For docs/measurements.md.
    assert refusal.status == wrong.status
    if wrong.code:
        assert refusal.code == wrong.code
        assert wrong.reason in reasons(refusal)
        assert all(error["message"].endswith(".") for error in refusal.document.get("errors", []))
    assert grown < MOST_BYTES
    assert stored(running, claim_id) == []
    assert partner.get(f"/v1/claims/{claim_id}").headers["etag"] == before.headers["etag"]


def attach_in_pieces(partner: Caller, path: str, pieces: Iterator[bytes]) -> Answer:
    connection = HTTPConnection(urlsplit(partner.running.address).netloc, timeout=120)
    try:
        headers = {"Authorization": f"Bearer {partner.token}", "Transfer-Encoding": "chunked"}
        connection.request("POST", path, pieces, headers, encode_chunked=True)
        return Answer(connection.getresponse().status, {}, b"")
    except (BrokenPipeError, ConnectionResetError):
        return Answer(413, {}, b"")  # The host hung up while more was coming, as it may.
    finally:
        connection.close()


def reasons(refusal: Answer) -> list[str]:
    """The codes of what was found wrong, or the names of the wrong fields."""
    return [str(error.get("code", error.get("field"))) for error in refusal.document.get("errors", [{"code": ""}])]


def forget_peak_bytes(pid: int) -> int:
    """Has the kernel forget the most that the process ever held, and says what it holds now."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return peak_bytes(pid)


def peak_bytes(pid: int) -> int:
    """The most memory that the process held since then."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    assert found
    return int(found[1]) * 1024


def test_what_a_later_step_can_mend_is_attached_with_its_faults_and_carries_no_submission(
    running: Running, partner: Caller
) -> None:
    """R-85"""
    claim_id = partner.draft()
    attached = attach(partner, claim_id, unsigned_pdf())
    assert (attached.status, attached.document["document"]["faults"]) == (201, ["poe_unsigned"])
    assert len(stored(running, claim_id)) == 1
    assert partner.post(f"/v1/claims/{claim_id}/submit").code == "claim_incomplete"


def test_a_virus_within_an_orderly_document_is_never_handed_out_and_carries_no_submission(
    running: Running, partner: Caller
) -> None:
    """R-85: a scanner of stored files needs it stored, so the gate is the screening."""
    tenant = str(uuid4())
    claim_id = partner.draft(tenant)
    attach(partner, claim_id, running.proof(tenant, partner_name(partner.partner_id)))
    infected = rewritten(add_virus)
    assert attach(partner, claim_id, infected, "more.pdf").status == 201
    partner.post(f"/v1/claims/{claim_id}/submit")
    claim = screened(partner, claim_id)
    assert (claim["status"], [document["scan"] for document in claim["documents"]]) == ("draft", ["clean", "infected"])
    found = partner.get(f"/v1/claims/{claim_id}/poe").document["value"]
    assert [bool(each["checks"]) for each in found] == [True, False], "nobody opens an infected document"
    assert partner.get(f"/v1/claims/{claim_id}/poe/{found[1]['document']['documentId']}").status == 404


def add_virus(writer: PdfWriter) -> None:
    drawing = StreamObject()
    drawing._data = EICAR
    writer._add_object(drawing)


def screened(partner: Caller, claim_id: str) -> dict[str, Any]:
    """The claim after its screening."""

    async def wait() -> dict[str, Any]:
        for _ in range(150):
            claim = partner.get(f"/v1/claims/{claim_id}").document
            if all(document["scan"] != "awaited" for document in claim["documents"]):
                return claim
            await asyncio.sleep(0.1)
        raise AssertionError("nothing was screened")

    return asyncio.run(wait())


@pytest.mark.parametrize(
    "name", ["..", "%2e%2e%2fproof.pdf", '";filename=x.html.pdf', "proof\u2028\u202efdp.pdf", "x" * 251 + ".pdf"]
)
def test_a_name_that_is_taken_becomes_neither_a_path_nor_a_header(running: Running, partner: Caller, name: str) -> None:
    """R-141"""
    tenant = str(uuid4())
    claim_id = partner.draft(tenant)
    content = running.proof(tenant, partner_name(partner.partner_id))
    attached = attach(partner, claim_id, content, name)
    shown = attached.document["document"]["name"]
    assert attached.status == 201
    assert len(shown) <= 120
    assert not set(shown) & set("/\\\r\n\0")
    partner.post(f"/v1/claims/{claim_id}/submit")
    screened(partner, claim_id)
    assert [each.count("/") for each in stored(running, claim_id)] == [1], "it lies under its claim and its content's hash"
    download = partner.get(f"/v1/claims/{claim_id}/poe/{attached.document['document']['documentId']}")
    assert (download.status, download.content) == (200, content)
    assert download.headers["content-disposition"] == f"attachment; filename*=UTF-8''{quote(shown, safe='')}"
    assert "set-cookie" not in download.headers


def test_partner_and_reviewer_read_one_report(running: Running, partner: Caller) -> None:
    """R-86"""
    claim_id = partner.complete_draft()
    attach(partner, claim_id, picture("PNG"), "seats.png")
    mine = partner.get(f"/v1/claims/{claim_id}/poe")
    theirs = running.staff("Reviewer").get(f"/v1/reviews/{claim_id}/poe")
    assert (mine.status, mine.content) == (200, theirs.content)
    first, second = mine.document["value"]
    assert {check["result"] for check in first["checks"]} == {"passed", "unknown"}
    assert next(check for check in first["checks"] if check["code"] == "poe_tenant_missing")["page"] == 1
    assert second["document"]["name"] == "seats.png"
    assert partner.get(f"/v1/reviews/{claim_id}/poe").status == 403


def test_a_scan_is_attested_by_somebody_and_approved_by_a_reviewer_who_saw_it(running: Running, partner: Caller) -> None:
    """R-320, R-321, R-86: in one upload or afterwards, under a name; partner and reviewer read the same of it."""
    claim_id, reviewer = partner.draft(), running.staff("Reviewer")
    scan = attach(partner, claim_id, picture("PNG"), "signed.png")
    address = f"/v1/claims/{claim_id}/poe/{scan.document['document']['documentId']}/attest"
    assert scan.document["document"]["isScan"] is True
    refused = partner.post(f"/v1/claims/{claim_id}/submit")
    assert (refused.code, reasons(refused)) == ("claim_incomplete", ["poe_unattested"])
    assert partner.post(address, {"attestation": "customer-1"}, Acting_User="anna.berg").status == 400
    nobody = partner.post(address, {"attestation": "partner-1"})
    assert (nobody.code, reasons(nobody)) == ("invalid_input", ["Acting-User"])
    attested = partner.post(address, {"attestation": "partner-1"}, Acting_User="anna.berg")
    assert attested.status == 200, attested.content
    assert attested.document["documents"][0]["attestation"]["statement"] == "partner-1"
    mine, theirs = partner.get(f"/v1/claims/{claim_id}/poe"), reviewer.get(f"/v1/reviews/{claim_id}/poe")
    assert mine.content == theirs.content
    (check,) = (each for each in theirs.document["value"][0]["checks"] if each["code"] == "poe_unattested")
    assert (check["result"], "(anna.berg) attested" in check["finding"]) == ("unknown", True)
    assert partner.post(f"/v1/claims/{claim_id}/submit").status == 202
    screened(partner, claim_id)
    assert reviewer.post(f"/v1/reviews/{claim_id}/approve").code == "scan_unconfirmed"
    assert reviewer.post(f"/v1/reviews/{claim_id}/approve", {"confirmScan": True}).status == 200
    events = [each["event"] for each in partner.get(f"/v1/claims/{claim_id}/timeline").document["value"]]
    assert events.index("proof_attested") < events.index("submitted") < events.index("approved")


def test_what_is_uploaded_can_be_attested_at_once(running: Running, partner: Caller) -> None:
    """R-320: raw, as a part, and in the one request that submits; never by nobody, and never another sentence."""
    claim_id = partner.draft()
    path = f"/v1/claims/{claim_id}/poe?name=signed.png&attestation="
    assert reasons(partner.post(path + "partner-1", picture("PNG"))) == ["Acting-User"]
    assert reasons(partner.post(path + "customer-1", picture("PNG"), Acting_User="anna.berg")) == ["attestation"]
    assert stored(running, claim_id) == []
    raw = partner.post(path + "partner-1", picture("PNG"), Acting_User="anna.berg")
    assert (raw.status, raw.document["document"]["faults"]) == (201, [])
    body, kind = form(("poe", "signed.jpg", picture("JPEG")), ("attestation", None, b"partner-1"))
    part = partner.post(f"/v1/claims/{partner.draft()}/poe", body, Content_Type=kind, Acting_User="anna.berg")
    assert (part.status, part.document["document"]["attestation"]["by"]) == (201, "partner")
    claim = json.dumps(claim_for(str(uuid4()))).encode()
    parts = (("claim", None, claim), ("poe", "signed.png", picture("PNG")))
    body, kind = form(*parts)
    refused = partner.post("/v1/claims", body, Content_Type=kind, Idempotency_Key="scan", Acting_User="anna.berg")
    assert (refused.code, reasons(refused)) == ("claim_incomplete", ["poe_unattested"])
    body, kind = form(*parts, ("attestation", None, b"partner-1"))
    at_once = partner.post("/v1/claims", body, Content_Type=kind, Idempotency_Key="scan", Acting_User="anna.berg")
    assert (at_once.status, at_once.document["status"]) == (202, "screening")


def test_our_own_form_completed_and_signed_by_typing_carries_a_submission(running: Running, partner: Caller) -> None:
    claim_id = partner.draft()
    form = partner.get(f"/v1/claims/{claim_id}/poe-form").content
    writer = PdfWriter(clone_from=io.BytesIO(form))
    answers: dict[str, str] = {
        Activity.DEPLOYMENT: "/Yes",
        FormField.AUTHORITY: "/Yes",
        FormField.SIGNER_NAME: "Anna Berg",
        FormField.SIGNER_TITLE: "Head of IT",
        FormField.SIGNED_ON: f"{running.system.clock.now():%Y-%m-%d}",
        FormField.TYPED_SIGNATURE: "Anna Berg",
    }
    for page in writer.pages:
        writer.update_page_form_field_values(page, dict(answers), auto_regenerate=False)
    file = io.BytesIO()
    writer.write(file)
    attached = attach(partner, claim_id, file.getvalue())
    assert (attached.status, attached.document["document"]["faults"]) == (201, [])
    assert partner.post(f"/v1/claims/{claim_id}/submit").status == 202
