"""Every operation of the reference, tried by schemathesis with what nobody thought of: good and bad, on the running system.

No answer may be a 5xx, undocumented, of another media type, or unlike its schema; what the document forbids must be refused.
Half of the ids lead to something, so that the answers are not all 404. `make fuzz` tries each operation 100 times, at random;
without being told, each is tried a few times, the same every time, so that a failure is never somebody else's.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from functions.reference.document import document
from infra.local.azurite import Azurite
from infra.local.system import local_system
from tests.functions.conformity import operations
from tests.functions.running import PATIENCE_S, Caller, Running

pytestmark = pytest.mark.system

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
A_FEW = 10
ALWAYS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
TRIED = settings(
    max_examples=EXAMPLES or A_FEW,
    derandomize=not EXAMPLES,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)
SOMETIMES: st.SearchStrategy[Any] = st.booleans()
DOCUMENTS = st.one_of(st.binary(), st.binary().map(b"%PDF-1.7\n".__add__), st.binary().map(b"\x89PNG\r\n\x1a\n".__add__))
HEADER = b"CustomerTenantId,WorkloadName,Month,PaidAvailableUnits,MonthlyActiveUsers\n"
TABLES = st.one_of(st.binary(), st.text().map(str.encode), st.binary().map(HEADER.__add__))

for media_type in ("application/pdf", "image/png", "image/jpeg"):
    schemathesis.openapi.media_type(media_type, DOCUMENTS)
for media_type in ("text/csv", "text/tab-separated-values", "application/x-ndjson"):
    schemathesis.openapi.media_type(media_type, TABLES)


MAKES_MUCH_WORK = ("startEvaluation", "startReconciliation")


@dataclass(frozen=True)
class Site:
    """Who asks, and what there is to ask for."""

    address: str
    tokens: Mapping[str, str]
    ids: Mapping[str, list[str]]


@pytest.fixture(scope="module")
def site(running: Running) -> Site:
    return site_of(running)


@pytest.fixture
def unattended(azurite: Azurite) -> Iterator[Site]:
    """A site whose queues nobody works off: a hundred runs are 25,600 messages, and who worked those off would answer late."""
    with local_system(environment={"AzureWebJobsStorage": azurite.connection_string}) as system:
        yield site_of(Running(system))


def site_of(running: Running) -> Site:
    """A partner with claims in several states, and what an operator has."""
    partner, operator = running.partner(), running.staff("Operator")
    draft, complete, submitted, withdrawn = partner.draft(), partner.complete_draft(), partner.complete_draft(), partner.draft()
    assert partner.post(f"/v1/claims/{submitted}/submit").status == 202
    assert partner.post(f"/v1/claims/{withdrawn}/withdraw").status == 200
    claims = [draft, complete, submitted, withdrawn]
    proofs = partner.get(f"/v1/claims/{submitted}").document["documents"]
    lines = {"Content_Type": "application/x-ndjson", "Idempotency_Key": str(uuid4())}
    table = {"Content_Type": "text/csv", "Idempotency_Key": str(uuid4())}
    ids = {
        "claimId": claims,
        "reviewId": claims,
        "contestId": claims,
        "batchId": [str(partner.post("/v1/claim-batches", b"{}\n", **lines).document["batchId"])],
        "documentId": [str(proof["documentId"]) for proof in proofs],
        "associationId": [f"{claim}.teams" for claim in claims],
        "partnerId": [partner.partner_id],
        "programmeId": ["demo"],
        "tenantId": [str(partner.get(f"/v1/claims/{submitted}").document["tenantId"])],
        "importId": [str(operator.post("/v1/usage-imports", HEADER + b"a,b,c,d,e\n", **table).document["importId"])],
        "month": ["2026-10"],
        "payoutId": ["2026-10"],
        "earningId": ["a76f0cb6-f44b22682218f036ae1a.demo.teams-15.1"],
        "reconciliationId": ["nightly-2026-11-22"],
        "webhookName": ["portal"],
        "deliveryId": ["17"],
        "addressHash": ["0" * 64],
        "letterId": ["0123456789abcdef01234567"],
        "trialId": ["9f86d081884c7d659a2feaa0"],
        "evaluationId": [str(operator.post("/v1/evaluations").document["evaluationId"])],
    }
    assert all(ids.values())
    staff: dict[str, Caller] = {role: running.staff(role) for role in ("Reviewer", "Operator")}
    tokens = {"Partner": partner.token, **{role: caller.token for role, caller in staff.items()}}
    return Site(running.address, tokens, ids)


@pytest.fixture(scope="module")
def described() -> Any:
    schema = schemathesis.openapi.from_dict(dict(document()))
    # The token is the site's; what becomes of other tokens is tests/functions/test_authentication.py's business.
    schema.config.generation.update(with_security_parameters=False)
    return schema


@pytest.mark.parametrize("operation_id", sorted(operations()))
def test_nothing_breaks_an_operation_and_its_answers_are_as_described(
    request: pytest.FixtureRequest, described: Any, operation_id: str
) -> None:
    site: Site = request.getfixturevalue("unattended" if operation_id in MAKES_MUCH_WORK else "site")
    method, path, said = operations()[operation_id]
    operation = described[path][method]
    roles = [role for scheme in said["security"] for role in scheme["bearer"]]
    headers = {"Authorization": f"Bearer {site.tokens[roles[0]]}"} if roles else {}
    good, bad = (operation.as_strategy(generation_mode=mode) for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE))

    @TRIED
    @given(case=st.one_of(good, bad), data=st.data())
    def tried(case: Case[Any], data: st.DataObject) -> None:
        checks = list(ALWAYS)
        if case.path_parameters and data.draw(SOMETIMES, label="ids that lead somewhere"):
            case.path_parameters = {name: data.draw(st.sampled_from(site.ids[name])) for name in case.path_parameters}
        elif "" not in (*case.query.values(), *case.headers.values()):
            # The platform leaves parameters and headers without a value out, so that no function learns of them.
            checks.append(negative_data_rejection)
        case.call_and_validate(base_url=site.address, headers=headers, checks=checks, timeout=PATIENCE_S)

    tried()
