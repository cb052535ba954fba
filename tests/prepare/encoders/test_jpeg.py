"""JPEG files take the fast way where it gives the picture that Pillow gives, and Pillow's way everywhere else."""

import io
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from PIL import ExifTags

from headrace.config.configuration import Image
from headrace.prepare.encoders.image import decode
from headrace.prepare.encoders.jpeg import decode_jpeg, encode_jpeg, fast_path_size, may_need_rotation, shrink
from headrace.prepare.rejection import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image


def picture(width: int, height: int, seed: int = 0) -> PIL.Image.Image:
    """Forms of all sizes with as much of each as photos have: the spectrum falls with the frequency."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :]
    falling = 1 / np.maximum(np.hypot(down, across), 1 / max(width, height)) ** 1.2
    channels = []
    for _ in range(3):
        values = np.fft.ifft2(np.fft.fft2(random.normal(size=(height, width))) * falling).real
        channels.append(np.clip(128 + 40 * values / values.std(), 0, 255))
    return PIL.Image.fromarray(np.stack(channels, 2).astype(np.uint8))


def form(**changes: Any) -> Image:
    return Image.model_validate({"size": [224, 224]} | changes)


def psnr(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((left.astype(np.float64) - right) ** 2))))


def with_pillow(data: bytes) -> NDArray[np.uint8]:
    """The middle square, as Pillow shrinks it with its best filter."""
    image = PIL.Image.open(io.BytesIO(data))
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((224, 224), PIL.Image.Resampling.LANCZOS))


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (640, 480), (1200, 900)])
def test_the_picture_is_that_of_pillows_best_filter(size: tuple[int, int]) -> None:
    data = encode_image(picture(*size), "JPEG", quality=90)
    assert psnr(decode(data, form()), with_pillow(data)) >= 35


def test_a_large_image_is_reduced_while_it_is_decoded_and_a_small_one_is_not() -> None:
    large = decode_jpeg(encode_image(picture(500, 375).resize((4000, 3000)), "JPEG"), form())
    small = decode_jpeg(encode_image(picture(500, 375), "JPEG"), form())
    assert large is not None
    assert small is not None
    assert 448 <= large.shape[0] <= 3000 // 2
    assert small.shape == (375, 500, 3)


@pytest.mark.parametrize("resize", ["fit", "crop", "pad", "stretch"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(500, 375), (100, 300), (300, 20), (31, 17)])
def test_every_resize_and_mode_gives_the_shape_and_pillows_picture(
    resize: str, mode: str, size: tuple[int, int]
) -> None:
    data = encode_image(picture(*size), "JPEG", quality=95)
    wanted = form(size=[40, 60], mode=mode, resize=resize)
    fast = decode(data, wanted)
    # The same pixels from a file that Pillow alone decodes.
    slow = decode(encode_image(PIL.Image.open(io.BytesIO(data))), wanted)
    assert fast.shape == slow.shape == (40, 60, 1 if mode == "L" else 3)
    assert psnr(fast, slow) >= 25


def test_what_is_odd_about_a_file_is_left_to_pillow() -> None:
    assert fast_path_size(encode_image(noise_image(20, 20).convert("CMYK"), "JPEG")) is None
    assert fast_path_size(encode_image(noise_image(20, 20), "PNG")) is None
    assert fast_path_size(b"\xff\xd8\xff") is None
    assert decode_jpeg(encode_image(picture(300, 300), "JPEG")[:-200], form()) is None
    with pytest.raises(RejectedRecordError) as rejected:
        decode(encode_image(picture(300, 300), "JPEG")[:-2000], form())
    assert rejected.value.reason == Reason.DAMAGED


def test_limits_hold_on_the_fast_way_too() -> None:
    assert fast_path_size(encode_image(noise_image(20, 30), "JPEG")) == (20, 30)
    with pytest.raises(RejectedRecordError) as rejected:
        decode(encode_image(noise_image(20, 30), "JPEG"), form(max_pixels=599))
    assert rejected.value.reason == Reason.TOO_MANY_PIXELS


def test_only_a_file_that_may_say_how_it_is_turned_is_left_to_pillow() -> None:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    plain = encode_image(picture(40, 30), "JPEG")
    assert not may_need_rotation(plain)
    assert may_need_rotation(encode_image(picture(40, 30), "JPEG", exif=exif))
    assert may_need_rotation(encode_image(picture(40, 30), "JPEG", xmp=b'<x tiff:Orientation="6"/>'))
    # Neither a byte that fills nor an end before the picture is usual.
    assert may_need_rotation(plain[:2] + b"\xff" + plain[2:])
    assert may_need_rotation(plain[:30])


def test_a_turned_photo_is_upright() -> None:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = picture(400, 300)
    turned = decode(
        encode_image(image, "JPEG", exif=exif, quality=95, subsampling=0), form(size=[400, 300], resize="stretch")
    )
    assert psnr(turned, np.asarray(image.rotate(-90, expand=True))) > 30


@pytest.mark.parametrize("channels", [1, 3])
def test_what_was_encoded_is_decoded_by_anyone(channels: int) -> None:
    pixels = np.asarray(picture(64, 48))[:, :, :channels]
    image = PIL.Image.open(io.BytesIO(encode_jpeg(pixels, 95)))
    assert image.mode == ("L" if channels == 1 else "RGB")
    by_pillow = encode_image(PIL.Image.fromarray(pixels.squeeze()), "JPEG", quality=95)
    theirs = np.asarray(PIL.Image.open(io.BytesIO(by_pillow))).reshape(pixels.shape)
    assert psnr(np.asarray(image).reshape(pixels.shape), pixels) >= psnr(theirs, pixels) - 0.5


@pytest.mark.parametrize("side", [320, 375, 390])
def test_a_photo_that_is_a_little_too_large_is_nearer_to_pillows_than_the_mean_of_the_area(side: int) -> None:
    pixels = np.asarray(picture(side, side))
    best = np.asarray(PIL.Image.fromarray(pixels).resize((224, 224), PIL.Image.Resampling.LANCZOS))
    by_area = np.asarray(cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_AREA), np.uint8)
    small = shrink(pixels, form())
    assert small is not None
    assert psnr(small, best) > psnr(by_area, best) + 1


@pytest.mark.parametrize("resize", ["crop", "fit", "pad", "stretch"])
def test_a_picture_that_has_the_size_stays_as_it_is(resize: str) -> None:
    pixels = np.asarray(picture(224, 224))
    small = shrink(pixels, form(resize=resize))
    assert small is not None
    np.testing.assert_array_equal(small, pixels)


def test_images_that_are_no_larger_are_not_shrunk() -> None:
    assert shrink(np.zeros((100, 300, 3), np.uint8), form()) is None
