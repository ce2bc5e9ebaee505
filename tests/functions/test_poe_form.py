"""The form as a portal gets it: a PDF for its own claim, in the claim's language, and nothing changed by asking."""

import io
from uuid import uuid4

import pytest
from pypdf import PdfReader

from tests.functions.running import CUSTOMER, Running, claim_for

pytestmark = pytest.mark.system


def test_the_form_of_a_draft_is_a_pdf_in_the_claims_language(running: Running) -> None:
    partner, tenant = running.partner(), str(uuid4())
    claim_id = partner.create_claim({**claim_for(tenant), "language": "de"}).document["claimId"]
    before = partner.get(f"/v1/claims/{claim_id}").headers["etag"]
    form = partner.get(f"/v1/claims/{claim_id}/poe-form")
    assert (form.status, form.headers["content-type"], form.headers["cache-control"]) == (200, "application/pdf", "no-store")
    assert form.headers["content-disposition"].startswith("attachment; filename*=UTF-8''proof%20of%20execution%20" + claim_id)
    reader = PdfReader(io.BytesIO(form.content))
    said = " ".join(page.extract_text() for page in reader.pages)
    assert all(fact in said for fact in ("Leistungsnachweis", CUSTOMER, tenant))
    assert partner.get(f"/v1/claims/{claim_id}").headers["etag"] == before


def test_a_name_the_form_cannot_print_is_said_with_what_to_do(running: Running) -> None:
    partner = running.partner()
    wanted = claim_for(str(uuid4()))
    wanted["customer"]["name"] = "株式会社コントソ"
    claim_id = partner.create_claim(wanted).document["claimId"]
    answer = partner.get(f"/v1/claims/{claim_id}/poe-form")
    assert (answer.status, answer.code) == (409, "form_not_printable")
    assert "U+" in answer.document["detail"]
