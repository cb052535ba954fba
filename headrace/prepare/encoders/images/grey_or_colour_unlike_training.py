"""Warn of grey images in a prediction by a model of coloured ones, and of coloured ones by a model of grey ones.

Preparation makes every image grey or RGB, as `prepare.image.mode` says; a grey image has three equal channels in RGB.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from headrace.contract import Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.prepare.quality.values_unlike_training import Tally

# Fewer images are too few to judge the others.
MIN_IMAGES = 3
# Most coloured images are recognised by every eighth row and column of pixels.
STEP = 8


@dataclass
class GreyAndColourCounts:
    """Images of RGB that are grey, and those that have colours."""

    grey: Tally = field(default_factory=Tally)
    coloured: Tally = field(default_factory=Tally)

    def add(self, pixels: NDArray[np.uint8], path: str) -> None:
        """Count an image, (height, width, channels); images of a single channel are not counted."""
        if pixels.shape[2] == 3:
            found = is_grey(pixels)
            self.grey.add(1, int(found), path)
            self.coloured.add(1, int(not found), path)

    def update(self, other: "GreyAndColourCounts") -> None:
        """Add the images of another task."""
        for total, added in ((self.grey, other.grey), (self.coloured, other.coloured)):
            total.add(added.values, added.affected, added.example)

    def warning(self, contract: Contract) -> str | None:
        """Return a warning if most images differ in this from those of training; otherwise None.

        Args:
            contract: of the model.
        """
        trained_on_grey = {_are_grey(one) for one in _image_statistics(contract)}
        if len(trained_on_grey) != 1 or self.grey.values < MIN_IMAGES:
            return None
        (were_grey,) = trained_on_grey
        tally = self.coloured if were_grey else self.grey
        if not tally.is_majority:
            return None
        found, trained = ("have colours", "grey") if were_grey else ("are grey", "not all grey")
        return f"{tally} images {found}, such as {tally.example!r}, and those of training are {trained}."


def is_grey(pixels: NDArray[np.uint8]) -> bool:
    """Return whether the channels of an image, (height, width, 3), are equal."""
    return _equal_channels(pixels[::STEP, ::STEP]) and _equal_channels(pixels)


def _equal_channels(pixels: NDArray[np.uint8]) -> bool:
    return bool((pixels[..., :1] == pixels[..., 1:]).all())


def _image_statistics(contract: Contract) -> Iterable[Statistics]:
    return (spec.statistics for spec in contract.input_specs.values() if isinstance(spec, ImageSpec))


def _are_grey(statistics: Statistics) -> bool:
    """Return whether all images of training were grey: their channels have the same sums."""
    return len(set(statistics.mean)) == 1 and len(set(statistics.variance)) == 1
