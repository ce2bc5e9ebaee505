"""Every queue and timer function begins with a world that has read the programmes: none works by what came with the product."""

import ast
from collections.abc import Iterator

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


def test_every_trigger_reads_the_programmes() -> None:
    """R-164: whoever only forgets a message, or tells other queues of it, needs no programme and may say so by its name."""
    found = list(triggered())
    assert len(found) >= 6, "the triggers were not found"
    forgetful = [f"{path}: {function.name}" for path, function in found if not calls(function, "bootstrap.ready_world")]
    needless = [each for each in forgetful if each.rpartition(" ")[2].startswith(("give_up", "sweep"))]
    assert sorted(forgetful) == sorted(needless)
