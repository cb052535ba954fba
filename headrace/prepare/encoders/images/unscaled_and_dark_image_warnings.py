"""Warn of images of fewer bits than their format has, which look black."""

from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.encoders.images.grey_depth import FULL_BITS


def unscaled_grey_warning(images: Counter[int]) -> str | None:
    """Return a warning about 16-bit grey images, counted by `used_bits`, that become dark because of the upper byte.

    Return None if all images use the full 16 bits.
    """
    found = _count_unscaled(images)
    if found is None:
        return None
    remedy = f"Set prepare.image.white to {2**found.bits - 1} to scale by that value instead."
    return f"{found.text.format('greyscale')} {remedy}"


def unscaled_colours_warning(images: Counter[int]) -> str | None:
    """Return the warning about 16-bit colour images, to which `prepare.image.white` does not apply."""
    found = _count_unscaled(images)
    return None if found is None else f"{found.text.format('colour')} Scale their values to 16 bits, or save 8 bits."


# Images whose largest value is at most this (of 255) use at most 4 of 8 bits, and look black.
DARK, MIN_DARK = 15, 3


@dataclass
class Brightness:
    """The number of images, and the largest value of all of them, from 0 to 255, as long as all are almost black."""

    images: int = 0
    largest: int = 0

    def add(self, pixels: NDArray[np.uint8]) -> None:
        """Count an image; one that is not almost black decides, and the pixels of later ones are not looked at."""
        if self.largest <= DARK:
            self.update(Brightness(1, int(pixels.max())))

    def update(self, other: "Brightness") -> None:
        """Count the images of another task."""
        self.images += other.images
        self.largest = max(self.largest, other.largest)

    def warning(self) -> str | None:
        """Return a warning if all images are almost black, as those of 1 bit or 4 bits in 8 are; otherwise None."""
        if self.images < MIN_DARK or self.largest > DARK:
            return None
        return (
            f"No value of {self.images:,} images is above {self.largest} of 255, so that all are almost black: they "
            "may be masks, or hold fewer bits than 8. Scale their values to 0 to 255."
        )


class _UnscaledImages(NamedTuple):
    bits: int
    text: str


def _count_unscaled(images: Counter[int]) -> _UnscaledImages | None:
    narrow = {bits: count for bits, count in images.items() if bits < FULL_BITS and count}
    if not narrow:
        return None
    bits = max(narrow)
    return _UnscaledImages(
        bits,
        f"{sum(narrow.values())} of {images.total()} 16-bit {{}} images have no value above {2**bits - 1}: they "
        f"hold {bits} bits in 16 and became dark, because the upper 8 of 16 bits are kept.",
    )
