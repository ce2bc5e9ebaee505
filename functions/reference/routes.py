"""The HTTP functions as they are registered: path, methods, and the words of the handler itself."""

from collections.abc import Iterator
from dataclasses import dataclass
from inspect import getdoc


@dataclass(frozen=True, slots=True)
class HttpFunction:
    """A registered function: its name, its address and what its docstring says."""

    name: str
    template: str
    methods: tuple[str, ...]
    words: str


def http_functions() -> Iterator[HttpFunction]:
    """All of them, by address."""
    import function_app

    app = function_app.app
    # The app takes note of what it handed out and would refuse whoever asks next.
    app.functions_bindings = {}
    found = []
    for function in app.get_functions():
        trigger = function.get_trigger()
        facts = trigger.get_dict_repr() if trigger is not None else {}
        if facts.get("type") == "httpTrigger":
            methods = tuple(sorted(str(method.value) for method in facts["methods"]))
            words = " ".join((getdoc(function.get_user_function()) or "").split())
            found.append(HttpFunction(str(function.get_function_name()), facts["route"], methods, words))
    app.functions_bindings = {}
    return iter(sorted(found, key=lambda each: (each.template, each.methods)))
