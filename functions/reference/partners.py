"""Operations on partners."""

from collections.abc import Mapping
from typing import Any, Final

from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import IF_MATCH, PAGED
from functions.wire.enrolment import EnrolledPartnerOut, PartnerIn, PartnersOut
from functions.wire.partners import MeOut, PartnerOut
from shared.domain.caller import Role

_TAG: Final = "Partners"

PARTNER: Final[Mapping[str, Any]] = {
    "name": "Northwind Cloud",
    "mail": "claims@northwind.example",
    "programmes": ["demo"],
    "clients": [{"tenantId": "3c1f1b7a-6d2e-4f80-9a1b-2c3d4e5f6a7b", "appId": "7a6f5e4d-3c2b-4a19-8f7e-6d5c4b3a2f1e"}],
    "suspended": False,
    "grants": [{"distributorId": "4711999", "rights": ["read", "submit"]}],
    "language": "en",
}

OPERATIONS: Final[Mapping[str, Operation]] = {
    "who_am_i": Operation(tag=_TAG, role=Role.PARTNER, answers={200: Answer("The partner.", MeOut)}),
    "list_partners": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=PAGED,
        answers={200: Answer("A page of partners.", PartnersOut)},
        problems=("invalid_cursor",),
    ),
    "get_partner": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("The partner's profile.", EnrolledPartnerOut)}, problems=("not_found",)
    ),
    "put_partner": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        parameters=(IF_MATCH,),
        body=Body(PartnerIn, PARTNER),
        answers={200: Answer("The partner as enrolled.", PartnerOut, headers=("ETag",))},
        problems=("busy",),
    ),
}
