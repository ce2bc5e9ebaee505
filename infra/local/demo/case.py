"""Who plays in the demo, and what the story knows so far."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from infra.local.demo.client import Answer
from infra.local.demo.stage import Caller, Stage
from infra.local.issuer import DEVELOPMENT_TENANT, client_of_partner
from infra.local.sample_poe import sample_poe

PROGRAMME = "demo"
TEAMS, EXCHANGE = "workload:teams", "workload:exchange"
NAMES = {TEAMS: "Microsoft Teams", EXCHANGE: "Exchange Online"}


@dataclass(frozen=True)
class Company:
    """A partner that claims."""

    partner_id: str
    name: str
    mail: str

    @property
    def profile(self) -> dict[str, Any]:
        """What an operator enrols."""
        client = {"tenantId": str(DEVELOPMENT_TENANT), "appId": str(client_of_partner(self.partner_id))}
        return {"name": self.name, "mail": self.mail, "programmes": [PROGRAMME], "clients": [client]}


CONTOSO = Company("4711001", "Contoso Consulting", "claims@contoso.example")
NORTHWIND = Company("4711002", "Northwind Cloud Services", "claims@northwind.example")

TENANT_ID = "0f9e8d7c-6b5a-4c3d-8e1f-a0b1c2d3e4f5"
CUSTOMER = {"tenantId": TENANT_ID, "domain": "fabrikam.example", "name": "Fabrikam Manufacturing", "country": "DE"}
CONTACT = {"name": "Anna Berg", "mail": "anna.berg@fabrikam.example"}


@dataclass
class Case:
    """The callers, and what one step leaves to the next."""

    stage: Stage
    contoso: Caller = field(init=False)
    northwind: Caller = field(init=False)
    reviewer: Caller = field(init=False)
    operator: Caller = field(init=False)
    claim_id: str = ""
    consent_link: str = ""
    manage_link: str = ""
    associations: dict[str, str] = field(default_factory=dict)
    """Association ids by scope."""
    earnings: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Partner A's earnings by id, as first shown."""

    def __post_init__(self) -> None:
        issue = self.stage.system.token
        self.contoso = Caller(f"partner A, {CONTOSO.name}", issue(partner=CONTOSO.partner_id))
        self.northwind = Caller(f"partner B, {NORTHWIND.name}", issue(partner=NORTHWIND.partner_id))
        self.reviewer = Caller("a reviewer", issue("Reviewer", person="Rita"))
        self.operator = Caller("an operator", issue("Operator", person="Oskar"))

    @property
    def claim(self) -> str:
        """The address of partner A's claim."""
        return f"/v1/claims/{self.claim_id}"

    def evaluate(self, *, shown: bool = True) -> Answer:
        """Has all customers evaluated, and waits until it is done."""
        started = self.stage.ask(self.operator, "POST", "/v1/evaluations", {}, expects=202, shown=shown)
        return self.finished(f"/v1/evaluations/{started['evaluationId']}")

    def finished(self, address: str) -> Answer:
        """An import or an evaluation, once it is done."""
        stage = self.stage

        def read() -> Answer | None:
            answer = stage.ask(self.operator, "GET", address, expects=200, shown=False)
            return answer if answer["status"] == "done" else None

        def as_it_is() -> str:
            return stage.ask(self.operator, "GET", address, expects=200, shown=False).text

        return stage.eventually(f"an end of {address}", read, as_it_is)

    def read_earnings(self) -> dict[str, dict[str, Any]]:
        """Partner A's earnings with this customer, by id."""
        answer = self.stage.ask(self.contoso, "GET", f"/v1/earnings?tenantId={TENANT_ID}", expects=200)
        return {earning["earningId"]: earning for earning in answer["value"]}


def claim_for(*scopes: str) -> dict[str, Any]:
    """The claim a partner sends."""
    return {"customer": CUSTOMER, "programmeId": PROGRAMME, "scopes": list(scopes), "contact": CONTACT}


def signed_proof(company: Company, scopes: tuple[str, ...], signed_on: date) -> bytes:
    """A PDF with a real digital signature of the customer's."""
    return sample_poe(
        tenant_id=TENANT_ID,
        domain=CUSTOMER["domain"],
        customer_name=CUSTOMER["name"],
        partner_name=company.name,
        partner_id=company.partner_id,
        workloads=[NAMES[scope] for scope in scopes],
        signer_name=CONTACT["name"],
        signer_title="Head of IT",
        signed_on=signed_on,
    )
