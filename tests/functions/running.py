"""The running system as its callers see it: requests by HTTP, answers as they came over the wire."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

from infra.local.issuer import DEVELOPMENT_TENANT, client_of_partner
from infra.local.sample_poe import sample_poe
from infra.local.system import System

DOMAIN, CUSTOMER = "fabrikam.example", "Fabrikam Manufacturing"
TEAMS, EXCHANGE = "workload:teams", "workload:exchange"
PATIENCE_S = 30.0
_partner_ids = count(100_001)


@dataclass(frozen=True)
class Answer:
    """An HTTP answer; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def document(self) -> dict[str, Any]:
        """The JSON object in it."""
        found = json.loads(self.content)
        assert isinstance(found, dict)
        return found

    @property
    def code(self) -> str:
        """The problem's code; what is no problem document fails the test."""
        assert self.headers["content-type"].startswith("application/problem+json"), self.content[:300]
        return str(self.document["code"])


@dataclass(frozen=True)
class Caller:
    """Somebody with a token."""

    running: "Running"
    token: str
    partner_id: str = ""

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: object = None, **headers: str) -> Answer:
        """Bytes travel as they are, anything else as JSON."""
        return self.send("POST", path, body, headers)

    def put(self, path: str, body: object) -> Answer:
        return self.send("PUT", path, body, {})

    def send(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Answer:
        """Sends with the token; `Idempotency_Key` is spelt with an underscore, as an argument has to be."""
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.running.send(method, path, content, {"Authorization": f"Bearer {self.token}", **named})

    def create_claim(self, wanted: object = None, *, key: str = "") -> Answer:
        """Creates a claim for a new customer, unless the test says what it wants."""
        return self.post("/v1/claims", claim_for(str(uuid4())) if wanted is None else wanted, Idempotency_Key=key or str(uuid4()))

    def submit_at_once(
        self, tenant: str, *scopes: str, key: str = "", boundary: str = "a-boundary", name: str = "poe.pdf"
    ) -> Answer:
        """Creates, proves and submits in one request."""
        claim, proof = claim_for(tenant, *scopes), self.running.proof(tenant, partner_name(self.partner_id))
        body, kind = form(("claim", None, json.dumps(claim).encode()), ("poe", name, proof), boundary=boundary)
        return self.post("/v1/claims", body, Content_Type=kind, Idempotency_Key=key or str(uuid4()))

    def draft(self, tenant: str = "", *scopes: str) -> str:
        """The id of a new draft."""
        created = self.create_claim(claim_for(tenant or str(uuid4()), *scopes))
        assert created.status == 201, created.content
        return str(created.document["claimId"])

    def complete_draft(self, tenant: str = "", *scopes: str) -> str:
        """The id of a new draft with a proof in good order."""
        tenant = tenant or str(uuid4())
        claim_id = self.draft(tenant, *scopes)
        attached = self.post(f"/v1/claims/{claim_id}/poe", self.running.proof(tenant, partner_name(self.partner_id)))
        assert attached.status == 201, attached.content
        return claim_id


@dataclass
class Running:
    """The system, as its host at `address` shows it."""

    system: System
    address: str = ""

    def __post_init__(self) -> None:
        self.address = self.address or self.system.api

    def send(self, method: str, path: str, content: bytes | None = None, headers: Mapping[str, str] | None = None) -> Answer:
        """Asks with exactly these headers."""
        connection = HTTPConnection(urlsplit(self.address).netloc, timeout=PATIENCE_S)
        try:
            connection.request(method, path, content, dict(headers or {}))
            answer = connection.getresponse()
            return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
        finally:
            connection.close()

    def agree(self, page: str) -> None:
        """What a customer does: it reads the page, and agrees to all that it is asked there."""
        shown = self.send("GET", page).content.decode()
        words = shown.partition('name="words" value="')[2].partition('"')[0]
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = self.send("POST", page, f"choice=agree&words={words}".encode(), form)
        assert answer.status == 200, answer.content

    def staff(self, role: str) -> Caller:
        """A reviewer or an operator."""
        return Caller(self, self.system.token(role, person=role))

    def partner(self, **changes: Any) -> Caller:
        """A newly enrolled partner."""
        caller = self.stranger()
        self.enrol(caller.partner_id, **changes)
        return caller

    def stranger(self) -> Caller:
        """A partner that nobody has enrolled, with a good token."""
        partner_id = str(next(_partner_ids))
        return Caller(self, self.system.token(partner=partner_id), partner_id)

    def enrol(self, partner_id: str, **changes: Any) -> None:
        """Enrols, or changes the profile."""
        profile = {
            "name": partner_name(partner_id),
            "mail": "claims@northwind.example",
            "programmes": ["demo"],
            "clients": [{"tenantId": str(DEVELOPMENT_TENANT), "appId": str(client_of_partner(partner_id))}],
        }
        enrolled = self.staff("Operator").put(f"/v1/partners/{partner_id}", {**profile, **changes})
        assert enrolled.status == 200, enrolled.content

    def proof(self, tenant: str, company: str) -> bytes:
        """A signed proof in good order."""
        return _proof(tenant, company, self.system.clock.now().date() - timedelta(days=1))


def form(*parts: tuple[str, str | None, bytes], boundary: str = "a-boundary") -> tuple[bytes, str]:
    """A body in parts (name, file name, content), and its Content-Type."""
    body = b""
    for name, file_name, content in parts:
        told = f'; filename="{file_name}"' if file_name is not None else ""
        body += f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"{told}\r\n\r\n'.encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode(), f"multipart/form-data; boundary={boundary}"


def partner_name(partner_id: str) -> str:
    return f"Northwind {partner_id}"


def claim_for(tenant: str, *scopes: str) -> dict[str, Any]:
    """A claim as a partner sends it."""
    return {
        "customer": {"tenantId": tenant, "domain": DOMAIN, "name": CUSTOMER, "country": "DE"},
        "programmeId": "demo",
        "scopes": list(scopes) or [TEAMS],
        "contact": {"name": "Anna Berg", "mail": f"anna.berg@{DOMAIN}"},
    }


@cache
def _proof(tenant: str, company: str, signed_on: Any) -> bytes:
    return sample_poe(
        tenant_id=tenant,
        domain=DOMAIN,
        customer_name=CUSTOMER,
        partner_name=company,
        partner_id="4711001",
        workloads=["Microsoft Teams"],
        signer_name="Anna Berg",
        signer_title="Head of IT",
        signed_on=signed_on,
    )
