"""Where a WebP, BMP, TIFF or PNM file ends by its own header, which other bytes may follow."""

import re
import struct

from headrace.prepare.encoders.images.file_damage.truncation_and_metadata_removal_by_format import (
    TIFF_STRIPS,
    TIFF_TILES,
    tiff_entries,
    tiff_extent,
    tiff_values,
)

BMP, RIFF, WEBP = b"BM", b"RIFF", b"WEBP"
TIFF = (b"II*\0", b"MM\0*")
# The header of a PBM file, and of a PGM or PPM file, with its largest value; comments may be between the numbers.
PNM_SPACE = rb"(?:\s|#[^\n]*\n)+"
PBM = re.compile(rb"P(4)" + PNM_SPACE + rb"(\d+)" + PNM_SPACE + rb"(\d+)\s")
PNM = re.compile(rb"P([56])" + PNM_SPACE + rb"(\d+)" + PNM_SPACE + rb"(\d+)" + PNM_SPACE + rb"(\d+)\s")


def stated_end(data: bytes) -> int | None:
    """Return where the image ends by its header, which may be beyond the file; None for other formats."""
    if data.startswith(RIFF) and data[8:12] == WEBP:
        return 8 + int(struct.unpack_from("<I", data, 4)[0])
    if data.startswith(BMP) and len(data) > 6:
        return int(struct.unpack_from("<I", data, 2)[0]) or None
    if data.startswith(TIFF):
        return _tiff_end(data) or None
    return _pnm_end(data)


def _tiff_end(data: bytes) -> int:
    """Return where the directories, their values and the pixels of a TIFF file end, as far as they are known."""
    pointer, ends, seen = 4, [0], set[int]()
    while pointer not in seen and (entries := tiff_entries(data, pointer)):
        seen.add(pointer)
        values = {one.tag: tiff_values(data, one) for one in entries if tiff_extent(data, one)[1] <= len(data)}
        for starts, sizes in (TIFF_STRIPS, TIFF_TILES):
            ends += map(sum, zip(values.get(starts, ()), values.get(sizes, ()), strict=False))
        pointer = entries[-1].start + 12
        ends += [pointer + 4, *(tiff_extent(data, one)[1] for one in entries)]
    return max(ends)


def _pnm_end(data: bytes) -> int | None:
    """Return where the pixels of a PBM, PGM or PPM file end; None if they are numbers in ASCII."""
    header = PBM.match(data) or PNM.match(data)
    if header is None:
        return None
    kind, width, height, *largest = map(int, header.groups())
    row = (width + 7) // 8 if kind == 4 else width * (3 if kind == 6 else 1) * (2 if largest[0] > 255 else 1)
    return header.end() + height * row
