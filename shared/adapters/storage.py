"""What all adapters of Azure Storage share: which errors mean that it was not done, and writing only over what was read."""

from typing import Any, Final

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ServiceRequestError, ServiceResponseError

FAILURES: Final = (HttpResponseError, ServiceRequestError, ServiceResponseError)


def if_unchanged(etag: str | None) -> dict[str, Any]:
    """The arguments that make a write conditional; without them the SDK overwrites whatever is there."""
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}
