"""Find damage of compressed pixels with which decoders continue: by libjpeg's warnings, CR LF, and blocks of zeros.

A transfer in text mode, and some settings of Git, turn each line feed into CR LF, which shifts what follows by a byte:
WebP, BMP, TIFF, PNM and JPEG decoders go on with wrong pixels, those of the other formats refuse such a file. A damaged
disk leaves blocks of zeros, with which the decoders of WebP, AVIF and JPEG 2000 continue; PNG has checksums, GIF and
JPEG end early or break, and in the other formats zeros may be pixels.
"""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import simplejpeg

from headrace.prepare.encoders.images.file_damage.file_end_by_header import stated_end
from headrace.prepare.encoders.images.file_damage.jpeg_truncation_and_metadata import (
    END,
    START,
    START_OF_SCAN,
    has_all_scans,
)
from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import (
    AVIF,
    JP2,
    JPEG_2000,
    WEBP,
    find_structure,
    iter_boxes,
    iter_webp_chunks,
)

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


LF, CR_LF = b"\n", b"\r\n"
DAMAGE = "each line feed is preceded by a carriage return, as after a transfer in text mode; transfer it in binary mode"
# A random line feed of compressed pixels follows a carriage return in one of 256 cases.
MIN_IN_SCAN = 4
# Git leaves a CR LF as it is, so that restoring the line feeds makes the file shorter than it was, by one in 256.
MAX_LOST = 16


def find_newline_damage(data: bytes, max_pixels: int) -> str | None:
    """Return what happened to an image file; None if it has a lone line feed, as nearly all files do, or is intact."""
    if not _has_only_pairs(data):
        return None
    is_damaged = _is_damaged_jpeg(data, max_pixels) if data.startswith(START) else _has_gained_bytes(data)
    return DAMAGE if is_damaged else None


def _has_gained_bytes(data: bytes) -> bool:
    """Return whether a file is longer than its header says, and is not with the line feeds restored."""
    if stated_end(data) in (None, len(data)):
        return False
    restored = data.replace(CR_LF, LF)
    # The header too may have been changed, so that the length must be read again.
    stated, gained = stated_end(restored) or 0, len(data) - len(restored)
    return len(restored) <= stated <= len(restored) + gained // MAX_LOST


def _is_damaged_jpeg(data: bytes, max_pixels: int) -> bool:
    """Return whether libjpeg warns of a file, and the line feeds of its pixels or those of its tables are the cause."""
    if not has_warning(data, max_pixels):
        return False
    scan = data.rfind(bytes((0xFF, START_OF_SCAN)))
    in_scan = data.count(LF, scan) if scan >= 0 else 0
    return in_scan >= MIN_IN_SCAN or not has_warning(data.replace(CR_LF, LF), max_pixels)


def _has_only_pairs(data: bytes) -> bool:
    """Return whether there are line feeds, each of them after a carriage return."""
    first = data.find(LF)
    # For nearly all files the first one decides.
    return first > 0 and data.startswith(CR_LF, first - 1) and data.count(CR_LF) == data.count(LF)


# Block size of file systems. A lossy WebP of one colour has a run of zeros too, 1,500 bytes at 4,000 x 4,000 pixels.
BLOCK = bytes(4096)
WEBP_PIXELS, BOXES = (b"VP8 ", b"VP8L", b"ALPH", b"ANMF"), (b"mdat", b"jp2c")


def has_zeroed_block(data: bytes) -> bool:
    """Return whether the pixels of a WebP, AVIF or JPEG 2000 file hold a block of zeros."""
    # Most files have none anywhere, and padding in the metadata does not count.
    return BLOCK in data and any(data.find(BLOCK, start, end) >= 0 for start, end in _pixels(data))


def _pixels(data: bytes) -> Iterator[tuple[int, int]]:
    structure = find_structure(data)
    if structure is WEBP:
        yield from ((one.start, one.end) for one in iter_webp_chunks(data) if one.name in WEBP_PIXELS)
    elif structure in (AVIF, JP2):
        yield from ((one.start, one.end) for one in iter_boxes(data) if one.name in BOXES)
    elif structure is JPEG_2000:
        yield 0, len(data)
