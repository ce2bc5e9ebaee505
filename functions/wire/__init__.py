"""What travels over HTTP: request and response models, one module a noun.

Names are the glossary's in camelCase; unknown fields are refused. Responses are made from domain values by the models' `of`
methods, so that what a reader sees is decided in one place. A request imports its noun's module only: models cost time to define.
"""

from typing import TYPE_CHECKING, Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
ReasonCode = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{2,60}$")]
Country = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]
Language = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", to_lower=True)]


if TYPE_CHECKING:
    type Given[T] = T | None
else:

    class Given:
        """A field of a change: absent means unchanged, and null is refused, as if to clear what may not be empty."""

        def __class_getitem__(cls, kind):
            return kind


class Wire(BaseModel):
    """What all models share."""

    # Deferred: a cold start builds the models that its request needs, not all of them.
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", defer_build=True)


class NothingIn(Wire):
    """There is nothing to say here: leave the body out, or send `{}`. Whoever says something means something else."""
