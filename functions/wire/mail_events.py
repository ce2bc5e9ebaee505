"""Delivery reports as Event Grid brings them (Event Grid schema, one event a message, or a list of them).

Read leniently, unlike what callers send: the vendor adds fields as it likes. An event of another type, or a status that we do not
know, tells nothing.
"""

import json
from collections.abc import Iterator
from typing import Any, Final

from shared.domain.delivery import Delivery, Report
from shared.domain.identity import is_operation_id

_DELIVERY_REPORT: Final = "Microsoft.Communication.EmailDeliveryReportReceived"
# A mailing list that was expanded took the mail; quarantined and filtered mails lie where nobody looks.
_STATUS: Final = {
    "delivered": Delivery.DELIVERED,
    "expanded": Delivery.DELIVERED,
    "bounced": Delivery.BOUNCED,
    "suppressed": Delivery.SUPPRESSED,
    "quarantined": Delivery.FILTERED,
    "filteredspam": Delivery.FILTERED,
    "failed": Delivery.FAILED,
}


def reports_in(body: bytes) -> Iterator[Report]:
    """The delivery reports in a message. Raises ValueError for what is no JSON."""
    content = json.loads(body)
    for event in content if isinstance(content, list) else [content]:
        data = event.get("data") if isinstance(event, dict) and event.get("eventType") == _DELIVERY_REPORT else None
        if isinstance(data, dict):
            delivery = _STATUS.get(str(data.get("status", "")).lower())
            operation = _operation_of(data)
            if delivery is not None and operation is not None:
                recipient = data.get("recipient")
                yield Report(operation, delivery, recipient if isinstance(recipient, str) and "@" in recipient else None)


def without_addresses(said: Any) -> list[dict[str, Any]]:
    """The same reports with nothing in them but what they are found by and what they say."""
    kept = ("messageId", "internetMessageId", "status")
    events = [event for event in (said if isinstance(said, list) else [said]) if isinstance(event, dict)]
    return [
        {"eventType": _DELIVERY_REPORT, "data": {name: event["data"][name] for name in kept if name in event["data"]}}
        for event in events
        if event.get("eventType") == _DELIVERY_REPORT and isinstance(event.get("data"), dict)
    ]


def _operation_of(data: dict[str, Any]) -> str | None:
    """A mail that went by the provider's own API is known by its operation id; one that went by SMTP by its Message-ID."""
    named = (str(data.get("messageId", "")), str(data.get("internetMessageId", "")).strip("<> ").partition("@")[0])
    return next((name.lower() for name in named if is_operation_id(name.lower())), None)
