"""Which function a path and method belong to, by the platform's rules.

Literal segments win over parameters and parameters over the rest of a path; literals ignore case; a trailing slash means
nothing; a method that no function lists is simply not found. A template form this table does not know is refused, never
approximated.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise
from urllib.parse import unquote

from infra.local.host.function import Function, HttpTrigger
from infra.local.host.refusal import Refusal

SEGMENT = re.compile(r"\{(?P<rest>\*{1,2})?(?P<name>[A-Za-z_]\w*)(?::(?P<constraint>\w+))?(?P<optional>\?)?\}")
CONSTRAINTS: Mapping[str, re.Pattern[str]] = {
    "alpha": re.compile(r"[A-Za-z]+"),
    "bool": re.compile(r"true|false", re.IGNORECASE),
    "guid": re.compile(r"\{?[0-9a-f]{8}-?(?:[0-9a-f]{4}-?){3}[0-9a-f]{12}\}?", re.IGNORECASE),
    "int": re.compile(r"[+-]?\d{1,10}"),
    "long": re.compile(r"[+-]?\d{1,19}"),
}
RESERVED = ("admin", "runtime")
# Precedence of a segment, first wins; read from left to right they order whole templates.
LITERAL, CONSTRAINED, FREE, CONSTRAINED_REST, REST = range(1, 6)


@dataclass(frozen=True)
class Segment:
    """One part of a template: a literal, or a parameter (`name`) with what it accepts."""

    literal: str = ""
    name: str = ""
    accepts: re.Pattern[str] | None = None
    optional: bool = False
    rest: bool = False

    @property
    def precedence(self) -> int:
        """How early this kind of segment is tried."""
        if not self.name:
            return LITERAL
        if self.rest:
            return CONSTRAINED_REST if self.accepts else REST
        return CONSTRAINED if self.accepts else FREE

    def matches(self, value: str) -> bool:
        """Whether a part of a path fits here."""
        if not self.name:
            return value.lower() == self.literal.lower()
        return (bool(value) or self.rest) and (self.accepts is None or self.accepts.fullmatch(value) is not None)


@dataclass(frozen=True)
class Route:
    """A template and the function behind it."""

    segments: tuple[Segment, ...]
    function: Function[HttpTrigger]

    def match(self, method: str, parts: list[str]) -> dict[str, str] | None:
        """The parameters, if this route serves the method and the parts of the path."""
        methods = self.function.trigger.methods
        if methods is not None and method not in methods:
            return None
        if self.segments and self.segments[-1].rest:
            fixed = len(self.segments) - 1
            parts = [*parts[:fixed], "/".join(parts[fixed:])] if len(parts) >= fixed else parts
        if len(parts) > len(self.segments):
            return None
        missing = self.segments[len(parts) :]
        if not all(segment.optional for segment in missing):
            return None
        pairs = list(zip(self.segments, parts, strict=False))
        if not all(segment.matches(part) for segment, part in pairs):
            return None
        return {segment.name: part for segment, part in pairs if segment.name and part}


class RouteTable:
    """All routes of an app, in the order in which they are tried."""

    def __init__(self, functions: Sequence[Function[HttpTrigger]], prefix: str) -> None:
        _refuse_conflicts(functions)
        routes = [
            Route(parse("/".join(filter(None, (prefix, function.trigger.route))), function.name), function)
            for function in functions
        ]
        self._routes = sorted(routes, key=lambda route: [segment.precedence for segment in route.segments])

    def find(self, method: str, raw_path: str) -> tuple[Function[HttpTrigger], dict[str, str]] | None:
        """The function for a path as sent (percent-encoded) and its route parameters, decoded; None if nothing serves it."""
        parts = [_decode(part) for part in raw_path.removeprefix("/").removesuffix("/").split("/")] if raw_path.strip("/") else []
        for route in self._routes:
            parameters = route.match(method, parts)
            if parameters is not None:
                return route.function, parameters
        return None


def _refuse_conflicts(functions: Sequence[Function[HttpTrigger]]) -> None:
    """Refuse what the platform puts into an error state at its start, where it would only show as a 404."""
    for function in functions:
        # Even `administration` is taken, whatever the route prefix: the platform looks at nothing but the beginning.
        if function.trigger.route.lower().startswith(RESERVED):
            raise Refusal(f"The route of function {function.name} begins like the host's own: {function.trigger.route}.")
    for one, other in combinations(functions, 2):
        shared = one.trigger.methods is None or other.trigger.methods is None or one.trigger.methods & other.trigger.methods
        if shared and one.trigger.route.lower() == other.trigger.route.lower():
            raise Refusal(f"Functions {one.name} and {other.name} have the same route and method: {one.trigger.route}.")


def parse(template: str, function_name: str) -> tuple[Segment, ...]:
    """Read a route template. Refusal: a form this host does not know."""
    segments = tuple(_segment(part, function_name) for part in template.split("/")) if template else ()
    for segment, following in pairwise(segments):
        if segment.rest or (segment.optional and not following.optional):
            raise Refusal(f"In the route of function {function_name} something follows an optional part: {template}.")
    return segments


def _segment(part: str, function_name: str) -> Segment:
    if not set(part) & set("{}"):
        return Segment(literal=part)
    found = SEGMENT.fullmatch(part)
    if not found or (found["constraint"] and found["constraint"] not in CONSTRAINTS):
        raise Refusal(f"The route of function {function_name} has a part the local host does not know: {part}.")
    accepts = CONSTRAINTS[found["constraint"]] if found["constraint"] else None
    rest = bool(found["rest"])
    return Segment(name=found["name"], accepts=accepts, optional=bool(found["optional"]) or rest, rest=rest)


def _decode(part: str) -> str:
    """Decode a part of a path, but leave an encoded slash alone, as the platform's server does."""
    return "%2F".join(unquote(piece) for piece in re.split("%2f", part, flags=re.IGNORECASE))
