"""What imports alone do not show: who reads the clock, the dice and the environment."""

import ast

from tests.architecture.source import calls, dotted, modules

# Each makes the same input give another answer tomorrow.
NOT_IN_THE_DOMAIN = ("now", "utcnow", "today", "uuid1", "uuid4", "uuid7", "open", "print", "input")


def test_the_domain_asks_neither_clock_nor_dice_nor_disk() -> None:
    asked = [
        f"{path}:{line} calls {name}"
        for path, tree in modules("shared/domain")
        for line, name in calls(tree)
        if name.rpartition(".")[2] in NOT_IN_THE_DOMAIN
    ]
    assert asked == []


# Settings reads the environment; bootstrap only hands it over.
KNOW_THE_ENVIRONMENT = ("shared/settings.py", "shared/bootstrap.py")


def test_only_settings_reads_the_environment() -> None:
    read = [
        f"{path}:{node.lineno}"
        for path, tree in modules("functions", "shared")
        if path not in KNOW_THE_ENVIRONMENT
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv", "os.environb")
    ]
    assert read == []


def test_no_handler_and_no_use_case_reads_the_clock_itself() -> None:
    asked = [
        f"{path}:{line} calls {name}"
        for path, tree in modules("functions", "shared/usecases")
        for line, name in calls(tree)
        if name in ("datetime.now", "datetime.utcnow", "datetime.datetime.now", "date.today", "time.time")
    ]
    assert asked == []
