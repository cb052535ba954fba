"""Grey of more than 8 bits becomes 8 bits by its white, and images that use few of 16 bits are counted."""

from collections import Counter

import numpy as np
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.grey_depth import to_eight_bits, used_bits
from headrace.prepare.encoders.images.image_transcoding import decode, decode_image
from headrace.prepare.encoders.images.unscaled_and_dark_image_warnings import unscaled_grey_warning
from headrace.prepare.kept_record_findings import Observations
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image

VALUES = np.array([[0, 1, 8, 9, 2048, 4095, 4096, 65535]], np.uint16)


def spec(white: int | None = None, mode: str = "L") -> Image:
    return Image.model_validate({"size": (1, 8), "resize": "stretch", "codec": "raw", "mode": mode, "white": white})


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_white_scales_16_bit_grey_and_clips_what_is_above(kind: str, mode: str) -> None:
    pixels = decode(encode_image(PIL.Image.fromarray(VALUES), kind), spec(4095, mode))
    assert pixels[0, :, -1].tolist() == [0, 0, 0, 1, 128, 255, 255, 255]


def test_white_does_not_change_images_of_8_bits() -> None:
    for image in (noise_image(1, 8), noise_image(1, 8, channels=1)):
        for kind in ("PNG", "JPEG"):
            data = encode_image(image, kind)
            assert np.array_equal(decode(data, spec(4095)), decode(data, spec()))


def test_white_gives_a_range_to_numbers_of_32_bits() -> None:
    numbers = np.array([[-1, 0, 0.5, 1, 2, 0, 0, 0]], np.float32)
    data = encode_image(PIL.Image.fromarray(numbers), "TIFF")
    assert decode(data, spec(1))[0, :5, 0].tolist() == [0, 0, 128, 255, 255]
    integers = encode_image(PIL.Image.fromarray(np.full((1, 8), 100_000, np.int32)), "TIFF")
    assert decode(integers, spec(200_000)).max() == 128
    numbers[0, 0] = np.nan
    with pytest.raises(RejectedRecordError) as rejected:
        decode(encode_image(PIL.Image.fromarray(numbers), "TIFF"), spec(1))
    assert rejected.value.reason is Reason.UNKNOWN_RANGE


@given(value=st.integers(0, 65535), white=st.integers(1, 65535))
def test_to_eight_bits_is_the_nearest_fraction_of_white(value: int, white: int) -> None:
    exact = min(value, white) * 255 / white
    assert abs(int(to_eight_bits(np.array([[value]], np.uint16), white)[0, 0]) - exact) <= 0.5


@pytest.mark.parametrize(
    ("largest", "bits"), [(0, None), (1, 8), (255, 8), (256, 10), (1024, 12), (4095, 12), (4096, 14), (16384, 16)]
)
def test_used_bits_is_the_smallest_usual_depth(largest: int, bits: int | None) -> None:
    assert used_bits(np.array([[0, largest]], np.uint16)) == bits


def test_decode_image_returns_bits_for_16_bit_grey_only() -> None:
    narrow = encode_image(PIL.Image.fromarray(np.minimum(VALUES, 4095)))
    assert decode_image(narrow, spec())[1] == 12
    assert decode_image(encode_image(noise_image(1, 8, channels=1)), spec())[1] is None
    assert decode_image(encode_image(noise_image(8, 8), "JPEG"), spec())[1] is None


def test_unscaled_grey_warning_names_the_images_and_the_setting() -> None:
    warning = unscaled_grey_warning(Counter({10: 2, 12: 38, 16: 5}))
    assert warning is not None
    assert "40 of 45 16-bit greyscale images have no value above 4095" in warning
    assert "prepare.image.white to 4095" in warning
    assert unscaled_grey_warning(Counter({16: 5})) is None
    assert unscaled_grey_warning(Counter()) is None


@pytest.mark.parametrize(("largest", "images", "warned"), [(1, 3, True), (15, 9, True), (16, 9, False), (1, 2, False)])
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_images_of_few_bits_in_8_are_warned_of(largest: int, images: int, warned: bool, mode: str) -> None:
    """Masks of 0 and 1, and pixels of 4 bits, were almost black, without a word."""
    found = Observations()
    for number in range(images):
        task = Observations()
        values = np.array([[0, 1, 0, largest, 0, 0, 1, 0]], np.uint8)
        task.add_image(decode_image(encode_image(PIL.Image.fromarray(values), "PNG"), spec(mode=mode)), f"{number}.png")
        found.update(task)
    sentence = f"No value of {images} images is above {largest} of 255, so that all are almost black"
    assert [one.startswith(sentence) for one in found.warnings(None)] == [True] * warned
