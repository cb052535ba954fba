"""What all sections of the configuration share: unknown keys are errors, values have ranges."""

import re
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
Positive = Annotated[int, Field(gt=0)]
Place = Annotated[str, Field(min_length=1)]
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def require_path(place: str) -> str:
    """Refuse addresses such as s3a://bucket/table: taken for a path, each would quietly become a folder here.

    Raises:
        ValueError: it is one.
    """
    if ADDRESS.match(place):
        raise ValueError(
            "this is an address, and Headrace works with folders that all machines mount; mount the store "
            "(s3fs, Mountpoint for S3, gcsfuse, a CSI driver) and give the folder"
        )
    return place


Folder = Annotated[Place, AfterValidator(require_path)]
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
