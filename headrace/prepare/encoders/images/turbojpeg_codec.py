"""Decode JPEG quickly with libjpeg-turbo and OpenCV; results look the same as Pillow's.

Only valid files of the common kinds take this path; Pillow handles all others.
"""

from typing import Any

import cv2
import numpy as np
import simplejpeg
from numpy.typing import NDArray

from headrace.config.configuration_model import Image

Pixels = NDArray[np.uint8]

# A Spark task has one core.
cv2.setNumThreads(1)

JPEG_MAGIC = b"\xff\xd8\xff"
# Segments of a marker and a length precede the image data; APP1 segments hold EXIF and XMP.
MARKER, APP1, START_OF_SCAN = 0xFF, 0xE1, 0xDA
COLOURS = {"L": "GRAY", "RGB": "RGB"}
# Minimum reduction while decoding, if any: smaller factors are no faster and cost 10 dB.
REDUCTION = 2.0
# Reduction that remains for resizing, so that resizing alone determines the result.
DECODE_MARGIN = 2


def fast_path_size(data: bytes) -> tuple[int, int] | None:
    """Return height and width of a YCbCr or grey JPEG file; None if Pillow must decode it."""
    if not data.startswith(JPEG_MAGIC):
        return None
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
    except ValueError:
        return None
    return (height, width) if colours in ("YCbCr", "Gray") else None


def may_need_rotation(data: bytes) -> bool:
    """Return whether a JPEG file may have an EXIF orientation, or has unusual segments; Pillow must read either."""
    offset = len(JPEG_MAGIC) - 1
    while len(data) > offset + 3 and data[offset] == MARKER and data[offset + 1] not in (MARKER, APP1):
        if data[offset + 1] == START_OF_SCAN:
            return False
        offset += 2 + int.from_bytes(data[offset + 2 : offset + 4], "big")
    return True


def decode_jpeg(data: bytes, spec: Image) -> Pixels | None:
    """Return pixels in the mode of `spec`, uint8, (height, width, channels); None if Pillow must decode them.

    The size may be reduced, to no less than `DECODE_MARGIN` times the target size.

    Args:
        data: a file for which `fast_path_size` is not None.
    """
    height, width = spec.size
    options: dict[str, Any] = {}
    if spec.resize in ("crop", "stretch"):
        options = {"min_height": DECODE_MARGIN * height, "min_width": DECODE_MARGIN * width, "min_factor": REDUCTION}
    try:
        pixels: Pixels = simplejpeg.decode_jpeg(data, COLOURS[spec.mode], **options)
    except ValueError:
        return None
    return pixels


def encode_jpeg(pixels: Pixels, quality: int) -> bytes:
    """Return `pixels`, (height, width, 1 or 3), as a JPEG file that equals Pillow's.

    OpenCV encodes it, because TurboJPEG uses its fast transform below quality 96, which costs photos 3 dB.
    """
    image = pixels[:, :, 0] if pixels.shape[2] == 1 else cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)
    encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return bytes(encoded)
