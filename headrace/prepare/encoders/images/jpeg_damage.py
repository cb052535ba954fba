"""Find damage in a JPEG file by the warnings of libjpeg."""

import re
from typing import Any, NamedTuple

import simplejpeg

from headrace.prepare.encoders.images.jpeg_truncation_and_metadata import END, has_all_scans

# libjpeg's warnings about the compressed pixels; those about segments before them do not matter. Bytes before the end
# mark are in many intact files.
WARNING = "Corrupt JPEG data: "
EXTRA_BYTES = re.compile(r"\d+ extraneous bytes before marker 0xd9")
PIXEL_DAMAGE = re.compile(
    r"premature end|bad Huffman|bad arithmetic|found marker|\d+ extraneous bytes before marker 0xd[0-7]"
)


class JpegWarning(NamedTuple):
    """A warning of libjpeg about the compressed pixels of a file that it decodes nevertheless.

    Attributes:
        damage: why pixels are missing or wrong; None if they need not be.
        extra_bytes: whether bytes follow the last pixel, in front of the end mark.
    """

    damage: str | None = None
    extra_bytes: bool = False


def find_jpeg_warning(data: bytes, max_pixels: int) -> JpegWarning:
    """Return libjpeg's warning about the pixels of a file; Pillow shows none and fills missing pixels with grey."""
    text = _first_warning(data, max_pixels)
    return JpegWarning(text if PIXEL_DAMAGE.match(text) else None, EXTRA_BYTES.match(text) is not None)


def has_warning(data: bytes, max_pixels: int) -> bool:
    """Return whether libjpeg warns of any part of a file, or cannot decode it."""
    return bool(_first_warning(data, max_pixels))


def _first_warning(data: bytes, max_pixels: int) -> str:
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
        if height * width <= max_pixels:
            # All of the compressed data are read, and an eighth of the pixels computed.
            options: dict[str, Any] = {"min_height": 1, "min_width": 1, "min_factor": 8}
            simplejpeg.decode_jpeg(data, "CMYK" if colours in ("CMYK", "YCCK") else "RGB", **options)
    except ValueError as error:
        return str(error).removeprefix(WARNING)
    return ""


def has_all_pixels(data: bytes, max_pixels: int) -> bool:
    """Return whether a file without its end mark lacks nothing else, by libjpeg's warnings."""
    closed = data + END
    try:
        height, width, colours, _ = simplejpeg.decode_jpeg_header(closed)
        if height * width <= max_pixels:
            simplejpeg.decode_jpeg(closed, "CMYK" if colours in ("CMYK", "YCCK") else "RGB")
    except ValueError:
        return False
    return height * width <= max_pixels and has_all_scans(data)
