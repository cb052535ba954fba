"""The sections of the configuration that say how shards become batches in training."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headrace.config.base import Fraction, NonEmptyStr, Positive, Section


class Augment(Section):
    """How training images are changed at random, each row alike in a continued run and on any number of ranks."""

    flip: Literal["none", "horizontal", "vertical", "both"] = Field("none", description="mirrored, half of them")
    shift: Fraction = Field(0.0, description="moved by at most this part of height and width")
    rotate: Annotated[float, Field(ge=0, le=180)] = Field(0.0, description="turned by at most so many degrees")
    zoom: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="0.2: scaled by 0.8 to 1.2")
    brightness: Fraction = Field(0.0, description="0.2: at most 51 of 255 lighter or darker")
    contrast: Annotated[float, Field(ge=0, lt=1)] = Field(0.0, description="0.2: around the mean, by 0.8 to 1.2")
    fill: Literal["nearest", "reflect", "black"] = Field("nearest", description="what shows beyond the image's edge")

    @property
    def moves(self) -> bool:
        """Whether pixels change their place."""
        return self.flip != "none" or any((self.shift, self.rotate, self.zoom))

    @property
    def recolours(self) -> bool:
        """Whether pixels change their value."""
        return any((self.brightness, self.contrast))


class Stream(Section):
    """How shards become batches in training."""

    cache: Literal["none", "memory", "disk"] = Field(
        "none", description="memory: of each rank; disk: a folder that ranks may share, for tables on slow storage"
    )
    cache_bytes: Positive = Field(4_000_000_000, description="kept at most; what does not fit is read again")
    cache_folder: NonEmptyStr | None = Field(None, description="for cache: disk")
    buckets: Annotated[tuple[Positive, ...], Field(min_length=1)] | None = Field(
        None, description="lengths that texts are padded to, rising; 16, 32, 64 ... if not given"
    )
    bucket_steps: Annotated[int, Field(gt=0, le=1024)] = Field(
        32, description="texts of so many steps are grouped by length; 1: not at all"
    )
    augment: Augment = Augment()

    @model_validator(mode="after")
    def _makes_sense(self) -> "Stream":
        if self.cache == "disk" and self.cache_folder is None:
            raise ValueError("cache: disk needs cache_folder, a folder for the copies")
        if self.buckets and list(self.buckets) != sorted(set(self.buckets)):
            raise ValueError("buckets must rise, such as [16, 32, 64]")
        return self
