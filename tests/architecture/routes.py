"""Every HTTP route of the app, as it is registered: a new one is covered by the guards on the day it is written."""

import re
from dataclasses import dataclass
from functools import cache

import function_app


@dataclass(frozen=True)
class Route:
    """One function's address: its template and the methods it answers."""

    function: str
    template: str
    methods: frozenset[str]

    def path(self, value: str = "a") -> str:
        """An address of it, with this value for every parameter."""
        return "/" + re.sub(r"\{[^}]*\}", lambda _: value, self.template)

    @property
    def begins_with(self) -> str:
        """The noun it is about: the part after the version, or the first part of a page."""
        return self.template.removeprefix("v1/").partition("/")[0]


@cache
def http_routes() -> tuple[Route, ...]:
    """All of them, by template."""
    routes = []
    for function in function_app.app.get_functions():
        trigger = function.get_trigger()
        facts = trigger.get_dict_repr() if trigger is not None else {}
        if facts.get("type") == "httpTrigger":
            methods = frozenset(str(method.value) for method in facts["methods"])
            routes.append(Route(str(function.get_function_name()), facts["route"], methods))
    # The app takes note of what it handed out and would refuse whoever asks next.
    function_app.app.functions_bindings = {}
    return tuple(sorted(routes, key=lambda route: (route.template, sorted(route.methods))))
