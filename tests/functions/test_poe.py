"""What may be attached, what is refused at the door and leaves nothing behind, and one report for partner and reviewer."""

import asyncio
import io
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
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
from tests.contract.test_poe_hostile import bomb, pages_without_end, partly_signed
from tests.contract.test_poe_inspector import add_script, picture, rewritten, unsigned_pdf
from tests.functions.running import CUSTOMER, DOMAIN, Answer, Caller, Running, partner_name

pytestmark = pytest.mark.system

MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


def attach(partner: Caller, claim_id: str, content: bytes, name: str = "proof.pdf") -> Answer:
    return partner.post(f"/v1/claims/{claim_id}/poe?name={quote(name)}", content)


def stored(running: Running, claim_id: str) -> list[str]:
    """The documents of the claim that are in the store."""
    with ContainerClient.from_connection_string(running.system.azurite.connection_string, names.PROOFS) as container:
        return [str(blob.name) for blob in container.list_blobs(name_starts_with=claim_id)]


def codes(refusal: Answer) -> list[str]:
    return [str(error["code"]) for error in refusal.document["errors"]]


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


REFUSED: dict[str, tuple[Callable[[Running, Caller, str], bytes], str]] = {
    "larger than the policy": (lambda *_: b"%PDF-1.7\n" + bytes(25 * MEGABYTE), "poe_too_large"),
    "a zip bomb": (lambda *_: bomb(1), "poe_expands_too_far"),
    "100,000 pages": (lambda *_: pages_without_end(honest=True), "poe_too_many_pages"),
    "HTML first": (lambda *_: b"<html>" + unsigned_pdf(), "poe_wrong_type"),
    "encrypted": (lambda *_: rewritten(lambda w: w.encrypt("secret", algorithm="AES-256")), "poe_encrypted"),
    "a script": (lambda *_: rewritten(add_script), "poe_active_content"),
    "a bare virus": (lambda *_: EICAR, "poe_wrong_type"),
    "truncated": (lambda *_: unsigned_pdf()[:-200], "poe_unreadable"),
    "half a PNG": (lambda *_: picture("PNG")[:-30], "poe_unreadable"),
    "for another customer": (lambda r, p, _: proof(r, str(uuid4()), partner_name(p.partner_id)), "poe_tenant_missing"),
    "13 months old": (lambda r, p, tenant: proof(r, tenant, partner_name(p.partner_id), 396), "poe_signature_date"),
    "a signature over a part": (lambda *_: partly_signed(), "poe_signature_partial"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_never_be_a_proof_is_refused_with_its_code_and_nothing_is_stored(
    running: Running, partner: Caller, name: str
) -> None:
    """R-85"""
    make, code = REFUSED[name]
    tenant = str(uuid4())
    claim_id = partner.draft(tenant)
    before = partner.get(f"/v1/claims/{claim_id}")
    refusal = attach(partner, claim_id, make(running, partner, tenant))
    assert (refusal.status, refusal.code) == (422, "proof_refused")
    assert code in codes(refusal)
    assert all(error["message"].endswith(".") for error in refusal.document["errors"])
    assert stored(running, claim_id) == []
    assert partner.get(f"/v1/claims/{claim_id}").headers["etag"] == before.headers["etag"]


def test_an_endless_upload_is_cut_off_before_anybody_holds_it(running: Running, partner: Caller) -> None:
    """300 MB in pieces, without a length that would tell: the host stops at 100 MB, and nothing reaches the app."""
    claim_id = partner.draft()
    host = running.system.hosts[0].child.pid
    before = peak_bytes(host)
    connection = HTTPConnection(urlsplit(running.address).netloc, timeout=120)

    def pieces() -> Iterator[bytes]:
        yield b"%PDF-1.7\n"
        for _ in range(300):
            yield bytes(MEGABYTE)

    try:
        headers = {"Authorization": f"Bearer {partner.token}", "Transfer-Encoding": "chunked"}
        connection.request("POST", f"/v1/claims/{claim_id}/poe", pieces(), headers, encode_chunked=True)
        status = connection.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        status = 413  # The host hung up while more was coming, as it may.
    finally:
        connection.close()
    assert status == 413
    assert peak_bytes(host) - before < 250 * MEGABYTE
    assert stored(running, claim_id) == []


def peak_bytes(pid: int) -> int:
    """The most memory that the process ever held."""
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


@pytest.mark.parametrize("name", ["../../etc/passwd", "proof\r\nSet-Cookie: a=b.pdf", "x" * 400 + ".pdf", "..\\..\\a\x00.pdf"])
def test_a_name_from_outside_becomes_neither_a_path_nor_a_header(running: Running, partner: Caller, name: str) -> None:
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
