"""Heatmaps are blue where values are above 0, orange below 0, uncoloured at 0."""

import base64
import io

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from headrace.explain.heatmap_drawing import NEGATIVE_COLOUR, POSITIVE_COLOUR, enlarge, overlay, picture

GREY = np.full((6, 4, 3), 200, np.uint8)


def decode_picture(uri: str) -> NDArray[np.uint8]:
    """Return the pixels of a data URI."""
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(PIL.Image.open(io.BytesIO(data)))


def test_overlay_colours_largest_values_fully_and_leaves_zeros_pale() -> None:
    values = np.zeros((6, 4))
    values[1, 2], values[4, 0] = 3.0, -3.0
    shown = decode_picture(overlay(GREY, values))
    assert (tuple(shown[1, 2]), tuple(shown[4, 0])) == (POSITIVE_COLOUR, NEGATIVE_COLOUR)
    others = shown[values == 0]
    assert (others == others[0, 0]).all()
    assert others[0, 0] > 200


def test_overlay_is_not_faded_by_outliers() -> None:
    values = np.full((40, 40), 1.0)
    values[0, 0] = 1000.0
    shown = decode_picture(overlay(np.zeros((40, 40, 1), np.uint8), values))
    assert tuple(shown[20, 20]) == POSITIVE_COLOUR


def test_overlay_of_zeros_is_uncoloured() -> None:
    shown = decode_picture(overlay(GREY, np.zeros((6, 4))))
    assert len(np.unique(shown)) == 1


def test_picture_keeps_every_pixel() -> None:
    image = np.arange(72, dtype=np.uint8).reshape(6, 4, 3)
    assert np.array_equal(decode_picture(picture(image)), image)
    assert np.array_equal(decode_picture(picture(image[:, :, :1])), image[:, :, 0])


def test_enlarge_keeps_positions() -> None:
    heat = np.zeros((3, 2), np.float32)
    heat[2, 1] = 1.0
    large = enlarge(heat, (24, 16, 3))
    assert large.shape == (24, 16)
    assert np.unravel_index(large.argmax(), large.shape) >= (18, 10)
    assert large[:8].max() == 0
