"""One indexed function and what starts it, read from the bindings the runtime reports.

Only triggers this host serves are accepted: a function that would silently never run is refused at start-up instead.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.host.host_json import resolve
from infra.local.host.refusal import Refusal

ANONYMOUS, FUNCTION, ADMIN = "anonymous", "function", "admin"


@dataclass(frozen=True)
class HttpTrigger:
    """`methods` in capitals; None means every method."""

    route: str
    methods: frozenset[str] | None
    auth_level: str

    def __str__(self) -> str:
        return f"{','.join(sorted(self.methods)) if self.methods else 'ANY'} /{self.route}"


@dataclass(frozen=True)
class QueueTrigger:
    """`connection` names the setting that holds the connection string."""

    queue: str
    connection: str

    def __str__(self) -> str:
        return f"queue {self.queue}"


@dataclass(frozen=True)
class TimerTrigger:
    """`schedule` is NCRONTAB, references resolved."""

    schedule: str
    run_on_startup: bool
    use_monitor: bool

    def __str__(self) -> str:
        return f"timer {self.schedule}"


@dataclass(frozen=True)
class Function[Trigger: (HttpTrigger, QueueTrigger, TimerTrigger)]:
    """`parameter` is the handler's parameter that takes the trigger."""

    name: str
    id: str
    parameter: str
    trigger: Trigger


type AnyFunction = Function[HttpTrigger] | Function[QueueTrigger] | Function[TimerTrigger]


def read(name: str, function_id: str, raw_bindings: Iterable[str]) -> AnyFunction:
    """Read a function from its bindings, each a JSON object. Refusal: a binding this host does not serve."""
    bindings = [json.loads(binding) for binding in raw_bindings]
    triggers = [binding for binding in bindings if binding["type"].endswith("Trigger")]
    others = [binding["type"] for binding in bindings if binding not in triggers and binding["type"] != "http"]
    if others:
        raise Refusal(f"Function {name} has a binding of type {others[0]}, which the local host does not serve.")
    if len(triggers) != 1:
        raise Refusal(f"Function {name} has {len(triggers)} triggers instead of one.")
    trigger = triggers[0]
    parameter = trigger["name"]
    match trigger["type"]:
        case "httpTrigger":
            return Function(name, function_id, parameter, _http(name, trigger))
        case "queueTrigger":
            connection = trigger.get("connection") or "AzureWebJobsStorage"
            return Function(name, function_id, parameter, QueueTrigger(resolve(trigger["queueName"]), connection))
        case "timerTrigger":
            return Function(name, function_id, parameter, _timer(trigger))
        case other:
            raise Refusal(f"Function {name} has a trigger of type {other}, which the local host does not serve.")


def of_kind[Trigger: (HttpTrigger, QueueTrigger, TimerTrigger)](
    kind: type[Trigger], functions: Iterable[AnyFunction]
) -> list[Function[Trigger]]:
    """The functions with this kind of trigger."""
    return [function for function in functions if isinstance(function.trigger, kind)]


def _http(name: str, binding: Mapping[str, Any]) -> HttpTrigger:
    methods = binding.get("methods")
    return HttpTrigger(
        route=binding["route"].strip("/") if binding.get("route") is not None else name,
        methods=frozenset(method.upper() for method in methods) if methods else None,
        auth_level=str(binding.get("authLevel", FUNCTION)).lower(),
    )


def _timer(binding: Mapping[str, Any]) -> TimerTrigger:
    return TimerTrigger(
        schedule=resolve(binding["schedule"]),
        run_on_startup=bool(binding.get("runOnStartup", False)),
        use_monitor=bool(binding.get("useMonitor", True)),
    )
