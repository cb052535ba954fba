"""The base model of all configuration sections, and the value types that they share."""

from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticKnownError

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
NonEmptyStr = Annotated[str, Field(min_length=1)]
# The longest side that JPEG can store.
Side = Annotated[int, Field(gt=0, le=65_500)]
# The range that Keras, NumPy and TensorFlow all accept.
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Section(BaseModel):
    """A part of the configuration. Unknown keys are errors; an empty section has its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_truth_for_number(cls, value: object, info: ValidationInfo) -> object:
        """Refuse true and false where a number is expected, which Pydantic takes for 1 and 0."""
        kinds = _kinds(cls.model_fields[info.field_name or ""].annotation)
        if isinstance(value, bool) and bool not in kinds and kinds & {int, float}:
            raise PydanticKnownError("float_type" if float in kinds else "int_type")
        return value

    @model_validator(mode="before")
    @classmethod
    def _default_if_empty(cls, section: object) -> object:
        return {} if section is None else section


def _kinds(annotation: object) -> set[object]:
    """Return the types of which a value may be."""
    inner = get_args(annotation)
    if get_origin(annotation) is Annotated:
        return _kinds(inner[0])
    if get_origin(annotation) in (Union, UnionType):
        return set[object]().union(*map(_kinds, inner))
    return {annotation}


def strip_backticks(name: str) -> str:
    """Return a column name without the backticks in which SQL quotes names with dots."""
    return name[1:-1] if len(name) > 2 and name[0] == name[-1] == "`" else name
