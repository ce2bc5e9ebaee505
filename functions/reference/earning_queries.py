"""Operations on queries about earnings."""

from collections.abc import Mapping
from typing import Final

from functions.reference.operation import Answer, Body, Operation
from functions.wire.earning_queries import QueriesOut, QueryIn, QueryOut
from shared.domain.caller import Role

_TAG: Final = "Earnings"
_QUERY: Final = Answer("The query.", QueryOut)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "query_earning": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        body=Body(QueryIn, {"words": "The customer had 1,200 seats by then, which would make it size M."}),
        answers={201: _QUERY},
        problems=("not_found", "too_late", "query_exists"),
    ),
    "get_earning_query": Operation(tag=_TAG, role=Role.PARTNER, answers={200: _QUERY}, problems=("invalid_input", "not_found")),
    "list_earning_queries": Operation(
        tag=_TAG, role=Role.OPERATOR, answers={200: Answer("What waits.", QueriesOut)}, problems=("invalid_input",)
    ),
    "answer_earning_query": Operation(
        tag=_TAG,
        role=Role.OPERATOR,
        body=Body(QueryIn, {"words": "The seats of that day count, and they were 950."}),
        answers={200: _QUERY},
        problems=("not_found", "query_answered", "busy"),
    ),
}
