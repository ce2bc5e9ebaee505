"""Operations on webhooks."""

from collections.abc import Mapping
from typing import Any, Final

from functions.reference.operation import Answer, Body, Operation
from functions.reference.parts import IF_MATCH, PAGED
from functions.wire import NothingIn
from functions.wire.webhooks import DeliveriesOut, DeliveryOut, TestSentOut, WebhookIn, WebhookOut, WebhooksOut
from shared.domain.caller import Role

_TAG: Final = "Webhooks"

WEBHOOK: Final[Mapping[str, Any]] = {
    "url": "https://portal.northwind.example/cpor-events",
    "events": ["claim.approved", "claim.refused", "webhook.test"],
    "secrets": ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
}
_ACTS: Final = ("invalid_input", "partner_suspended")

OPERATIONS: Final[Mapping[str, Operation]] = {
    "list_webhooks": Operation(
        tag=_TAG, role=Role.PARTNER, answers={200: Answer("The webhooks.", WebhooksOut)}, problems=("invalid_input",)
    ),
    "put_webhook": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IF_MATCH,),
        body=Body(WebhookIn, WEBHOOK),
        answers={200: Answer("The webhook.", WebhookOut, headers=("ETag",))},
        problems=("partner_suspended", "too_many_webhooks", "webhooks_unavailable", "busy"),
    ),
    "get_webhook": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        answers={200: Answer("The webhook.", WebhookOut)},
        problems=("invalid_input", "not_found"),
    ),
    "delete_webhook": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=(IF_MATCH,),
        answers={200: Answer("The webhooks that are left.", WebhooksOut)},
        problems=(*_ACTS, "not_found", "busy"),
    ),
    "test_webhook": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        body=Body(NothingIn, {}, required=False),
        answers={202: Answer("The event is on its way.", TestSentOut)},
        problems=("partner_suspended", "not_found", "busy"),
    ),
    "list_deliveries": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        parameters=PAGED,
        answers={200: Answer("A page of deliveries.", DeliveriesOut)},
        problems=("invalid_input", "invalid_cursor", "not_found"),
    ),
    "replay_delivery": Operation(
        tag=_TAG,
        role=Role.PARTNER,
        body=Body(NothingIn, {}, required=False),
        answers={202: Answer("The delivery as it stood; the event is on its way once more.", DeliveryOut)},
        problems=("partner_suspended", "not_found"),
    ),
}
