"""crop fills and cuts the middle out, fit shows all, pad shows all and enlarges nothing, stretch ignores the aspect."""

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.prepare.encoders.image import Pixels
from headrace.prepare.encoders.resize import RESIZE


def bands(width: int, height: int) -> PIL.Image.Image:
    """The left third is red, the middle green, the right blue; the lower half is darker."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for channel in range(3):
        pixels[:, channel * width // 3 : (channel + 1) * width // 3, channel] = 240
    pixels[height // 2 :] //= 2
    return PIL.Image.fromarray(pixels)


def resized(way: str, image: PIL.Image.Image, width: int, height: int) -> Pixels:
    result = RESIZE[way](image, (width, height))
    assert result.size == (width, height)
    assert result.mode == image.mode
    return np.asarray(result)


def is_near(pixel: Pixels, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= 12)


RED, GREEN, BLUE, BLACK = (240, 0, 0), (0, 240, 0), (0, 0, 240), (0, 0, 0)


def test_crop_cuts_the_middle_of_a_wide_image_out() -> None:
    pixels = resized("crop", bands(90, 30), 30, 30)
    assert is_near(pixels[5, 15], GREEN)
    assert is_near(pixels[5, 3], GREEN)
    assert is_near(pixels[5, 27], GREEN)


def test_crop_cuts_the_middle_of_a_tall_image_out() -> None:
    tall = bands(90, 30).transpose(PIL.Image.Transpose.TRANSPOSE)
    pixels = resized("crop", tall, 20, 20)
    assert is_near(pixels[3, 5], GREEN)
    assert is_near(pixels[17, 5], GREEN)


def test_crop_enlarges_a_small_image_to_fill() -> None:
    assert resized("crop", PIL.Image.new("L", (3, 5), 200), 40, 40).min() == 200


def test_fit_shows_all_of_a_wide_image_on_black() -> None:
    pixels = resized("fit", bands(90, 30), 30, 30)
    assert pixels[:10].max() == 0
    assert pixels[20:].max() == 0
    assert [is_near(pixels[12, x], c) for x, c in ((4, RED), (15, GREEN), (25, BLUE))] == [True] * 3


def test_fit_shows_all_of_a_tall_image_on_black() -> None:
    tall = bands(90, 30).transpose(PIL.Image.Transpose.TRANSPOSE)
    pixels = resized("fit", tall, 30, 30)
    assert pixels[:, :10].max() == 0
    assert pixels[:, 20:].max() == 0
    assert [is_near(pixels[y, 12], c) for y, c in ((4, RED), (15, GREEN), (25, BLUE))] == [True] * 3


def test_fit_enlarges_a_small_image() -> None:
    pixels = resized("fit", PIL.Image.new("L", (4, 2), 200), 40, 40)
    assert pixels[:10].max() == 0
    assert pixels[10:30].min() == 200
    assert pixels[30:].max() == 0


def test_pad_leaves_a_small_image_as_it_is_in_the_middle() -> None:
    image = bands(9, 6)
    pixels = resized("pad", image, 15, 12)
    assert np.array_equal(pixels[3:9, 3:12], np.asarray(image))
    assert int(pixels.astype(int).sum()) == int(np.asarray(image).astype(int).sum())


@pytest.mark.parametrize("size", [(90, 30), (31, 8), (8, 31), (30, 90)])
def test_pad_shrinks_an_image_that_is_larger_in_any_direction_as_fit_does(size: tuple[int, int]) -> None:
    assert np.array_equal(resized("pad", bands(*size), 30, 30), resized("fit", bands(*size), 30, 30))


def test_stretch_fills_without_regard_to_the_aspect() -> None:
    pixels = resized("stretch", bands(90, 30), 30, 60)
    assert [is_near(pixels[10, x], c) for x, c in ((4, RED), (15, GREEN), (25, BLUE))] == [True] * 3
    assert [is_near(pixels[50, x], c) for x, c in ((4, (120, 0, 0)), (25, (0, 0, 120)))] == [True] * 2


@pytest.mark.parametrize("way", RESIZE)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_an_image_of_the_wanted_size_stays_bit_for_bit(way: str, mode: str) -> None:
    image = bands(17, 11).convert(mode)
    assert np.array_equal(resized(way, image, 17, 11), np.asarray(image))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    way=st.sampled_from(sorted(RESIZE)),
    image=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    mode=st.sampled_from(["L", "RGB"]),
)
def test_a_white_image_of_any_shape_leaves_something_white(
    way: str, image: tuple[int, int], size: tuple[int, int], mode: str
) -> None:
    pixels = resized(way, PIL.Image.new(mode, image, "white"), *size)
    assert pixels.max() == 255
    if way in ("crop", "stretch"):
        assert pixels.min() == 255


@pytest.mark.parametrize("way", ["fit", "pad"])
@pytest.mark.parametrize("size", [(5000, 1), (1, 5000)])
def test_an_image_too_thin_to_show_is_one_pixel_thin(way: str, size: tuple[int, int]) -> None:
    pixels = resized(way, PIL.Image.new("L", size, 255), 28, 28)
    assert np.count_nonzero(pixels) == 28
