"""Warn of locations that may be missing ones, or radians in place of degrees."""

import math
from dataclasses import dataclass

from headrace.wording import quantity_has

# Fewer locations may well all lie near each other.
MIN_LOCATIONS = 20
# Rounding of 32-bit features.
TOLERANCE = 1e-3


@dataclass
class LocationSample:
    """Latitudes and longitudes of one task, or of all tasks, in degrees.

    Attributes:
        locations: number of locations.
        zeros: those at latitude 0 and longitude 0.
        zero_path: of the record with the first of these.
        latitude: the largest distance from the equator.
        longitude: the largest distance from the meridian of Greenwich.
    """

    locations: int = 0
    zeros: int = 0
    zero_path: str = ""
    latitude: float = 0.0
    longitude: float = 0.0

    def add(self, latitude: float, longitude: float, path: str) -> None:
        """Add the location of a record; NaN for none."""
        if math.isnan(latitude):
            return
        is_zero = abs(latitude) < TOLERANCE and abs(longitude) < TOLERANCE
        self.update(LocationSample(1, int(is_zero), path if is_zero else "", abs(latitude), abs(longitude)))

    def update(self, other: "LocationSample") -> None:
        """Add the locations of another task."""
        self.locations += other.locations
        self.zeros += other.zeros
        self.zero_path = self.zero_path or other.zero_path
        self.latitude = max(self.latitude, other.latitude)
        self.longitude = max(self.longitude, other.longitude)

    def warnings(self) -> list[str]:
        """Return a line about locations at 0, 0, and one if all others could be radians."""
        lines = []
        if self.zeros:
            lines.append(
                f"{quantity_has(self.zeros, 'record')} the location of latitude 0 and longitude 0, in the sea, such as "
                f"{self.zero_path!r}; if it marks a missing location, leave the cells empty."
            )
        # Read as degrees, all angles in radians lie within 7 degrees of 0, 0, where there is hardly any land.
        in_radians = self.latitude <= math.pi / 2 + TOLERANCE and self.longitude <= 2 * math.pi + TOLERANCE
        if in_radians and self.locations - self.zeros >= MIN_LOCATIONS:
            lines.append(
                f"All latitudes are within {self.latitude:.4g}, and all longitudes within {self.longitude:.4g} degrees "
                "of 0, as radians are; expected degrees. Multiply them by 57.29578 if they are radians."
            )
        return lines
