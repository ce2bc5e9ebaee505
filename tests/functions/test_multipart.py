"""Bodies in parts: read as they are, or refused with a sentence; and a claim that comes with its proof."""

import json
from typing import Any
from uuid import uuid4

import azure.functions as func
import pytest

from functions import multipart
from functions.edge import Refusal
from tests.functions.running import TEAMS, Caller, Running, claim_for, form, partner_name

KIND = "multipart/form-data; boundary=b"
NAMED = b'Content-Disposition: form-data; name="claim"\r\n\r\n'


def read(body: bytes, kind: str = KIND, *, most_bytes: int = 10_000) -> Any:
    request = func.HttpRequest("POST", "http://localhost/v1/claims", body=body, headers={"Content-Type": kind})
    return multipart.read_parts(request, ("claim", "poe"), most_bytes)


def refusal(body: bytes, kind: str = KIND, **limits: int) -> Refusal:
    with pytest.raises(Refusal) as refused:
        read(body, kind, **limits)
    return refused.value


def test_parts_are_what_was_sent() -> None:
    """R-252: content is bytes, with line ends, dashes and all."""
    strange = b"\r\n--\r\n\r\n--a\r\n\x00\xff"
    body, kind = form(("poe", "Nachweis für Contoso.pdf", strange), ("claim", None, b"{}"), boundary="b")
    parts = read(body, kind)
    assert (parts["poe"].content, parts["poe"].file_name) == (strange, "Nachweis für Contoso.pdf")
    assert (parts["claim"].content, parts["claim"].file_name) == (b"{}", None)


@pytest.mark.parametrize("kind", ['; boundary="b"', ";BOUNDARY=b; charset=utf-8", ";boundary=b"])
def test_a_boundary_may_be_written_in_several_ways(kind: str) -> None:
    body, _ = form(("claim", None, b"1"), ("poe", "x", b""), boundary="b")
    assert read(body, "Multipart/Form-Data" + kind)["claim"].content == b"1"


MALFORMED = {
    "empty": b"",
    "no parts at all": b"{}",
    "another boundary": b"--c\r\n" + NAMED + b"x\r\n--c--",
    "not ended": b"--b\r\n" + NAMED + b"x\r\n",
    "ended within a head": b"--b\r\nContent-Disposition: form-data",
    "a preamble": b"hello\r\n--b\r\n" + NAMED + b"x\r\n--b--",
    "an epilogue": b"--b\r\n" + NAMED + b"x\r\n--b--more",
    "bare line feeds": b'--b\nContent-Disposition: form-data; name="claim"\n\nx\n--b--',
    "no name": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--",
    "no disposition": b"--b\r\nContent-Type: text/plain\r\n\r\nx\r\n--b--",
    "an attachment": b'--b\r\nContent-Disposition: attachment; name="claim"\r\n\r\nx\r\n--b--',
    "base64": b'--b\r\nContent-Disposition: form-data; name="claim"\r\nContent-Transfer-Encoding: base64\r\n\r\ne30=\r\n--b--',
    "a head that is not UTF-8": b'--b\r\nContent-Disposition: form-data; name="\xff"\r\n\r\nx\r\n--b--',
    "an endless head": b"--b\r\n" + b"a" * 5_000 + b"\r\n\r\nx\r\n--b--",
    "a boundary that goes on": b"--b\r\n" + NAMED + b"x\r\n--bb--",
    "nine parts": b"".join(b'--b\r\nContent-Disposition: form-data; name="poe"\r\n\r\n\r\n' for _ in range(9)) + b"--b--",
}


@pytest.mark.parametrize("body", MALFORMED.values(), ids=MALFORMED.keys())
def test_what_is_not_in_parts_is_refused(body: bytes) -> None:
    """R-252"""
    refused = refusal(body)
    assert refused.status == 400
    assert refused.code in ("invalid_multipart", "invalid_input")


@pytest.mark.parametrize("boundary", ["", "; boundary=", f"; boundary={'b' * 71}"])
def test_without_a_boundary_there_are_no_parts(boundary: str) -> None:
    assert refusal(b"--b--", multipart.MEDIA_TYPE + boundary).code == "invalid_multipart"


@pytest.mark.parametrize(
    ("parts", "field"),
    [
        ([("claim", None, b"")], "poe"),
        ([("claim", None, b""), ("poe", "x", b""), ("poe", "y", b"")], "poe"),
        ([("claim", None, b""), ("poe", "x", b""), ("colour", None, b"blue")], "colour"),
        ([("claim", None, b""), ("poe", "x", b""), ("../../etc", None, b"blue")], ""),
    ],
    ids=["missing", "twice", "unknown", "unknown and strange"],
)
def test_exactly_the_named_parts_are_taken(parts: list[tuple[str, str | None, bytes]], field: str) -> None:
    """R-252: and what a stranger calls a part is not repeated."""
    body, kind = form(*parts)
    refused = refusal(body, kind)
    assert (refused.code, [error["field"] for error in refused.errors]) == ("invalid_input", [field])


def test_a_body_that_is_too_large_is_refused_before_it_is_looked_into() -> None:
    assert refusal(b"x" * 101, most_bytes=100).code == "body_too_large"


# Over HTTP


@pytest.fixture(scope="module")
def partner(running: Running) -> Caller:
    return running.partner()


