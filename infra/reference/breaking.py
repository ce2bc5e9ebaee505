"""What of one OpenAPI document would break a caller in another: pure, and on the side of caution where it cannot know.

Direction decides. A request may only become laxer: a new field that must be sent, a value no longer taken, a limit drawn closer
breaks who sends it. An answer may only become richer: a field that is gone, or no longer always there, breaks who reads it. New
operations, new optional fields, new statuses of a resource and new problem codes break nobody, and the reference tells callers
to expect them.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

type Json = Mapping[str, Any]

_METHODS: Final = ("get", "head", "post", "put", "patch", "delete")
_UPPER: Final = ("maxLength", "maxItems", "maximum")
_LOWER: Final = ("minLength", "minItems", "minimum")
_EXACT: Final = ("pattern", "format", "const", "type")


def breaking_changes(before: Json, after: Json) -> list[str]:
    """One sentence for each change that would break a caller who relies on `before`."""
    return list(_Comparison(before, after).all())


class _Comparison:
    def __init__(self, before: Json, after: Json) -> None:
        self._before, self._after = before, after

    def all(self) -> Iterator[str]:
        for path, methods in self._before["paths"].items():
            for method in _METHODS:
                if method in methods:
                    there = self._after["paths"].get(path, {}).get(method)
                    name = f"{method.upper()} {path}"
                    if there is None:
                        yield f"{name} is gone"
                    else:
                        yield from self._operation(name, methods[method], there)

    def _operation(self, name: str, old: Json, new: Json) -> Iterator[str]:
        if old.get("security") != new.get("security"):
            yield f"{name} needs another role"
        if old["operationId"] != new["operationId"]:
            yield f"{name} has another operationId, which generated clients are made of"
        yield from self._parameters(name, old, new)
        yield from self._bodies(name, old, new)
        for status, answer in old["responses"].items():
            if status not in new["responses"]:
                yield f"{name} answers {status} no more"
            else:
                yield from self._answer(f"{name} {status}", answer, new["responses"][status])

    def _parameters(self, name: str, old: Json, new: Json) -> Iterator[str]:
        was, now = self._named(self._before, old), self._named(self._after, new)
        for key, parameter in was.items():
            if key not in now:
                yield f"{name}: the parameter {key} is gone"
            else:
                yield from self._taken(f"{name}: {key}", parameter["schema"], now[key]["schema"])
        for key, parameter in now.items():
            if parameter["required"] and not was.get(key, {}).get("required", False):
                yield f"{name}: the parameter {key} must be sent now"

    def _named(self, document: Json, operation: Json) -> dict[str, Json]:
        found = [_resolved(document, each) for each in operation.get("parameters", ())]
        return {f"{each['in']} {each['name']}": each for each in found}

    def _bodies(self, name: str, old: Json, new: Json) -> Iterator[str]:
        was, now = old.get("requestBody", {}), new.get("requestBody", {})
        if now.get("required", False) and not was.get("required", False):
            yield f"{name} needs a body now"
        for kind, content in was.get("content", {}).items():
            if kind not in now.get("content", {}):
                yield f"{name} takes no {kind} any more"
            else:
                yield from self._taken(f"{name}: body", content.get("schema", {}), now["content"][kind].get("schema", {}))

    def _answer(self, name: str, old: Json, new: Json) -> Iterator[str]:
        for header in old.get("headers", {}):
            if header not in new.get("headers", {}):
                yield f"{name}: the header {header} is gone"
        for kind, content in old.get("content", {}).items():
            if kind not in new.get("content", {}):
                yield f"{name} is {kind} no more"
            else:
                yield from self._given(name, content.get("schema", {}), new["content"][kind].get("schema", {}))

    def _taken(self, name: str, old: Json, new: Json) -> Iterator[str]:
        """A request's schema: whatever was taken must be taken still."""
        old, new = self._both(old, new)
        yield from _closer(name, old, new)
        yield from self._members(name, old, new, self._taken)
        for field in set(new.get("required", ())) - set(old.get("required", ())):
            yield f"{name}: {field} must be sent now"

    def _given(self, name: str, old: Json, new: Json) -> Iterator[str]:
        """An answer's schema: whatever could be relied on must be there still."""
        old, new = self._both(old, new)
        yield from (f"{name}: {key} changed" for key in ("type", "format", "const") if old.get(key) != new.get(key))
        yield from self._members(name, old, new, self._given)
        for field in set(old.get("required", ())) - set(new.get("required", ())):
            yield f"{name}: {field} is not always there any more"

    def _members(self, name: str, old: Json, new: Json, compare: Any) -> Iterator[str]:
        for value in old.get("enum", ()):
            if value not in new.get("enum", (value,)):
                yield f"{name}: the value {value} is gone"
        for field, schema in old.get("properties", {}).items():
            if field not in new.get("properties", {}):
                yield f"{name}: the field {field} is gone"
            else:
                yield from compare(f"{name}.{field}", schema, new["properties"][field])
        if "items" in old and "items" in new:
            yield from compare(f"{name}[]", old["items"], new["items"])

    def _both(self, old: Json, new: Json) -> tuple[Json, Json]:
        return _plain(_resolved(self._before, old)), _plain(_resolved(self._after, new))


def _closer(name: str, old: Json, new: Json) -> Iterator[str]:
    yield from (f"{name}: {key} changed" for key in _EXACT if key in new and new[key] != old.get(key))
    endless = float("inf")
    yield from (f"{name}: {key} is lower" for key in _UPPER if new.get(key, endless) < old.get(key, endless))
    yield from (f"{name}: {key} is higher" for key in _LOWER if new.get(key, -endless) > old.get(key, -endless))
    if "enum" in new and "enum" not in old:
        yield f"{name}: only certain values are taken now"
    if old.get("nullable", False) and not new.get("nullable", False):
        yield f"{name}: null is not taken any more"


def _resolved(document: Json, schema: Json) -> Json:
    """The schema with its reference, if it has one, followed; what stands beside the reference has the last word."""
    if "$ref" not in schema:
        return schema
    found: Any = document
    for step in schema["$ref"].removeprefix("#/").split("/"):
        found = found[step]
    beside = {key: value for key, value in schema.items() if key != "$ref"}
    properties = {**found.get("properties", {}), **beside.get("properties", {})}
    return {**found, **beside, **({"properties": properties} if properties else {})}


def _plain(schema: Json) -> Json:
    """`X or null` as X that may be null."""
    choices = schema.get("anyOf", ())
    others = [choice for choice in choices if choice.get("type") != "null"]
    if len(choices) == 2 and len(others) == 1:
        return {**others[0], "nullable": True}
    return schema
