"""What all sections of the configuration share: unknown keys are errors, values have ranges."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Place = Annotated[str, Field(min_length=1)]
# JPEG stores no longer side.
Side = Annotated[int, Field(gt=0, le=65_500)]
# Keras, NumPy and TensorFlow all take these.
Seed = Annotated[int, Field(ge=0, lt=2**32)]


class Section(BaseModel):
    """A part of the configuration; unknown keys are errors, a section that says nothing has its defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    @model_validator(mode="before")
    @classmethod
    def _nothing_is_the_defaults(cls, section: object) -> object:
        return {} if section is None else section
