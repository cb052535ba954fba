"""crop fills and cuts out the center, fit and pad show all, pad never enlarges, stretch ignores the aspect ratio."""

import numpy as np
import PIL.Image
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from headrace.prepare.encoders.images.image_transcoding import Pixels
from headrace.prepare.encoders.images.resize import RESIZE


def three_colour_image(width: int, height: int) -> PIL.Image.Image:
    """Return an image whose thirds are red, green and blue from the left, and whose lower half is darker."""
    pixels = np.zeros((height, width, 3), np.uint8)
    for channel in range(3):
        pixels[:, channel * width // 3 : (channel + 1) * width // 3, channel] = 240
    pixels[height // 2 :] //= 2
    return PIL.Image.fromarray(pixels)


def resize(method: str, image: PIL.Image.Image, width: int, height: int) -> Pixels:
    result = RESIZE[method](image, (width, height))
    assert result.size == (width, height)
    assert result.mode == image.mode
    return np.asarray(result)


def is_near(pixel: Pixels, colour: tuple[int, int, int]) -> bool:
    return bool(np.abs(pixel.astype(int) - colour).max() <= 12)


RED, GREEN, BLUE, BLACK = (240, 0, 0), (0, 240, 0), (0, 0, 240), (0, 0, 0)


def test_crop_cuts_out_the_center_of_a_wide_image() -> None:
    pixels = resize("crop", three_colour_image(90, 30), 30, 30)
    assert is_near(pixels[5, 15], GREEN)
    assert is_near(pixels[5, 3], GREEN)
    assert is_near(pixels[5, 27], GREEN)


def test_crop_cuts_out_the_center_of_a_tall_image() -> None:
    tall = three_colour_image(90, 30).transpose(PIL.Image.Transpose.TRANSPOSE)
    pixels = resize("crop", tall, 20, 20)
    assert is_near(pixels[3, 5], GREEN)
    assert is_near(pixels[17, 5], GREEN)


def test_crop_enlarges_a_small_image_to_fill() -> None:
    assert resize("crop", PIL.Image.new("L", (3, 5), 200), 40, 40).min() == 200


def test_fit_shows_all_of_a_wide_image_on_black() -> None:
    pixels = resize("fit", three_colour_image(90, 30), 30, 30)
    assert pixels[:10].max() == 0
    assert pixels[20:].max() == 0
    assert [is_near(pixels[12, x], c) for x, c in ((4, RED), (15, GREEN), (25, BLUE))] == [True] * 3


def test_fit_shows_all_of_a_tall_image_on_black() -> None:
    tall = three_colour_image(90, 30).transpose(PIL.Image.Transpose.TRANSPOSE)
    pixels = resize("fit", tall, 30, 30)
    assert pixels[:, :10].max() == 0
    assert pixels[:, 20:].max() == 0
    assert [is_near(pixels[y, 12], c) for y, c in ((4, RED), (15, GREEN), (25, BLUE))] == [True] * 3


def test_fit_enlarges_a_small_image() -> None:
    pixels = resize("fit", PIL.Image.new("L", (4, 2), 200), 40, 40)
    assert pixels[:10].max() == 0
    assert pixels[10:30].min() == 200
    assert pixels[30:].max() == 0


def test_pad_centers_a_small_image_unchanged() -> None:
    image = three_colour_image(9, 6)
    pixels = resize("pad", image, 15, 12)
    assert np.array_equal(pixels[3:9, 3:12], np.asarray(image))
    assert int(pixels.astype(int).sum()) == int(np.asarray(image).astype(int).sum())


@pytest.mark.parametrize("size", [(90, 30), (31, 8), (8, 31), (30, 90)])
def test_pad_shrinks_a_larger_image_like_fit(size: tuple[int, int]) -> None:
    assert np.array_equal(
        resize("pad", three_colour_image(*size), 30, 30), resize("fit", three_colour_image(*size), 30, 30)
    )


def test_stretch_ignores_the_aspect_ratio() -> None:
    pixels = resize("stretch", three_colour_image(90, 30), 30, 60)
    assert [is_near(pixels[10, x], c) for x, c in ((4, RED), (15, GREEN), (25, BLUE))] == [True] * 3
    assert [is_near(pixels[50, x], c) for x, c in ((4, (120, 0, 0)), (25, (0, 0, 120)))] == [True] * 2


@pytest.mark.parametrize("method", RESIZE)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_resize_keeps_an_image_of_the_target_size(method: str, mode: str) -> None:
    image = three_colour_image(17, 11).convert(mode)
    assert np.array_equal(resize(method, image, 17, 11), np.asarray(image))


@settings(derandomize=True, deadline=None, max_examples=150)
@given(
    method=st.sampled_from(sorted(RESIZE)),
    image=st.tuples(st.integers(1, 300), st.integers(1, 300)),
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    mode=st.sampled_from(["L", "RGB"]),
)
def test_resize_of_a_white_image_is_never_all_black(
    method: str, image: tuple[int, int], size: tuple[int, int], mode: str
) -> None:
    pixels = resize(method, PIL.Image.new(mode, image, "white"), *size)
    assert pixels.max() == 255
    if method in ("crop", "stretch"):
        assert pixels.min() == 255


@pytest.mark.parametrize("method", ["fit", "pad"])
@pytest.mark.parametrize("size", [(5000, 1), (1, 5000)])
def test_resize_keeps_one_pixel_of_a_thin_image(method: str, size: tuple[int, int]) -> None:
    pixels = resize(method, PIL.Image.new("L", size, 255), 28, 28)
    assert np.count_nonzero(pixels) == 28
