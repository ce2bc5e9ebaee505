"""Operations on associations and on customers."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import IDEMPOTENCY_KEY, OF_A_KEY, OF_A_MOVE
from functions.wire.associations import AssociationOut, CustomerOut, EndIn
from shared.domain.caller import Role

_TAG: Final = "Associations"
_ASSOCIATION: Final = Answer("The association.", AssociationOut, headers=("ETag",))

OPERATIONS: Final[Mapping[str, Operation]] = {
    "get_association": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: _ASSOCIATION}, problems=("invalid_input", "not_found")
    ),
    "end_association": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IDEMPOTENCY_KEY,),
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
