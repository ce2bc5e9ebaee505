"""One trace id follows a claim from its POST to the mail's headers, through outbox, queue and scan; and `/ready` is honest."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from infra.local.demo.client import Answer, send
from infra.local.issuer import DEVELOPMENT_TENANT, client_of_partner
from infra.local.process import NotStarted
from infra.local.sample_poe import sample_poe
from infra.local.system import System, local_system
from shared.adapters import names
from tests.local.hosted import eventually

pytestmark = pytest.mark.system

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARTNER, CONTACT = "4711777", "anna@trace.example"


@pytest.fixture(scope="module")
def system() -> Iterator[System]:
    with local_system(environment={"CPOR_TELEMETRY": "console"}) as running:
        yield running


def test_one_trace_id_follows_a_claim_from_its_post_to_the_mails_headers(system: System) -> None:
    """The portal sends one `traceparent` with everything it does for the claim."""
    tenant = str(uuid4())
    client = {"tenantId": str(DEVELOPMENT_TENANT), "appId": str(client_of_partner(PARTNER))}
    profile = {"name": "Tracer", "mail": "portal@partner.example", "programmes": ["demo"], "clients": [client]}
    assert _ask(system, "PUT", f"/v1/partners/{PARTNER}", "Operator", profile).status == 200
    wanted = {
        "customer": {"tenantId": tenant, "domain": "trace.example", "name": "Trace AG", "country": "DE"},
        "programmeId": "demo",
        "scopes": ["workload:teams"],
        "contact": {"name": "Anna", "mail": CONTACT},
    }
    claim = _ask(system, "POST", "/v1/claims", "Partner", wanted)["claimId"]
    proof = sample_poe(
        tenant_id=tenant, domain="trace.example", customer_name="Trace AG", partner_name="Tracer", partner_id=PARTNER,
        workloads=["Microsoft Teams"], signer_name="Anna", signer_title="CIO", signed_on=datetime.now(UTC).date(),
    )  # fmt: skip
    assert _ask(system, "POST", f"/v1/claims/{claim}/poe", "Partner", proof).status == 201
    assert _ask(system, "POST", f"/v1/claims/{claim}/submit", "Partner", {}).status == 202

    mails = system.mailbox.wait_for(CONTACT, count=2)

    assert {mail.headers["traceparent"].split("-")[1] for mail in mails} == {TRACE}
    log = system.folder / "log" / "host-1.log"
    # A mail arrives a moment before the span of its sending ends.
    expected = {"http create_claim", "http submit_claim", "outbox screen", "outbox consent_request", "outbox notification"}
    eventually(lambda: expected <= _names_in_our_trace(log.read_text()), f"spans {expected} in one trace")
    assert CONTACT not in log.read_text()


def test_a_problem_bears_the_callers_trace_id(system: System) -> None:
    assert _ask(system, "GET", "/v1/claims/nothing", "Reviewer")["traceId"] == TRACE


def test_a_ready_system_says_so_and_one_without_its_store_says_what_is_silent(system: System) -> None:
    assert send("GET", f"{system.api}/ready").document == {"status": "ready"}
    elsewhere = system.environment["CPOR_STORAGE"].replace(
        f"TableEndpoint=http://127.0.0.1:{system.azurite.table_port}", "TableEndpoint=http://127.0.0.1:9"
    )
    assert elsewhere != system.environment["CPOR_STORAGE"]
    broken = system.start_host(environment={"CPOR_STORAGE": elsewhere})
    answer = send("GET", f"{broken.address}/ready")
    assert answer.status == 503
    assert answer["silent"] == [f"table {name}" for name in names.TABLES]


def test_a_wrong_setting_fails_the_start_and_not_the_first_request(system: System) -> None:
    with pytest.raises(NotStarted, match="CPOR_PUBLIC_URL is missing"):
        system.start_host(environment={"CPOR_PUBLIC_URL": ""})


def _ask(system: System, method: str, path: str, role: str, content: object = None) -> Answer:
    body = content if isinstance(content, bytes) else None if content is None else json.dumps(content).encode()
    headers = {
        "Authorization": f"Bearer {system.token(role, PARTNER)}",
        "Idempotency-Key": path,
        "traceparent": f"00-{TRACE}-00f067aa0ba902b7-01",
    }
    return send(method, system.api + path, body, headers)


def _names_in_our_trace(output: str) -> set[str]:
    return {str(span["name"]) for span in _spans(output) if span["context"]["trace_id"] == f"0x{TRACE}"}


def _spans(output: str) -> list[dict[str, dict[str, str]]]:
    """The JSON objects that the console exporter printed between other lines."""
    decoder, found, at = json.JSONDecoder(), [], 0
    while (start := output.find('{\n    "name"', at)) >= 0:
        span, at = decoder.raw_decode(output, start)
        found.append(span)
    return found
