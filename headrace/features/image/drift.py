"""Statistics of images: brightness, contrast and the mean of each colour channel."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from headrace.contract import Column

COLOURS = ("red", "green", "blue")


def statistics(payload: bytes, column: Column) -> dict[str, float]:
    """Return mean and standard deviation of the stored values, and the means of three channels."""
    pixels = _pixels(payload, column)
    found = {"brightness": float(pixels.mean()), "contrast": float(pixels.std())}
    if pixels.shape[2] == len(COLOURS):
        found |= dict(zip(COLOURS, pixels.mean((0, 1)).tolist(), strict=True))
    return found


def _pixels(payload: bytes, column: Column) -> NDArray[np.uint8]:
    if column.codec == "raw":
        return np.frombuffer(payload, np.uint8).reshape(column.image_shape)
    return np.asarray(Image.open(io.BytesIO(payload))).reshape(column.image_shape)
