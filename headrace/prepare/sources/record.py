"""A raw record: what one example is before anything was done to it."""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from headrace.prepare.reject import RejectedRecordError


class RawRecord(NamedTuple):
    """One example as its source gives it.

    Attributes:
        path: names it among all records of the source; can be stored.
        label: what the source calls its class, or a number as text.
        data: the bytes of a file, the characters of a text, pixels (height, width, channels), or the numbers of
            a window (length, features).
        rejection: why it could not be had; `data` is empty then.
        weight: how much it counts in training, a number as text.
    """

    path: str
    label: str | None
    split: str | None
    data: bytes | str | NDArray[np.uint8] | NDArray[np.float32]
    rejection: RejectedRecordError | None = None
    weight: str | None = None