@pytest.mark.system
def test_one_request_creates_proves_and_submits(running: Running, partner: Caller) -> None:
    """R-251"""
    answer = partner.submit_at_once(str(uuid4()), name="x.pdf")
    claim = answer.document
    assert (answer.status, claim["status"]) == (202, "screening")
    assert answer.headers["location"] == f"{running.system.api}/v1/claims/{claim['claimId']}"
    assert answer.headers["etag"] == '"3"'
    assert [(each["name"], each["scan"]) for each in claim["documents"]] == [("x.pdf", "awaited")]


@pytest.mark.system
def test_the_same_again_is_the_first_answer_however_its_parts_are_separated(partner: Caller) -> None:
    """R-251: HTTP libraries make up a new boundary for every request."""
    tenant, key = str(uuid4()), str(uuid4())
    first = partner.submit_at_once(tenant, key=key)
    again = partner.submit_at_once(tenant, key=key, boundary="another-one")
    assert (again.status, again.content) == (first.status, first.content)
    other = partner.submit_at_once(tenant, key=key, name="another name.pdf")
    assert (other.status, other.code) == (422, "idempotency_key_reused")


@pytest.mark.system
def test_what_is_refused_leaves_no_claim(partner: Caller) -> None:
    """R-251"""
    tenant = str(uuid4())
    assert partner.submit_at_once(tenant).status == 202
    refused = partner.submit_at_once(tenant)
    assert (refused.status, refused.code, refused.document["taken"][0]["scope"]) == (409, "scope_taken", TEAMS)
    assert len(partner.get(f"/v1/customers/{tenant}").document["claims"]) == 1


@pytest.mark.system
@pytest.mark.parametrize(
    ("claim", "proof", "status", "code"),
    [
        (b"{}", b"%PDF-1.7", 400, "invalid_input"),
        (b'{"a": NaN}', b"%PDF-1.7", 400, "invalid_json"),
        (None, b"", 400, "document_empty"),
        (None, b"hello", 422, "proof_refused"),
    ],
    ids=["no claim", "no JSON", "no document", "no proof"],
)
def test_each_part_is_held_to_its_own_rules(partner: Caller, claim: bytes | None, proof: bytes, status: int, code: str) -> None:
    told = json.dumps(claim_for(str(uuid4()))).encode() if claim is None else claim
    body, kind = form(("claim", None, told), ("poe", "poe.pdf", proof))
    answer = partner.post("/v1/claims", body, Content_Type=kind, Idempotency_Key=str(uuid4()))
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.system
def test_a_name_made_to_be_a_path_leaves_no_claim(partner: Caller) -> None:
    """R-141"""
    tenant = str(uuid4())
    refused = partner.submit_at_once(tenant, name="../../etc/passwd\\x.pdf")
    assert (refused.status, refused.code, refused.document["errors"][0]["field"]) == (400, "invalid_input", "name")
    assert partner.get(f"/v1/customers/{tenant}").status == 404


@pytest.mark.system
def test_a_document_comes_as_a_part_or_as_the_whole_body_and_is_one(running: Running, partner: Caller) -> None:
    """R-20, R-252"""
    tenant, key = str(uuid4()), str(uuid4())
    claim_id = partner.draft(tenant)
    proof = running.proof(tenant, partner_name(partner.partner_id))
    body, kind = form(("poe", "Nachweis für Contoso.pdf", proof))
    first = partner.post(f"/v1/claims/{claim_id}/poe", body, Content_Type=kind, Idempotency_Key=key)
    assert (first.status, first.document["document"]["name"]) == (201, "Nachweis für Contoso.pdf")
    body, kind = form(("poe", "Nachweis für Contoso.pdf", proof), boundary="another-one")
    again = partner.post(f"/v1/claims/{claim_id}/poe", body, Content_Type=kind, Idempotency_Key=key)
    assert (again.status, again.content) == (201, first.content)
    whole = partner.post(f"/v1/claims/{claim_id}/poe?name=again.pdf", proof)
    assert (whole.status, whole.document["document"]) == (201, first.document["document"])
    assert len(partner.get(f"/v1/claims/{claim_id}/poe").document["value"]) == 1


@pytest.mark.system
@pytest.mark.parametrize(
    ("parts", "status", "code"),
    [
        ([("poe", "x.pdf", b"")], 400, "document_empty"),
        ([("poe", "x.pdf", b"hello")], 422, "proof_refused"),
        ([("poe", "a\\b.pdf", b"hello")], 400, "invalid_input"),
        ([("claim", None, b"{}")], 400, "invalid_input"),
        ([("poe", "x.pdf", b"hello"), ("claim", None, b"{}")], 400, "invalid_input"),
    ],
    ids=["empty", "no proof", "a path", "no document", "more"],
)
def test_a_part_that_is_no_document_is_refused(
    partner: Caller, parts: list[tuple[str, str | None, bytes]], status: int, code: str
) -> None:
    body, kind = form(*parts)
    answer = partner.post(f"/v1/claims/{partner.draft()}/poe", body, Content_Type=kind)
    assert (answer.status, answer.code) == (status, code)


@pytest.mark.system
def test_a_claim_in_parts_needs_a_key_too(running: Running, partner: Caller) -> None:
    tenant = str(uuid4())
    proof = running.proof(tenant, partner_name(partner.partner_id))
    body, kind = form(("claim", None, json.dumps(claim_for(tenant)).encode()), ("poe", "x", proof))
    assert partner.post("/v1/claims", body, Content_Type=kind).code == "idempotency_key_missing"
