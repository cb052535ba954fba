"""The part of a contract that describes locations; importable without an engine."""

from collections.abc import Mapping
from typing import Literal

from headrace.features.contract_spec import CellType, InputSpec


class GeoSpec(InputSpec):
    """Locations as the sine and cosine of the latitude and of the longitude.

    Attributes:
        latitude: column of the latitudes.
        longitude: column of the longitudes.
    """

    kind: Literal["geo"] = "geo"
    latitude: str
    longitude: str

    @property
    def layout(self) -> str:
        """See `InputSpec`."""
        return f"locations of {self.latitude} and {self.longitude}, as the sine and cosine of each"

    @property
    def cell_types(self) -> Mapping[str, CellType]:
        """See `InputSpec`."""
        return {self.latitude: "number", self.longitude: "number"}


SPEC = GeoSpec
