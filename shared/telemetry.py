"""Traces and metrics: one trace id follows the work from an HTTP request through outbox and queue into a mail's headers.

The trace context (W3C `traceparent`) is always there and costs nothing; spans and metrics are exported only where a setting
says so, and only then is OpenTelemetry imported. Attributes are ids, kinds and counts: never a name, an address, a token or a
content.
"""

import logging
import re
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from opentelemetry.metrics import Counter

METRICS: Final[Mapping[str, str]] = {
    "cpor.requests": "HTTP requests answered, by function and status",
    "cpor.outbox.rows": "outbox rows worked off, by kind",
    "cpor.outbox.failures": "outbox rows whose work raised an error, by kind",
    "cpor.outbox.swept": "outbox rows that the sweep announced",
    "cpor.outbox.dead": "outbox rows that failed every try",
    "cpor.scans.late": "claims whose documents the malware scanner said nothing of in time",
    "cpor.mails": "mails that left or failed, by kind and fate",
    "cpor.mails.held_back": "mails left for later, because their provider takes none or its quota is used up",
    "cpor.mail.reports": "delivery reports about our mails, by kind and what they say",
    "cpor.webhooks": "calls of webhooks, by what came of them",
    "cpor.reconciliation.differences": "differences between ledger, accounts, statements and payouts that a reconciliation found",
}
"""Every metric by name, with its meaning; a name that is not here cannot be counted."""

_TRACEPARENT: Final = re.compile(r"00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}")
_NOBODY: Final = ("0" * 32, "0" * 16)
_current: ContextVar[str | None] = ContextVar("traceparent", default=None)
_exporting = False


def traceparent() -> str | None:
    """The trace context of the work at hand, None outside any."""
    return _current.get()


def trace_id() -> str | None:
    """The trace id of the work at hand: 32 hexadecimal digits."""
    context = _current.get()
    return context.split("-")[1] if context else None


def accepted(header: str | None) -> str | None:
    """A `traceparent` from outside, if it is a valid one."""
    found = _TRACEPARENT.fullmatch(header or "")
    return None if found is None or found[1] == _NOBODY[0] or found[2] == _NOBODY[1] else header


@contextmanager
def span(name: str, parent: str | None = None, **attributes: str | int) -> Iterator[None]:
    """Runs the block as a span of the parent's trace, of the current one, or of a new one."""
    context = accepted(parent) or _current.get() or f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"
    if not _exporting:
        yield from _under(context)
        return
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    propagator = TraceContextTextMapPropagator()
    remote = propagator.extract({"traceparent": context})
    with trace.get_tracer("partner-of-record").start_as_current_span(name, remote, attributes=attributes):
        carrier: dict[str, str] = {}
        propagator.inject(carrier)
        yield from _under(carrier.get("traceparent", context))


def count(metric: str, amount: int = 1, **attributes: str | int) -> None:
    """Adds to a metric of the catalogue. Raises KeyError for a name that is not in it."""
    meaning = METRICS[metric]
    if _exporting:
        _counter(metric, meaning).add(amount, attributes)


def start(exporter: str) -> None:
    """Switches export on for this process: `console` prints spans as they end, `azure` sends to Application Insights."""
    global _exporting
    if exporter == "azure":
        from azure.monitor.opentelemetry import configure_azure_monitor

        configure_azure_monitor(logger_name="")
    elif exporter == "console":
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor

        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
        trace.set_tracer_provider(provider)
    else:
        return
    _exporting = True


def mark_logs() -> None:
    """Gives every log record of this process the trace id of the work it belongs to, as `traceId`."""
    make = logging.getLogRecordFactory()

    def marked(*arguments: Any, **named: Any) -> logging.LogRecord:
        record = make(*arguments, **named)
        record.traceId = trace_id() or ""
        return record

    logging.setLogRecordFactory(marked)


def _under(context: str) -> Iterator[None]:
    token = _current.set(context)
    try:
        yield
    finally:
        _current.reset(token)


@cache
def _counter(metric: str, meaning: str) -> "Counter":
    from opentelemetry import metrics

    return metrics.get_meter("partner-of-record").create_counter(metric, description=meaning)
