"""Convert grey images deeper than 8 bits, and count the bits that their values use."""

from typing import Any

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
