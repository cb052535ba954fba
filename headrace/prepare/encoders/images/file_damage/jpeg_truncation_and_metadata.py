"""Parse the segments of a JPEG file, to detect truncation and to strip metadata.

Format: ITU-T Recommendation T.81 (1992), annex B. A segment is a marker of two bytes, of which the first is 0xFF, and
a length of two bytes that counts itself.
"""

from collections.abc import Iterator
from typing import NamedTuple

START, END = b"\xff\xd8", b"\xff\xd9"
BASELINE, PROGRESSIVE = 0xC0, 0xC2
START_OF_SCAN, QUANTIZATION, COMMENT = 0xDA, 0xDB, 0xFE
APPLICATION = range(0xE0, 0xF0)
JFIF, EXIF, ADOBE = 0xE0, 0xE1, 0xEE
METADATA = {*APPLICATION, COMMENT}
# Segments that may precede the first scan, and that a search for the next segment trusts.
HEADER = {*range(BASELINE, 0xD0), START_OF_SCAN, QUANTIZATION, 0xDD, *METADATA}
# Last coefficient of a block of 8 x 8 pixels.
LAST_COEFFICIENT = 63


class JpegSegment(NamedTuple):
    """A segment before the scan: its marker, where it begins, and where it ends."""

    marker: int
    start: int
    end: int


def segments(data: bytes) -> Iterator[JpegSegment]:
    """Yield the segments up to the first scan, of which the last one is the header.

    Segments of a wrong length are left out, as are bytes between segments; libjpeg skips these too.
    """
    offset = len(START)
    while (offset := _next_segment(data, offset)) < len(data):
        marker, end = data[offset + 1], _declared_end(data, offset)
        yield JpegSegment(marker, offset, end)
        if marker == START_OF_SCAN:
            return
        offset = end


def _declared_end(data: bytes, start: int) -> int:
    return start + 2 + max(2, int.from_bytes(data[start + 2 : start + 4], "big"))


def _next_segment(data: bytes, offset: int) -> int:
    """Return the offset of the next segment whose length leads to another one; the length of `data` without one."""
    while (offset := data.find(b"\xff", offset)) >= 0 and offset + 4 <= len(data):
        marker = data[offset + 1]
        if data.startswith(START, offset):
            # A thumbnail in the metadata has its own segments.
            offset = data.find(END, offset)
            if offset < 0:
                break
        elif marker == START_OF_SCAN or (marker in HEADER and data.startswith(b"\xff", _declared_end(data, offset))):
            return offset
        offset += 1
    return len(data)


# A file that ends there has no pixel.
IN_HEADER = "the file ends in its header"


def missing_end(data: bytes) -> str | None:
    """Return where a file without its end mark ends; None if it has one, or if its header is damaged."""
    if data.endswith(END):
        return None
    last = None
    for last in segments(data):
        if last.marker == START_OF_SCAN:
            return None if data.find(END, last.end) >= 0 else "the file ends without its end mark"
    offset = last.end if last else len(START)
    header_ends = offset + 4 > len(data) or _declared_end(data, offset) >= len(data)
    return IN_HEADER if header_ends else None


def has_all_scans(data: bytes) -> bool:
    """Return whether the scans of a progressive file contain every coefficient in full; True for other files.

    A file that ends between two scans has pixels everywhere, but they are coarse.
    """
    header = {segment.marker: segment for segment in segments(data)}
    if PROGRESSIVE not in header:
        return True
    frame = header[PROGRESSIVE].start
    components = data[frame + 9]
    scans = _scans(data, header[START_OF_SCAN].start) if START_OF_SCAN in header else iter(())
    complete = {coefficient for scan in scans for coefficient in _final_coefficients(data, scan)}
    return len(complete) == components * (LAST_COEFFICIENT + 1)


def _scans(data: bytes, offset: int) -> Iterator[int]:
    """Yield where the header of each scan begins; a marker byte in compressed pixels is followed by a zero."""
    while 0 <= offset < len(data) - 4:
        yield offset
        offset = data.find(bytes((0xFF, START_OF_SCAN)), offset + 1)


def _final_coefficients(data: bytes, scan: int) -> Iterator[tuple[int, int]]:
    """Yield component and index of the coefficients whose last bit a scan contains."""
    count = data[scan + 4]
    parameters = data[scan + 5 + 2 * count : scan + 8 + 2 * count]
    if len(parameters) == 3 and not parameters[2] & 15:
        for index in range(parameters[0], min(parameters[1], LAST_COEFFICIENT) + 1):
            yield from ((data[scan + 5 + 2 * number], index) for number in range(count))


def without_metadata(data: bytes) -> bytes:
    """Return the file with the segments that decide the pixels, and with EXIF and XMP of valid length.

    JFIF's and Adobe's segments say how colours are stored.
    """
    kept = [START]
    for segment in segments(data):
        body = data[segment.start + 4 : segment.end]
        if segment.marker not in METADATA or _is_needed(segment.marker, body):
            kept.append(data[segment.start : segment.end if segment.marker != START_OF_SCAN else len(data)])
    return b"".join(kept)


def _is_needed(marker: int, body: bytes) -> bool:
    if marker == EXIF:
        return body.startswith((b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0"))
    return (marker == JFIF and body.startswith(b"JFIF\0") and len(body) >= 14) or (
        marker == ADOBE and body.startswith(b"Adobe") and len(body) >= 12
    )
