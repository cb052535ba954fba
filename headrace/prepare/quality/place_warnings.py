"""Warn of places that may be missing ones, or radians in place of degrees."""

import math
from dataclasses import dataclass

from headrace.wording import quantity_have

# Of fewer places, all may well be near each other.
MIN_PLACES = 20
# Rounding of 32-bit features.
TOLERANCE = 1e-3


@dataclass
class PlaceSample:
    """Latitudes and longitudes of one task, or of all tasks, in degrees.

    Attributes:
        places: number of places.
        zeros: those at latitude 0 and longitude 0.
        zero_path: of the record with the first of these.
        latitude: the largest distance from the equator.
        longitude: the largest distance from the meridian of Greenwich.
    """

    places: int = 0
    zeros: int = 0
    zero_path: str = ""
    latitude: float = 0.0
    longitude: float = 0.0

    def add(self, latitude: float, longitude: float, path: str) -> None:
        """Add the place of a record; NaN for none."""
        if math.isnan(latitude):
            return
        is_zero = abs(latitude) < TOLERANCE and abs(longitude) < TOLERANCE
        self.update(PlaceSample(1, int(is_zero), path if is_zero else "", abs(latitude), abs(longitude)))

    def update(self, other: "PlaceSample") -> None:
        """Add the places of another task."""
        self.places += other.places
        self.zeros += other.zeros
        self.zero_path = self.zero_path or other.zero_path
        self.latitude = max(self.latitude, other.latitude)
        self.longitude = max(self.longitude, other.longitude)

    def warnings(self) -> list[str]:
        """Return a line about places at 0, 0, and one if all others could be radians."""
        lines = []
        if self.zeros:
            lines.append(
                f"{quantity_have(self.zeros, 'record')} the place of latitude 0 and longitude 0, in the sea, such as "
                f"{self.zero_path!r}; if it marks a missing place, leave the cells empty."
            )
        # Of the area of all angles in radians, as degrees, hardly any is land.
        in_radians = self.latitude <= math.pi / 2 + TOLERANCE and self.longitude <= 2 * math.pi + TOLERANCE
        if in_radians and self.places - self.zeros >= MIN_PLACES:
            lines.append(
                f"All latitudes are within {self.latitude:.4g}, and all longitudes within {self.longitude:.4g} degrees "
                "of 0, as radians are; expected degrees. Multiply them by 57.29578 if they are radians."
            )
        return lines
