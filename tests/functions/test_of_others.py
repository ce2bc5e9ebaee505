"""What belongs to another partner looks exactly like what there is not, on every route that names something by its id.

Generated from the registered functions: a new route of partners is asked on the day it is written.
"""

import json
import re
from uuid import uuid4

import pytest

from functions.reference.parts import PATH_PARAMETERS
from functions.reference.table import OPERATIONS
from shared.domain.association import association_id
from tests.architecture.routes import Route
from tests.functions.running import Answer, Caller, Running
from tests.functions.test_authentication import CALLS, role_of

pytestmark = pytest.mark.system

# Names of webhooks are each partner's own: the same name is another webhook.
OF_A_PARTNER = {"claimId", "associationId", "batchId", "documentId", "earningId"}
NOWHERE = {name: example for name, (_, example) in PATH_PARAMETERS.items()}


def parameters(route: Route) -> list[str]:
    return re.findall(r"\{(\w+)\}", route.template)


NAMED = [
    pytest.param(*param.values, id=str(param.id))
    for param in CALLS
    if isinstance(route := param.values[1], Route) and role_of(route) == "Partner" and OF_A_PARTNER & set(parameters(route))
]


@pytest.fixture(scope="module")
def theirs(running: Running) -> dict[str, str]:
    """The ids of what a partner has: a draft with its proof, a batch, and what the claim would lead to."""
    partner = running.partner()
    claim_id = partner.complete_draft(str(uuid4()))
    document = partner.get(f"/v1/claims/{claim_id}").document["documents"][0]["documentId"]
    batch = partner.post("/v1/claim-batches", b"{}\n", Content_Type="application/x-ndjson", Idempotency_Key=str(uuid4()))
    assert batch.status == 202, batch.content
    return {
        "claimId": claim_id,
        "documentId": document,
        "associationId": association_id(claim_id, "teams"),
        "batchId": batch.document["batchId"],
        "earningId": f"{claim_id.partition('-')[0]}.demo.teams-15.1",
    }


@pytest.fixture(scope="module")
def nosy(running: Running) -> Caller:
    return running.partner()


def ask(caller: Caller, method: str, route: Route, ids: dict[str, str]) -> Answer:
    """The operation's own example, about these ids, so that nothing else stands in the way; of what is not one's own not even a
    stale version is told (R-380)."""
    path = "/" + route.template
    for name in parameters(route):
        path = path.replace("{" + name + "}", ids.get(name, NOWHERE[name]))
    operation = OPERATIONS[route.function]
    body = operation.body.example if operation.body is not None else None
    return caller.send(method, path, body, {"If_Match": '"999999"', "Idempotency_Key": str(uuid4())})


@pytest.mark.parametrize(("method", "route"), NAMED)
def test_what_is_anothers_and_what_there_is_not_look_alike(
    nosy: Caller, theirs: dict[str, str], method: str, route: Route
) -> None:
    missing, others = ask(nosy, method, route, {}), ask(nosy, method, route, theirs)
    assert others.status in (400, 404), others.content
    assert others.status == missing.status
    assert {**others.document, "traceId": ""} == {**missing.document, "traceId": ""}
    assert not any(value in json.dumps(others.document) for value in theirs.values())


def test_there_are_such_routes() -> None:
    assert len(NAMED) >= 15
