"""What an operation is: the vocabulary of the tables beside this module."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from pydantic import BaseModel

    from shared.domain.caller import Role

JSON: Final = "application/json"
CSV: Final = "text/csv"
JSON_OR_CSV: Final = (JSON, CSV)
"""What a list answers in, by `Accept`; the model describes the JSON."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A query parameter or a header that the operation reads."""

    name: str
    place: str
    """`query` or `header`."""
    sentence: str
    schema: Mapping[str, Any]
    example: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Body:
    """What an operation takes: a model and an example of it, or raw bytes of these media types, an example of what is text.

    It may also come in parts: then `files` names the media types of each file, `part` the model's part, if there is one, and
    `fields` the parts that may be there besides, each as a schema.
    """

    model: "type[BaseModel] | None" = None
    example: Mapping[str, Any] | None = None
    part: str | None = None
    files: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    fields: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    raw: Mapping[str, str] = field(default_factory=dict)
    required: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """A good answer: a model, or something of these media types; `headers` are names of `parts.HEADERS`."""

    sentence: str
    model: "type[BaseModel] | None" = None
    media_types: tuple[str, ...] = (JSON,)
    headers: tuple[str, ...] = ()
    schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. `problems` are the codes beyond those that follow from its role and its body."""

    tag: str
    answers: Mapping[int, Answer]
    role: "Role | None" = None
    body: Body | None = None
    parameters: tuple[Parameter, ...] = ()
    problems: tuple[str, ...] = ()
