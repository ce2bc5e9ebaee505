"""Telemetry: the trace context is always there, and nothing is exported unless a setting says so."""

import asyncio
import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import pytest

from shared import telemetry

PARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


def test_work_without_a_parent_gets_a_trace_of_its_own() -> None:
    with telemetry.span("first"):
        first = telemetry.trace_id()
    with telemetry.span("second"):
        second = telemetry.trace_id()
    assert first
    assert second not in (None, first)
    assert telemetry.traceparent() is None


def test_work_goes_on_with_the_trace_it_was_given() -> None:
    with telemetry.span("outer", PARENT), telemetry.span("inner"):
        assert telemetry.trace_id() == "4bf92f3577b34da6a3ce929d0e0e4736"


@pytest.mark.parametrize(
    "header", ["", "00-xyz", PARENT.upper(), "00-" + "0" * 32 + "-00f067aa0ba902b7-01", PARENT + "\r\nX: y", "ff" + PARENT[2:]]
)
def test_a_broken_traceparent_is_not_passed_on(header: str) -> None:
    assert telemetry.accepted(header) is None
    with telemetry.span("work", header):
        assert telemetry.accepted(telemetry.traceparent())


async def test_work_side_by_side_keeps_its_traces_apart() -> None:
    async def work(number: int) -> bool:
        parent = f"00-{number:032x}-{1:016x}-01"
        with telemetry.span("work", parent):
            await asyncio.sleep(0)
            return telemetry.trace_id() == f"{number:032x}"

    assert all(await asyncio.gather(*(work(number) for number in range(1, 50))))


def test_a_metric_has_a_place_in_the_catalogue() -> None:
    with pytest.raises(KeyError):
        telemetry.count("cpor.unheard.of")


def test_every_metric_that_is_counted_is_documented_and_every_documented_one_is_counted() -> None:
    root = Path(__file__).parents[2]
    counted = set()
    for folder in ("functions", "shared"):
        for file in (root / folder).rglob("*.py"):
            counted |= set(re.findall(r'telemetry\.count\(\s*"([a-z._]+)"', file.read_text()))
    described = (root / "docs" / "telemetry.md").read_text()
    assert counted == set(telemetry.METRICS)
    assert all(f"`{metric}`" in described for metric in telemetry.METRICS)


def test_log_records_bear_the_trace_of_their_work(caplog: pytest.LogCaptureFixture) -> None:
    factory = logging.getLogRecordFactory()
    try:
        telemetry.mark_logs()
        with telemetry.span("work", PARENT):
            logging.getLogger("test").warning("seen", extra={"claimId": "c"})
    finally:
        logging.setLogRecordFactory(factory)
    assert caplog.records[-1].__dict__["traceId"] == "4bf92f3577b34da6a3ce929d0e0e4736"


def test_the_console_shows_spans_of_one_trace() -> None:
    """In a process of its own, because an exporter stays for the life of a process."""
    script = f"""
from shared import telemetry
telemetry.start("console")
with telemetry.span("outer", "{PARENT}", claim="c"):
    with telemetry.span("inner"):
        print("traceparent", telemetry.traceparent())
telemetry.count("cpor.mails", kind="approved", fate="accepted")
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    line, _, spans = ran.stdout.partition("\n")
    shown = [json.loads(text) for text in re.split(r"(?<=\n\})\n", spans.strip()) if text]
    assert [span["name"] for span in shown] == ["inner", "outer"]
    assert {span["context"]["trace_id"] for span in shown} == {"0x4bf92f3577b34da6a3ce929d0e0e4736"}
    assert shown[0]["parent_id"] == shown[1]["context"]["span_id"]
    assert shown[1]["parent_id"] == "0x00f067aa0ba902b7"
    assert line.split("-")[1:3] == ["4bf92f3577b34da6a3ce929d0e0e4736", shown[0]["context"]["span_id"][2:]]


def test_without_the_setting_opentelemetry_is_not_even_imported() -> None:
    script = """
import sys
from shared import telemetry
telemetry.start("off")
with telemetry.span("work"):
    telemetry.count("cpor.requests")
print("opentelemetry" in sys.modules)
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=Path(__file__).parents[2]
    )
    assert ran.stdout.strip() == "False"
