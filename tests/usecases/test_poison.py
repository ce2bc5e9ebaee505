"""Whatever ends in a poison queue is set aside or dropped, and logged: what gives up gives up nothing by an error of its own.

Asked of every function of a poison queue that is registered, so that a new one is on the day it is written.
"""

import json
import logging
from typing import Any

import azure.functions as func
import pytest

import function_app
from shared import bootstrap
from shared.domain.dead_letter import Queue
from shared.ports.dead_letters import LetterFilter
from tests.usecases.system import System

IDS = (
    "bucket",
    "rowKeys",
    "evaluationId",
    "trialId",
    "importId",
    "partnerId",
    "batchId",
    "month",
    "currency",
    "reconciliationId",
)
VALUES: tuple[Any, ...] = (None, 5, "", "zz", "00", "a/b#c?d", "'", [], ["out!x", 5, None, "a/b"], {"a": 1}, "x" * 4_000)
SAID: tuple[Any, ...] = (
    *(None, 5, "x", [], {}, [5, None, "x", {}, {"data": 5}], {"data": []}),
    *({"bucket": "00", "rowKeys": keys} for keys in (5, "out!x", {"out!x": 1}, ["out!a/b#c?d", 5])),
    *({"bucket": "a/b#c?d", **named} for named in ({"rowKeys": ["out!x"]}, {"evaluationId": "run-1"}, {"trialId": "trial-1"})),
)
BODIES: tuple[bytes, ...] = (
    b"",
    b"no JSON",
    b"\xff\xfe",
    b"[" * 60_000,
    b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    *(json.dumps(said).encode() for said in SAID),
    *(json.dumps(dict.fromkeys(IDS, value)).encode() for value in VALUES),
)


def handlers_of_poison() -> dict[str, Any]:
    """By the name of their queue."""
    function_app.app.functions_bindings = {}
    found = {}
    for function in function_app.app.get_functions():
        trigger = function.get_trigger()
        facts = {} if trigger is None else trigger.get_dict_repr()
        if facts.get("type") == "queueTrigger" and facts["queueName"].endswith("-poison"):
            found[facts["queueName"]] = function.get_user_function()
    function_app.app.functions_bindings = {}
    return found


HANDLERS = handlers_of_poison()


def test_every_queue_has_a_poison_queue_that_is_worked_off() -> None:
    assert {f"{queue}-poison" for queue in Queue} == HANDLERS.keys()


@pytest.mark.parametrize("queue", HANDLERS)
async def test_what_no_one_understands_is_dropped_or_set_aside(
    system: System, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, queue: str
) -> None:
    """R-383"""
    monkeypatch.setattr(bootstrap, "world", lambda: system.world)
    for body in BODIES:
        caplog.clear()
        with caplog.at_level(logging.ERROR):
            await HANDLERS[queue](func.QueueMessage(body=body))
        assert caplog.records, body[:80]
    # Whatever was set aside can be shown.
    page = await system.world.dead_letters.page(LetterFilter(Queue(queue.removesuffix("-poison"))), 500, None)
    assert all(letter.letter_id for letter in page.items)
