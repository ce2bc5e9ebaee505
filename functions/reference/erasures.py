"""Forgetting a person."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation
from functions.wire.erasures import ErasureIn, ErasureOut
from shared.domain.caller import Role

OPERATIONS: Final[Mapping[str, Operation]] = {
    "erase_person": Operation(
        tag="Mail",
        role=Role.OPERATOR,
        body=Body(ErasureIn, {"tenantId": "6f1d2c3b-4a59-4e68-8b7c-9d0e1f2a3b4c", "mail": "nobody@fabrikam.example"}),
        answers={200: Answer("What is gone.", ErasureOut)},
        problems=("invalid_input",),
    ),
}
