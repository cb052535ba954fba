"""Configuration section for geographic coordinates."""

from typing import Literal

from pydantic import Field, model_validator

from headrace.config.base_section import NonEmptyStr, Section


class Geo(Section):
    """The columns that hold latitude and longitude, in decimal degrees (WGS 84)."""

    kind: Literal["geo"] = Field("geo", description="geo: a location")
    latitude: NonEmptyStr = Field("latitude", description="column of the latitudes, -90 to 90 degrees, north positive")
    longitude: NonEmptyStr = Field(
        "longitude", description="column of the longitudes, -180 to 180 (or 0 to 360) degrees, east positive"
    )
    missing: Literal["reject", "empty"] = Field(
        "reject", description="records without a location. reject: they are rejected; empty: all four features are 0"
    )
    content: Literal["text"] = Field("text", description="what the columns hold: numbers")

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of the source that form the input."""
        return self.latitude, self.longitude

    @model_validator(mode="after")
    def _require_two_columns(self) -> "Geo":
        if self.latitude == self.longitude:
            raise ValueError(f"`latitude` and `longitude` are both {self.latitude!r}; name two columns")
        return self
