"""Convert grey images deeper than 8 bits, and warn of unscaled 16-bit values."""

from collections import Counter
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError

FULL_BITS = 16
# Depths of cameras, scanners and detectors whose values are stored in 16 bits without scaling.
UNSCALED_BITS = (8, 10, 12, 14)


def to_eight_bits(values: NDArray[Any], white: int | None) -> NDArray[np.uint8]:
    """Return grey `values` as uint8, so that 0 is black and `white` is 255; larger values are clipped.

    Without `white`, this is the upper byte of 16 bits, as in Pillow for 16-bit colours.

    Raises:
        RejectedRecordError: a value is not a number, or is below 0 or needs more than 16 bits, and the value of white
            is unknown.
    """
    if white is not None:
        if np.isnan(values).any():
            raise RejectedRecordError(Reason.UNKNOWN_RANGE, "a pixel is not a number")
        # 64-bit floating point holds the products of 32-bit integers exactly.
        scaled = np.clip(values.astype(np.float64), 0, white) * (255 / white)
        return np.rint(scaled).astype(np.uint8)
    if values.dtype.kind != "f" and values.min() < 0:
        detail = f"pixels below 0, down to {values.min()}; set prepare.image.white, with which they become black"
        raise RejectedRecordError(Reason.UNKNOWN_RANGE, detail)
    if values.dtype.kind == "f" or values.max() >= 2**FULL_BITS:
        detail = "more than 16 bits per pixel, and the value of white is unknown; set prepare.image.white"
        raise RejectedRecordError(Reason.UNKNOWN_RANGE, detail)
    return (values.astype(np.uint16) >> 8).astype(np.uint8)


def used_bits(values: NDArray[Any]) -> int | None:
    """Return how many of 16 bits `values` use: 16 or one of `UNSCALED_BITS`; None if all are 0."""
    largest = int(values.max())
    return next((bits for bits in UNSCALED_BITS if largest < 2**bits), FULL_BITS) if largest else None


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


# Images whose largest value of 255 is not above this hold at most 4 bits, of which 8 look black.
DARK, MIN_DARK = 15, 3


@dataclass
class Brightness:
    """The number of images, and the largest value of all of them, from 0 to 255."""

    images: int = 0
    largest: int = 0

    def add(self, images: int, largest: int) -> None:
        """Count images."""
        self.images += images
        self.largest = max(self.largest, largest)

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
