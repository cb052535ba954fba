"""JPEG by libjpeg-turbo and OpenCV: the same pictures as Pillow's to the eye, in a fraction of the time.

Only sound files of the usual kind are taken this way; whatever is odd about a file is left to Pillow to judge.
"""

from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from headrace.config.configuration import Image

Pixels = NDArray[np.uint8]

# A Spark task has one core.
cv2.setNumThreads(1)

BEGINNING = b"\xff\xd8\xff"
# What stands before the picture, in segments of a marker and a length; EXIF and XMP stand in those of APP1.
MARKER, APP1, START_OF_SCAN = 0xFF, 0xE1, 0xDA
COLOURS = {"L": "GRAY", "RGB": "RGB"}
# Reduced while decoding by at least this, or not: other factors are no faster, and cost 10 dB.
REDUCTION = 2.0
# What is left of the reduction for the resizing, so that only that decides the picture.
SPARE = 2
# Below this reduction the mean of four bicubic samples a pixel is nearer to Pillow's Lanczos than the mean of the area,
# by 4 dB for photos, in half of the time: OpenCV has fast code for whole numbers only.
SAMPLED_BELOW = 1.75


def fast_path_size(data: bytes) -> tuple[int, int] | None:
    """Height and width of a JPEG file in colours or grey; None where Pillow must decide."""
    if not data.startswith(BEGINNING):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    return (height, width) if colours in ("YCbCr", "Gray") else None


def may_need_rotation(data: bytes) -> bool:
    """Whether a JPEG file may say how its picture is to be turned, or is odd; Pillow knows how to read either."""
    place = len(BEGINNING) - 1
    while len(data) > place + 3 and data[place] == MARKER and data[place + 1] not in (MARKER, APP1):
        if data[place + 1] == START_OF_SCAN:
            return False
        place += 2 + int.from_bytes(data[place + 2 : place + 4], "big")
    return True


def decode_jpeg(data: bytes, form: Image) -> Pixels | None:
    """Pixels in `form`'s mode, uint8, (height, width, channels), perhaps reduced; None where Pillow must decide.

    Args:
        data: a file that has a usual size.
    """
    height, width = form.size
    options: dict[str, Any] = {}
    if form.resize in ("crop", "stretch"):
        options = {"min_height": SPARE * height, "min_width": SPARE * width, "min_factor": REDUCTION}
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, COLOURS[form.mode], **options)
    except ValueError:
        return None
    return pixels


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """A JPEG file of `pixels`, (height, width, 1 or 3), the same as Pillow's.

    OpenCV's encoder, because TurboJPEG's takes its fast transform below quality 96, which costs photos 3 dB.
    """
    image = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return bytes(encoded)


def shrink(pixels: Pixels, form: Image) -> Pixels | None:
    """`pixels` in `form`'s size, with nothing of what is too fine for it; None where that is no smaller both ways."""
    part = _middle(pixels, form) if form.resize == "crop" else pixels
    height, width = _inner(part, form)
    if height > part.shape[0] or width > part.shape[1]:
        return None
    small = _resized(part, height, width).reshape(height, width, -1)
    if (height, width) == form.size:
        return np.asarray(small, np.uint8)
    canvas = np.zeros((*form.size, small.shape[2]), np.uint8)
    top, left = (form.size[0] - height) // 2, (form.size[1] - width) // 2
    canvas[top : top + height, left : left + width] = small
    return canvas


def _resized(pixels: Pixels, height: int, width: int) -> Pixels:
    """`pixels` in a size that is no larger either way; (height, width) where there is one channel."""
    down, across = pixels.shape[0] / height, pixels.shape[1] / width
    if max(down, across) < SAMPLED_BELOW and min(down, across) > 1:
        pixels = np.asarray(cv2.resize(pixels, (2 * width, 2 * height), interpolation=cv2.INTER_CUBIC), np.uint8)
    return np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _middle(pixels: Pixels, form: Image) -> Pixels:
    """The largest part of the target's aspect."""
    height, width = pixels.shape[:2]
    wide, high = (
        min(width, round(height * form.size[1] / form.size[0])),
        min(height, round(width * form.size[0] / form.size[1])),
    )
    top, left = (height - max(1, high)) // 2, (width - max(1, wide)) // 2
    return pixels[top : top + max(1, high), left : left + max(1, wide)]


def _inner(pixels: Pixels, form: Image) -> tuple[int, int]:
    """Height and width of the picture within the target."""
    if form.resize in ("crop", "stretch"):
        return form.size
    scale = min(form.size[0] / pixels.shape[0], form.size[1] / pixels.shape[1])
    return max(1, round(pixels.shape[0] * scale)), max(1, round(pixels.shape[1] * scale))
