"""What the app asks of its host: the part of host.json this host honours, and `%SETTING%` references.

It guarantees the platform's defaults for whatever is not said. Sections it does not know are left alone, as the platform does.
"""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra.local.host.refusal import Refusal

SPAN = re.compile(r"(?:(?P<days>\d+)\.)?(?P<hours>\d+):(?P<minutes>[0-5]?\d)(?::(?P<seconds>[0-5]?\d(?:\.\d+)?))?")
REFERENCE = re.compile(r"%([^%]+)%")
DEFAULT_FUNCTION_TIMEOUT = 300.0
BASE64, PLAIN = "base64", "none"


@dataclass(frozen=True)
class QueueRules:
    """How queues are listened to; spans in seconds."""

    batch_size: int = 16
    new_batch_threshold: int = 8
    max_dequeue_count: int = 5
    visibility_timeout: int = 0
    max_polling_interval: float = 60.0
    message_encoding: str = BASE64


@dataclass(frozen=True)
class HostJson:
    """The honoured part of host.json; `function_timeout` is in seconds, None for no limit."""

    route_prefix: str = "api"
    function_timeout: float | None = DEFAULT_FUNCTION_TIMEOUT
    queues: QueueRules = field(default_factory=QueueRules)
    id: str | None = None


def read(app: Path) -> HostJson:
    """Read the app's host.json. Refusal: it is missing, is no JSON object, or a value is out of its range."""
    try:
        document = json.loads((app / "host.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Refusal(f"There is no host.json in {app}.") from None
    except ValueError as error:
        raise Refusal(f"host.json is not JSON: {error}.") from error
    try:
        return parse(document)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise Refusal(f"host.json cannot be used: {error}.") from error


def parse(document: Mapping[str, Any]) -> HostJson:
    """Read a parsed host.json. ValueError or TypeError name what is wrong."""
    extensions = document.get("extensions", {})
    return HostJson(
        route_prefix=str(extensions.get("http", {}).get("routePrefix", "api")).strip("/"),
        function_timeout=_function_timeout(document),
        queues=_queue_rules(extensions.get("queues", {})),
        id=document.get("id"),
    )


def seconds(span: str) -> float:
    """Seconds in a time span such as `00:10:00` or `1.00:00:00`. ValueError: it is none."""
    found = SPAN.fullmatch(span)
    if not found:
        raise ValueError(f"{span!r} is not a time span (hh:mm:ss)")
    days, hours, minutes, rest = (float(part or 0) for part in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + rest


def resolve(text: str, environment: Mapping[str, str] = os.environ) -> str:
    """Replace each `%SETTING%` by its value. Refusal: the setting is missing."""

    def value(reference: re.Match[str]) -> str:
        name = reference[1]
        if name not in environment:
            raise Refusal(f"The app refers to %{name}%, and there is no such setting.")
        return environment[name]

    return REFERENCE.sub(value, text)


def _function_timeout(document: Mapping[str, Any]) -> float | None:
    span = document.get("functionTimeout")
    if span is None:
        return DEFAULT_FUNCTION_TIMEOUT
    return None if str(span) == "-1" else seconds(span)


def _queue_rules(section: Mapping[str, Any]) -> QueueRules:
    batch_size = _within("batchSize", int(section.get("batchSize", 16)), 1, 32)
    encoding = str(section.get("messageEncoding", BASE64)).lower()
    if encoding not in (BASE64, PLAIN):
        raise ValueError(f"messageEncoding is {encoding!r}, not base64 or none")
    return QueueRules(
        batch_size=batch_size,
        new_batch_threshold=_within("newBatchThreshold", int(section.get("newBatchThreshold", batch_size // 2)), 0, 1000),
        max_dequeue_count=_within("maxDequeueCount", int(section.get("maxDequeueCount", 5)), 1, 1_000_000),
        visibility_timeout=int(seconds(section.get("visibilityTimeout", "00:00:00"))),
        max_polling_interval=seconds(section.get("maxPollingInterval", "00:01:00")),
        message_encoding=encoding,
    )


def _within(name: str, value: int, lowest: int, highest: int) -> int:
    if not lowest <= value <= highest:
        raise ValueError(f"{name} is {value}, not between {lowest} and {highest}")
    return value
