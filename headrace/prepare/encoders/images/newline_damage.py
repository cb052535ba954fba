"""Find image files whose line feeds became CR LF, as a transfer in text mode and some settings of Git do it.

Each line feed shifts what follows by a byte, and WebP, BMP, TIFF, PNM and JPEG decoders go on with wrong pixels; those
of the other formats refuse such a file.
"""

from headrace.prepare.encoders.images.jpeg_damage import has_warning
from headrace.prepare.encoders.images.jpeg_truncation_and_metadata import START, START_OF_SCAN
from headrace.prepare.encoders.images.stated_file_end import stated_end

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
    # Of nearly all files the first one tells.
    return first > 0 and data.startswith(CR_LF, first - 1) and data.count(CR_LF) == data.count(LF)
