"""Statistics of images: brightness, contrast and the mean of each colour channel."""

import numpy as np

from headrace.contract import Contract
from headrace.features.image.input_as_picture_or_text import to_pil_image

COLOURS = ("red", "green", "blue")


def statistics(payload: bytes, contract: Contract) -> dict[str, float]:
    """Return mean and standard deviation of the stored values, and the means of three channels."""
    column = contract.named("input")[1]
    pixels = np.asarray(to_pil_image(payload, column)).reshape(column.image_shape)
    found = {"brightness": float(pixels.mean()), "contrast": float(pixels.std())}
    if pixels.shape[2] == len(COLOURS):
        found |= dict(zip(COLOURS, pixels.mean((0, 1)).tolist(), strict=True))
    return found
