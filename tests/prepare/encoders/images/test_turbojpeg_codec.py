"""The fast JPEG path gives the same images as Pillow, and leaves all other files to Pillow."""

import io
from typing import Any

import cv2
import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray
from PIL import ExifTags

from headrace.config.configuration_model import Image
from headrace.prepare.encoders.images.image_transcoding import decode
from headrace.prepare.encoders.images.opencv_shrink import shrink
from headrace.prepare.encoders.images.turbojpeg_codec import decode_jpeg, encode_jpeg, fast_path_size, may_need_rotation
from headrace.prepare.rejects.reasons_and_exceptions import Reason, RejectedRecordError
from tests.support.raw_images import encode_image, noise_image


def synthetic_photo(width: int, height: int, seed: int = 0) -> PIL.Image.Image:
    """Return shapes of all sizes with the spectrum of photos, which falls with the frequency."""
    random = np.random.default_rng(seed)
    down, across = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :]
    falling = 1 / np.maximum(np.hypot(down, across), 1 / max(width, height)) ** 1.2
    channels = []
    for _ in range(3):
        values = np.fft.ifft2(np.fft.fft2(random.normal(size=(height, width))) * falling).real
        channels.append(np.clip(128 + 40 * values / values.std(), 0, 255))
    return PIL.Image.fromarray(np.stack(channels, 2).astype(np.uint8))


def spec(**changes: Any) -> Image:
    return Image.model_validate({"size": [224, 224]} | changes)


def psnr(left: NDArray[np.uint8], right: NDArray[np.uint8]) -> float:
    return float(10 * np.log10(255**2 / max(1e-9, np.mean((left.astype(np.float64) - right) ** 2))))


def shrink_with_pillow(data: bytes) -> NDArray[np.uint8]:
    """Return the center square, shrunk by Pillow with its best filter."""
    image = PIL.Image.open(io.BytesIO(data))
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((224, 224), PIL.Image.Resampling.LANCZOS))


@pytest.mark.parametrize("size", [(500, 375), (375, 500), (640, 480), (1200, 900)])
def test_shrink_matches_pillows_best_filter(size: tuple[int, int]) -> None:
    data = encode_image(synthetic_photo(*size), "JPEG", quality=90)
    assert psnr(decode(data, spec()), shrink_with_pillow(data)) >= 35


def test_decode_jpeg_reduces_only_large_images() -> None:
    large = decode_jpeg(encode_image(synthetic_photo(500, 375).resize((4000, 3000)), "JPEG"), spec())
    small = decode_jpeg(encode_image(synthetic_photo(500, 375), "JPEG"), spec())
    assert large is not None
    assert small is not None
    assert 448 <= large.shape[0] <= 3000 // 2
    assert small.shape == (375, 500, 3)


@pytest.mark.parametrize("resize", ["fit", "crop", "pad", "stretch"])
@pytest.mark.parametrize("mode", ["L", "RGB"])
@pytest.mark.parametrize("size", [(500, 375), (100, 300), (300, 20), (31, 17)])
def test_decode_matches_pillow_for_every_resize_and_mode(resize: str, mode: str, size: tuple[int, int]) -> None:
    data = encode_image(synthetic_photo(*size), "JPEG", quality=95)
    target = spec(size=[40, 60], mode=mode, resize=resize)
    fast = decode(data, target)
    # The same pixels from a file that only Pillow decodes.
    slow = decode(encode_image(PIL.Image.open(io.BytesIO(data))), target)
    assert fast.shape == slow.shape == (40, 60, 1 if mode == "L" else 3)
    assert psnr(fast, slow) >= 25


def test_fast_path_leaves_unusual_files_to_pillow() -> None:
    assert fast_path_size(encode_image(noise_image(20, 20).convert("CMYK"), "JPEG")) is None
    assert fast_path_size(encode_image(noise_image(20, 20), "PNG")) is None
    assert fast_path_size(b"\xff\xd8\xff") is None
    assert decode_jpeg(encode_image(synthetic_photo(300, 300), "JPEG")[:-200], spec()) is None
    with pytest.raises(RejectedRecordError) as rejected:
        decode(encode_image(synthetic_photo(300, 300), "JPEG")[:-2000], spec())
    assert rejected.value.reason == Reason.TRUNCATED


def test_fast_path_enforces_limits() -> None:
    assert fast_path_size(encode_image(noise_image(20, 30), "JPEG")) == (20, 30)
    with pytest.raises(RejectedRecordError) as rejected:
        decode(encode_image(noise_image(20, 30), "JPEG"), spec(max_pixels=599))
    assert rejected.value.reason == Reason.TOO_MANY_PIXELS


def test_may_need_rotation_only_with_app1_or_unusual_segments() -> None:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    plain = encode_image(synthetic_photo(40, 30), "JPEG")
    assert not may_need_rotation(plain)
    assert may_need_rotation(encode_image(synthetic_photo(40, 30), "JPEG", exif=exif))
    assert may_need_rotation(encode_image(synthetic_photo(40, 30), "JPEG", xmp=b'<x tiff:Orientation="6"/>'))
    # Fill bytes, and an end before the image data, are unusual.
    assert may_need_rotation(plain[:2] + b"\xff" + plain[2:])
    assert may_need_rotation(plain[:30])


def test_decode_applies_exif_orientation_of_a_photo() -> None:
    exif = PIL.Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    image = synthetic_photo(400, 300)
    turned = decode(
        encode_image(image, "JPEG", exif=exif, quality=95, subsampling=0), spec(size=[400, 300], resize="stretch")
    )
    assert psnr(turned, np.asarray(image.rotate(-90, expand=True))) > 30


@pytest.mark.parametrize("channels", [1, 3])
def test_encode_jpeg_is_readable_by_pillow(channels: int) -> None:
    pixels = np.asarray(synthetic_photo(64, 48))[:, :, :channels]
    image = PIL.Image.open(io.BytesIO(encode_jpeg(pixels, 95)))
    assert image.mode == ("L" if channels == 1 else "RGB")
    by_pillow = encode_image(PIL.Image.fromarray(pixels.squeeze()), "JPEG", quality=95)
    theirs = np.asarray(PIL.Image.open(io.BytesIO(by_pillow))).reshape(pixels.shape)
    assert psnr(np.asarray(image).reshape(pixels.shape), pixels) >= psnr(theirs, pixels) - 0.5


@pytest.mark.parametrize("side", [320, 375, 390])
def test_shrink_by_small_factors_beats_the_area_mean(side: int) -> None:
    pixels = np.asarray(synthetic_photo(side, side))
    best = np.asarray(PIL.Image.fromarray(pixels).resize((224, 224), PIL.Image.Resampling.LANCZOS))
    by_area = np.asarray(cv2.resize(pixels, (224, 224), interpolation=cv2.INTER_AREA), np.uint8)
    small = shrink(pixels, spec())
    assert small is not None
    assert psnr(small, best) > psnr(by_area, best) + 1


@pytest.mark.parametrize("resize", ["crop", "fit", "pad", "stretch"])
def test_shrink_keeps_an_image_of_the_target_size(resize: str) -> None:
    pixels = np.asarray(synthetic_photo(224, 224))
    small = shrink(pixels, spec(resize=resize))
    assert small is not None
    np.testing.assert_array_equal(small, pixels)


def test_shrink_returns_none_for_smaller_images() -> None:
    assert shrink(np.zeros((100, 300, 3), np.uint8), spec()) is None
