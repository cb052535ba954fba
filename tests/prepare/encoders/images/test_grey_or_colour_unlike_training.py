"""Grey images for a model of coloured ones, and the reverse, are said once for all of a prediction."""

import numpy as np
import pytest
from numpy.typing import NDArray

from headrace.contract import Column, Contract
from headrace.features.contract_spec import Statistics
from headrace.features.image.contract_spec import ImageSpec
from headrace.prepare.encoders.images.grey_or_colour_unlike_training import GreyAndColourCounts, is_grey

GREY = np.repeat(np.arange(30 * 20, dtype=np.uint8).reshape(30, 20, 1), 3, axis=2)
COLOURED = GREY + np.array([0, 40, 0], np.uint8)


def contract(*mean: float) -> Contract:
    """Return the contract of a model of images with these channel means."""
    columns = {
        "image": Column(role="input", codec="raw", dtype="uint8", shape=(30, 20, len(mean))),
        "label": Column(role="target", codec="plain", dtype="int32"),
    }
    spec = ImageSpec(statistics=Statistics(mean=mean, variance=tuple(1.0 for _ in mean)))
    return Contract(columns=columns, classes=("a", "b"), input_specs={"image": spec})


def warning(images: list[NDArray[np.uint8]], *mean: float) -> str | None:
    """Return the warning for images and a model, counted by two tasks."""
    counts, other = GreyAndColourCounts(), GreyAndColourCounts()
    for number, pixels in enumerate(images):
        (other if number % 2 else counts).add(pixels, f"{number}.png")
    counts.update(other)
    return counts.warning(contract(*mean))


def test_one_coloured_pixel_is_a_colour() -> None:
    pixels = GREY.copy()
    assert is_grey(pixels)
    pixels[29, 19, 1] += 1
    assert not is_grey(pixels)


def test_grey_images_for_a_model_of_coloured_ones() -> None:
    found = warning([COLOURED, GREY, GREY], 100, 120, 90)
    assert found == "2 of 3 images are grey, such as '2.png', and those of training are not all grey."


def test_coloured_images_for_a_model_of_grey_ones() -> None:
    found = warning([GREY, COLOURED, COLOURED], 100, 100, 100)
    assert found == "2 of 3 images have colours, such as '2.png', and those of training are grey."


@pytest.mark.parametrize(
    ("images", "mean"),
    [
        ([GREY, GREY, GREY], (9.0, 9.0, 9.0)),
        ([COLOURED, COLOURED, GREY], (9.0, 8.0, 9.0)),
        ([GREY, GREY], (9.0, 8.0, 9.0)),
        ([GREY[..., :1]] * 4, (9.0,)),
    ],
)
def test_images_like_those_of_training_are_not_warned_of(
    images: list[NDArray[np.uint8]], mean: tuple[float, ...]
) -> None:
    assert warning(images, *mean) is None
