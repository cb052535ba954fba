"""Configuration sections of how shards become batches, and of augmentation."""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headrace.config.base_section import Fraction, NonEmptyStr, Positive, Section


class Augment(Section):
    """Random augmentation of training images, reproducible per row in a resumed run and on any number of ranks."""

    flip: Literal["none", "horizontal", "vertical", "both"] = Field(
        "none", description="mirror half of the images along this direction"
    )
    shift: Fraction = Field(0.0, description="maximum translation, as a fraction of height and width")
    rotate: Annotated[float, Field(ge=0, le=180)] = Field(0.0, description="maximum rotation in degrees, either way")
    zoom: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="maximum relative change of scale; 0.2 scales by 0.8 to 1.2"
    )
    brightness: Fraction = Field(
        0.0, description="maximum change of brightness; 0.2 adds or subtracts at most 51 of 255"
    )
    contrast: Annotated[float, Field(ge=0, lt=1)] = Field(
        0.0, description="maximum relative change of contrast around the mean; 0.2 scales by 0.8 to 1.2"
    )
    fill: Literal["nearest", "reflect", "black"] = Field(
        "nearest", description="how to fill pixels outside the original image"
    )

    @property
    def changes_geometry(self) -> bool:
        """Return whether pixels change position."""
        return self.flip != "none" or any((self.shift, self.rotate, self.zoom))

    @property
    def changes_colour(self) -> bool:
        """Return whether pixels change value."""
        return any((self.brightness, self.contrast))


class Stream(Section):
    """Streaming: how shards become training batches."""

    cache: Literal["none", "memory", "disk"] = Field(
        "none",
        description=(
            "none: no cache; memory: cache shards in each rank's memory; disk: cache shards in "
            "`cache_folder`, which ranks may share, for tables on slow storage"
        ),
    )
    cache_bytes: Positive = Field(
        4_000_000_000, description="maximum size of the cache in bytes; what does not fit is read again"
    )
    cache_folder: NonEmptyStr | None = Field(None, description="folder of the disk cache; required by `cache: disk`")
    buckets: Annotated[tuple[Positive, ...], Field(min_length=1)] | None = Field(
        None, description="lengths in tokens to which texts are padded, strictly increasing; default: 16, 32, 64 ..."
    )
    bucket_steps: Annotated[int, Field(gt=0, le=1024)] = Field(
        32, description="number of steps whose texts are grouped by length; 1: no grouping"
    )
    augment: Augment = Augment()

    @model_validator(mode="after")
    def _require_consistent_keys(self) -> "Stream":
        if self.cache == "disk" and self.cache_folder is None:
            raise ValueError("cache: disk requires `cache_folder`; set it to a folder for the cached shards")
        if self.buckets and list(self.buckets) != sorted(set(self.buckets)):
            raise ValueError("`buckets` must be strictly increasing, such as [16, 32, 64]")
        return self
