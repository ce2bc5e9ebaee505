"""The wire models as JSON Schema, as they behave over HTTP: an absent value is left out of an answer, never null."""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from functions.reference.operation import Operation

REF: Final = "#/components/schemas/{model}"


class _AsServed(GenerateJsonSchema):
    """Answers are written with `exclude_none`; they may gain fields, and whoever reads them ignores what it does not know."""

    @property
    def _answers(self) -> bool:
        return self.mode == "serialization"

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"]) if self._answers else super().nullable_schema(schema)

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # The library calls it like this.
    ) -> bool:
        is_absent_when_none = self._answers and field["schema"]["type"] == "nullable"
        return not is_absent_when_none and super().field_is_required(field, total)

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002  # A title would only repeat the name.
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        if self._answers:
            made.pop("additionalProperties", None)
        return made


def schemas_of(operations: Iterable[Operation]) -> dict[str, Any]:
    """Every model that the operations take or answer with, and what these are made of, by name."""
    taken: set[type[BaseModel]] = set()
    answered: set[type[BaseModel]] = set()
    for operation in operations:
        if operation.body is not None and operation.body.model is not None:
            taken.add(operation.body.model)
        answered |= {each.model for each in operation.answers.values() if each.model is not None}
    wanted: list[Any] = [(model, "validation") for model in _sorted(taken)]
    wanted += [(model, "serialization") for model in _sorted(answered)]
    _, made = models_json_schema(wanted, schema_generator=_AsServed, ref_template=REF)
    definitions: dict[str, Any] = made["$defs"]
    return definitions


def ref_to(model: type[BaseModel]) -> dict[str, str]:
    """A reference to the model's schema in the document."""
    return {"$ref": REF.format(model=model.__name__)}


def _sorted(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return sorted(models, key=lambda model: model.__name__)


PROBLEM: Final[Mapping[str, Any]] = {
    "type": "object",
    "description": "RFC 9457. Compare `code`; `detail` is for a person and may change.",
    "required": ["type", "title", "status", "code", "detail", "traceId"],
    "additionalProperties": False,
    "properties": {
        "type": {"type": "string", "format": "uri-reference", "description": "Leads to the code's section of the reference."},
        "title": {"type": "string"},
        "status": {"type": "integer", "description": "The same as the answer's."},
        "code": {"type": "string", "description": "Stable: never changes its meaning."},
        "detail": {"type": "string"},
        "traceId": {"type": "string", "pattern": "^[0-9a-f]{32}$", "description": "To be named when you ask for help."},
        "errors": {
            "type": "array",
            "description": "Each field that is wrong, or each obstacle.",
            "items": {
                "type": "object",
                "required": ["message"],
                "additionalProperties": False,
                "properties": {
                    "field": {"type": "string", "description": "Where in the request, for instance `customer.tenantId`."},
                    "code": {"type": "string", "description": "Which obstacle."},
                    "message": {"type": "string"},
                },
            },
        },
        "taken": {
            "type": "array",
            "description": "Which scopes are taken, and since when; never by whom.",
            "items": {
                "type": "object",
                "required": ["scope", "since"],
                "additionalProperties": False,
                "properties": {"scope": {"type": "string"}, "since": {"type": "string", "format": "date-time"}},
            },
        },
    },
}
