"""Operations on associations and on customers."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation, Parameter
from functions.reference.parts import IDEMPOTENCY_KEY, IF_MATCH, LINE, OF_A_KEY, OF_A_MOVE, PAGED, UUID
from functions.wire.associations import AssociationOut, AssociationsOut, AvailabilityOut, CustomerOut, EndIn, Standing
from shared.domain.caller import Role

_TAG: Final = "Associations"
_STATUS: Final = {"enum": [str(each) for each in Standing]}
_ASSOCIATION: Final = Answer("The association.", AssociationOut, headers=("ETag",))

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_associations": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(
            Parameter("tenantId", "query", "Only those with this customer.", UUID, "6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c"),
            Parameter("scope", "query", "Only those of this scope.", LINE, "workload:teams"),
            Parameter("status", "query", "Only those that go on, or that have ended.", _STATUS, "standing"),
            *PAGED,
        ),
        answers={200: Answer("A page of associations.", AssociationsOut)},
        problems=("invalid_input", "invalid_cursor"),
    ),
    "get_availability": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(
            Parameter("tenantId", "query", "The customer.", UUID, "6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c", required=True),
            Parameter("domain", "query", "A domain of this customer's tenant.", LINE, "fabrikam.example", required=True),
            Parameter("scope", "query", "What you would claim.", LINE, "workload:teams", required=True),
        ),
        answers={200: Answer("Whether it is free.", AvailabilityOut)},
        problems=("invalid_input", "limit_reached"),
    ),
    "get_association": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: _ASSOCIATION}, problems=("invalid_input", "not_found")
    ),
    "end_association": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY, IF_MATCH),
        body=Body(EndIn, {"reasonCode": "contract_ended", "words": "Our contract with the customer ends this month."}),
        answers={200: _ASSOCIATION},
        problems=(*OF_A_KEY, *OF_A_MOVE, "partner_suspended"),
    ),
    "get_customer": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={200: Answer("Claims and associations.", CustomerOut)},
        problems=("invalid_input", "not_found"),
    ),
}
