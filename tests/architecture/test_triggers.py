"""Every queue and timer function begins with a world that has read the programmes: none works by what came with the product."""

import ast
from collections.abc import Iterator

from shared.adapters import names
from tests.architecture.source import dotted, modules

TRIGGERS = ("queue_trigger", "timer_trigger")


def triggered() -> Iterator[tuple[str, ast.AsyncFunctionDef]]:
    """The functions that a queue or a timer calls, with the file they stand in."""
    for path, tree in modules("functions"):
        for node in ast.walk(tree):
            if isinstance(node, ast.AsyncFunctionDef) and any(
                isinstance(each, ast.Call) and dotted(each.func).rpartition(".")[2] in TRIGGERS for each in node.decorator_list
            ):
                yield path, node


def calls(function: ast.AsyncFunctionDef, name: str) -> bool:
    return any(isinstance(node, ast.Call) and dotted(node.func) == name for node in ast.walk(function))


def test_every_queue_that_we_work_off_sets_its_poison_aside() -> None:
    """R-303: what the host gives up is seen by an operator, whichever queue it was in."""
    by_queue = {queue_of(function): function for _, function in triggered() if queue_of(function)}
    assert by_queue.keys() == set(names.QUEUES) | {f"{queue}-poison" for queue in names.QUEUES}
    forgetful = [
        queue
        for queue, function in by_queue.items()
        if queue.endswith("-poison") and not calls(function, "set_aside") and not calls(function, "said_in")
    ]
    assert forgetful == []


def queue_of(function: ast.AsyncFunctionDef) -> str:
    """The queue that calls it, nothing for a timer's."""
    given = [word for each in function.decorator_list if isinstance(each, ast.Call) for word in each.keywords]
    named = [word.value for word in given if word.arg == "queue_name"]
    return str(named[0].value) if named and isinstance(named[0], ast.Constant) else ""


def test_every_trigger_reads_the_programmes() -> None:
    """R-164: whoever only forgets a message, or tells other queues of it, needs no programme and may say so by its name."""
    found = list(triggered())
    assert len(found) >= 6, "the triggers were not found"
    forgetful = [f"{path}: {function.name}" for path, function in found if not calls(function, "bootstrap.ready_world")]
    needless = [each for each in forgetful if each.rpartition(" ")[2].startswith(("give_up", "sweep"))]
    assert sorted(forgetful) == sorted(needless)
