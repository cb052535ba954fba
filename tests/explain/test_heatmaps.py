"""Colours lie where the values are: blue above 0, orange below, none at 0."""

import base64
import io

import numpy as np
import PIL.Image
from numpy.typing import NDArray

from headrace.explain.heatmaps import AGAINST, FOR, enlarge, overlay, picture

GREY = np.full((6, 4, 3), 200, np.uint8)


def pixels_of(uri: str) -> NDArray[np.uint8]:
    data = base64.b64decode(uri.removeprefix("data:image/png;base64,"))
    return np.asarray(PIL.Image.open(io.BytesIO(data)))


def test_the_strongest_places_have_the_full_colour_and_the_others_the_pale_picture() -> None:
    values = np.zeros((6, 4))
    values[1, 2], values[4, 0] = 3.0, -3.0
    shown = pixels_of(overlay(GREY, values))
    assert (tuple(shown[1, 2]), tuple(shown[4, 0])) == (FOR, AGAINST)
    others = shown[values == 0]
    assert (others == others[0, 0]).all()
    assert others[0, 0] > 200


def test_a_few_values_far_above_the_others_do_not_leave_these_pale() -> None:
    values = np.full((40, 40), 1.0)
    values[0, 0] = 1000.0
    shown = pixels_of(overlay(np.zeros((40, 40, 1), np.uint8), values))
    assert tuple(shown[20, 20]) == FOR


def test_values_that_are_all_zero_colour_nothing() -> None:
    shown = pixels_of(overlay(GREY, np.zeros((6, 4))))
    assert len(np.unique(shown)) == 1


def test_the_picture_is_the_image_itself() -> None:
    image = np.arange(72, dtype=np.uint8).reshape(6, 4, 3)
    assert np.array_equal(pixels_of(picture(image)), image)
    assert np.array_equal(pixels_of(picture(image[:, :, :1])), image[:, :, 0])


def test_a_feature_map_is_enlarged_to_its_image_without_moving() -> None:
    heat = np.zeros((3, 2), np.float32)
    heat[2, 1] = 1.0
    large = enlarge(heat, (24, 16, 3))
    assert large.shape == (24, 16)
    assert np.unravel_index(large.argmax(), large.shape) >= (18, 10)
    assert large[:8].max() == 0
